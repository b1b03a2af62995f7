"""Write formulas for a SAT solver: random ones, pigeons, and a product to factor."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

Clause = tuple[int, ...]
draw = Random(8).random


def write(name: str, clauses: Iterable[Clause]) -> None:
    """Write a formula in DIMACS."""
    listed = list(clauses)
    highest = max(abs(literal) for clause in listed for literal in clause)
    lines = [f"p cnf {highest} {len(listed)}", *(" ".join(map(str, (*c, 0))) for c in listed)]
    Path(name).write_text("\n".join(lines) + "\n", encoding="ascii")


def threes(variables: int, count: int) -> Iterable[Clause]:
    """Yield clauses of three different variables."""
    for _ in range(count):
        chosen: list[int] = []
        while len(chosen) < 3:
            variable = 1 + int(draw() * variables)
            if variable not in map(abs, chosen):
                chosen.append(variable if draw() < 0.5 else -variable)
        yield tuple(chosen)


def pigeons(holes: int) -> Iterable[Clause]:
    """Yield that one pigeon more than there are holes finds one; there is no solution."""

    def sits(pigeon: int, hole: int) -> int:
        return pigeon * holes + hole + 1

    for pigeon in range(holes + 1):
        yield tuple(sits(pigeon, hole) for hole in range(holes))
        for other in range(pigeon):
            yield from ((-sits(pigeon, hole), -sits(other, hole)) for hole in range(holes))


class Circuit:
    """Gates as clauses."""

    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.count = 0

    def new(self) -> int:
        """Return a variable."""
        self.count += 1
        return self.count

    def both(self, a: int, b: int) -> int:
        """Return whether two are true."""
        out = self.new()
        self.clauses += [(-out, a), (-out, b), (out, -a, -b)]
        return out

    def differ(self, a: int, b: int) -> int:
        """Return whether just one of two is true."""
        out = self.new()
        self.clauses += [(-out, a, b), (-out, -a, -b), (out, -a, b), (out, a, -b)]
        return out

    def add(self, a: int, b: int, c: int) -> tuple[int, int]:
        """Return sum and carry of three bits."""
        half = self.differ(a, b)
        one, other = self.both(a, b), self.both(half, c)
        carry = -self.both(-one, -other)
        return self.differ(half, c), carry


def product(value: int, bits: int) -> Iterable[Clause]:
    """Yield that a number is the product of two, neither of them 1."""
    circuit = Circuit()
    left = [circuit.new() for _ in range(bits)]
    right = [circuit.new() for _ in range(bits)]
    never = circuit.new()
    circuit.clauses.append((-never,))
    total = [never] * (2 * bits)
    for shift, factor in enumerate(right):
        carry = never
        for place, bit in enumerate(left):
            at = shift + place
            total[at], carry = circuit.add(total[at], circuit.both(bit, factor), carry)
        total[shift + bits] = carry
    for place, bit in enumerate(total):
        circuit.clauses.append((bit if value >> place & 1 else -bit,))
    yield from (*circuit.clauses, tuple(left[1:]), tuple(right[1:]))


write("random.cnf", threes(200, 852))
write("pigeons.cnf", pigeons(8))
write("product.cnf", product(60013 * 52391, 16))
write("loose.cnf", threes(700, 2590))
