"""Write assembler of three kinds: plain instructions, macros, and vector instructions with data."""

from pathlib import Path
from random import Random

draw = Random(4).random
REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r12", "r15")


def pick(items: tuple[str, ...]) -> str:
    """Return one of some items."""
    return items[int(draw() * len(items))]


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def memory() -> str:
    """Return an operand in memory."""
    return f"qword [{pick(REGISTERS)}+{pick(REGISTERS)}*{pick(('1', '2', '4', '8'))}+{below(300)}]"


def plain(count: int) -> str:
    """Return functions of general instructions with jumps between them."""
    lines = ["bits 64", "section .text"]
    for number in range(count):
        lines += [f"global f{number}", f"f{number}:", "  push rbp"]
        for step in range(12):
            name = pick(("mov", "add", "sub", "and", "xor", "cmp", "imul"))
            right = memory() if draw() < 0.3 else pick(REGISTERS)
            lines.append(f"  {name} {pick(REGISTERS)}, {right}")
            if step % 4 == 3:
                lines += [f".l{step}:", f"  lea rax, [rel f{below(count)}]", f"  jnz .l{step}"]
        lines += [f"  call f{below(count)}", "  pop rbp", "  ret"]
    return "\n".join(lines) + "\n"


def macros(count: int) -> str:
    """Return macros with parameters, conditions, repetition and strings."""
    return f"""\
bits 32
%macro entry 2-*
  %push frame
  %assign %$n 0
  %rep %0 - 1
    %rotate 1
    %ifnum %1
      dd %1 + %$n
    %elifstr %1
      %strlen %$len %1
      db %1, %$len
    %else
      dd %1
    %endif
    %assign %$n %$n + 1
  %endrep
  %pop
%endmacro
%define twice(x) ((x) * 2)
%define name(a, b) a %+ b
section .data
%assign i 0
%rep {count}
name(label_, i):
  entry head, i, "text", twice(i), name(label_, i), 'a', (i << 3) & 255
  %if i % 3 == 0 && i > 10
    times i % 5 + 1 dw i
  %endif
  %assign i i + 1
%endrep
"""


def vectors(count: int) -> str:
    """Return SSE, AVX and floating-point instructions, and data of every size."""
    lines = ["bits 64", "default rel", "section .text align=32"]
    wide = ("vaddps", "vmulpd", "vpaddd", "vpxor", "vminps", "vpshufb", "vfmadd213ps")
    for number in range(count):
        one, two, three = (below(16) for _ in range(3))
        lines += [
            f"v{number}: {pick(wide)} ymm{one}, ymm{two}, ymm{three}",
            f"  {pick(('addps', 'mulsd', 'pand', 'cvtdq2ps', 'sqrtpd'))} xmm{one}, [c{number}]",
            f"  vpermilps zmm{one + 8}{{k{1 + below(7)}}}{{z}}, zmm{two}, {below(256)}",
            f"  fld tword [rsp+{below(99)}]\n  fxch st{below(8)}\n  bextr eax, [rdi], ecx",
            f"  pinsrw xmm{two}, r{8 + below(8)}d, {below(8)}\n  lock cmpxchg [rsi], r9",
        ]
    lines.append("section .rodata align=64")
    for number in range(count):
        value = f"{below(1000)}.{below(1000)}e{below(20) - 10}"
        lines += [f"c{number}: dd {value}", f"  dq {value}, 0x{below(2**40):x}", f"  dt {value}"]
    return "\n".join(lines) + "\n"


Path("plain.asm").write_text(plain(500), encoding="ascii")
Path("macros.asm").write_text(macros(400), encoding="ascii")
Path("vectors.asm").write_text(vectors(700), encoding="ascii")
