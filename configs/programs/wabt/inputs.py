"""Write WebAssembly as text: modules of plain instructions, and of folded expressions."""

from collections.abc import Callable
from pathlib import Path
from random import Random

FUNCTIONS = 1200
draw = Random(6).random
TYPES = ("i32", "i64", "f32", "f64")
OPERATORS = {
    "i32": ("add", "sub", "mul", "xor", "shl", "rotr"),
    "i64": ("add", "or", "and", "mul", "shr_u", "sub"),
    "f32": ("add", "mul", "min", "copysign", "sub", "div"),
    "f64": ("add", "mul", "max", "sub", "div", "copysign"),
}


def pick(items: tuple[str, ...]) -> str:
    """Return one of some items."""
    return items[int(draw() * len(items))]


def leaf(kind: str) -> str:
    """Return a constant or a parameter of a type."""
    if draw() < 0.5:
        return f"({kind}.const {int(draw() * 5000)})"
    return f"(local.get ${kind})"


def folded(kind: str, depth: int) -> str:
    """Return a folded expression of a type."""
    if depth == 0:
        return leaf(kind)
    left, right = folded(kind, depth - 1), folded(kind, depth - 1)
    return f"({kind}.{pick(OPERATORS[kind])} {left} {right})"


def plain(kind: str, steps: int) -> str:
    """Return instructions, one a line, that leave a value of a type."""
    lines = [f"    {kind}.const {int(draw() * 5000)}"]
    for step in range(steps):
        lines += [f"    local.get ${kind}", f"    {kind}.{pick(OPERATORS[kind])}"]
        if step % 5 == 4:
            lines += [f"    local.set ${kind}", f"    block $b{step} (result {kind})"]
            lines += [f"      local.get ${kind}", "      local.get $i32", f"      br_if $b{step}"]
            lines += ["    end"]
    return "\n".join(lines)


def module(body: Callable[[str], str]) -> str:
    """Return a module of functions with bodies of one kind."""
    parts = ["(module", "  (memory 2)", '  (data (i32.const 16) "text\\00\\ff\\n")']
    names = " ".join(f"(param ${kind} {kind})" for kind in TYPES)
    for number in range(FUNCTIONS):
        result = pick(TYPES)
        head = f'  (func $f{number} (export "f{number}") {names} (result {result})'
        parts.append(f"{head}\n{body(result)})")
    return "\n".join([*parts, ")"]) + "\n"


Path("plain.wat").write_text(module(lambda kind: plain(kind, 14)), encoding="ascii")
Path("folded.wat").write_text(module(lambda kind: f"    {folded(kind, 4)}"), encoding="ascii")
