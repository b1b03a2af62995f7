"""Write C of three kinds: whole numbers and pointers, macros, and floating point with structs."""

from pathlib import Path
from random import Random

draw = Random(3).random


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def expression(depth: int, names: str) -> str:
    """Return an expression over one-letter variables."""
    if depth == 0:
        return names[below(len(names))] if draw() < 0.7 else str(below(1000))
    operator = ("+", "-", "*", "&", "|", "^", "<<", ">", "==", "&&")[below(10)]
    right = "3" if operator == "<<" else expression(depth - 1, names)
    return f"({expression(depth - 1, names)} {operator} {right})"


def integers(count: int) -> str:
    """Return functions of loops, branches and arrays of whole numbers."""
    parts = ["static int table[64];"]
    for number in range(count):
        body = [f"  if ({expression(2, 'abi')}) a = {expression(3, 'abi')};" for _ in range(4)]
        body += [f"  table[{below(64)}] += {expression(2, 'abi')};" for _ in range(3)]
        call = f"  b -= f{below(number)}(a, i);" if number else ""
        lines = ["  for (int i = 0; i < b; i++) {", *body, call, "  }"]
        lines += ["  return a ^ table[b & 63];", "}"]
        parts.append("\n".join([f"int f{number}(int a, int b) {{", *lines]))
    return "\n".join(parts) + "\n"


def macros(count: int) -> str:
    """Return macros that call each other, conditions, and uses of them."""
    parts = ["#define CAT_(a, b) a##b", "#define CAT(a, b) CAT_(a, b)", "#define STR(x) #x"]
    for number in range(count):
        inner = f"M{below(number)}(x, y)" if number > 3 and draw() < 0.5 else "(x) + (y)"
        parts.append(f"#define M{number}(x, y) ({inner} * CAT(1, {number}) - (y) /* {number} */)")
        parts.append(f"#if {number} % 3 == {below(3)} && defined(M{below(number + 1)})")
        parts.append(f"long CAT(v, {number}) = M{number}({below(9)}, M{below(number + 1)}(2, 3));")
        parts.append(f"#elif {number} > 5\nconst char *s{number} = STR(M{number}(a, b));\n#endif")
    return "\n".join(parts) + "\n"


def records(count: int) -> str:
    """Return structs, unions, switches and floating-point arithmetic."""
    parts = ["typedef struct { double x, y; float w; short n : 5, m : 9; } P;"]
    parts.append("union U { P p; long long l; unsigned char c[40]; };")
    parts.append("enum E { E0, E1 = 4, E2, E3 = 9 };\nextern double outer(const P *, ...);")
    for number in range(count):
        cases = [
            f"  case E{case}: r += p->x * {below(99)}.{below(9)}e-1 / (p->y + q.w); break;"
            for case in range(4)
        ]
        parts.append(
            f"double g{number}(const P *p, P q, enum E e) {{\n  double r = {below(50)} / 7.0;\n"
            f"  union U u = {{ .p = q }};\n"
            f"  static const float k[] = {{ 1.5f, [3] = {number}.25f }};\n"
            f"  switch (e) {{\n" + "\n".join(cases) + "\n  default: goto done;\n  }\n"
            f"  do {{ r -= k[u.c[{below(40)}] & 3]; u.l *= 3ull; q.n++; }}"
            f" while (r > {below(9)});\n"
            f"  r = q.m ? (double)(long)r : -r;\ndone:\n"
            f"  return {f'g{below(number)}(&q, *p, E2)' if number else '0.0'}"
            f" + outer(p, r, (unsigned)e) + (int)sizeof(union U);\n}}"
        )
    return "\n".join(parts) + "\n"


Path("integers.c").write_text(integers(5000), encoding="ascii")
Path("macros.c").write_text(macros(9000), encoding="ascii")
Path("records.c").write_text(records(3500), encoding="ascii")
