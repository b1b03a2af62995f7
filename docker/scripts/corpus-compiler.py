#!/usr/bin/python3 -IS
"""Stand in for a package's compilers: clang with embedded bitcode, and a note of each object.

Installed first in PATH under every name a compiler has (build-package.sh), so that no build needs
to be told of it.  Beside it lie, found from here and not by the environment, which builds clear:

    bin        a link to this file for each name
    toolchain  a link to the folder with clang
    records    one file per object, named by what stays with it when it is moved
    flags      what it adds, "compile FLAG..." and "link FLAG..." a line; there need be none
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

EMBED = ("-Xclang", "-fembed-bitcode=all")
# What gcc 12 only warns of, clang 16 refuses; the code is Debian's as gcc compiles it.
LENIENT = (
    "-Wno-error",
    "-Wno-error=implicit-function-declaration",
    "-Wno-error=implicit-int",
    "-Wno-error=incompatible-function-pointer-types",
    "-Wno-error=int-conversion",
    "-Wno-unknown-warning-option",
)
# gcc 12's default, which older clangs do not share; a later -std takes precedence.
CXX_STANDARD = "-std=gnu++17"

# Clang knows these but they would leave no machine code in the object, or need libraries that the
# toolchain does not have.
DROPPED = re.compile(
    r"-flto(=.*|-.*)?|-f(no-)?fat-lto-objects|-f(no-)?use-linker-plugin|-fwhole-program"
    r"|-fprofile-.*|-fbranch-probabilities|--coverage|-specs=.*|-fplugin=.*"
)
# Clang refuses what only gcc knows.  Instruction sets stay: code asks whether it has them.
OPTIONAL = re.compile(r"-f.*|--param.*|-specs=.*")
REFUSALS = (
    re.compile(r"error: (?:unknown argument|unsupported option):? '([^']+)'"),
    re.compile(r"error: invalid value '[^']*' in '([^']+)'"),
)
REFUSED_VALUE = re.compile(r"error: unsupported argument '([^']*)' to option '([^']+)'")

C_SUFFIXES = frozenset({".c", ".i"})
CXX_SUFFIXES = frozenset({".C", ".CPP", ".c++", ".cc", ".cp", ".cpp", ".cxx", ".ii"})
ASSEMBLER_SUFFIXES = frozenset({".S", ".s", ".sx"})
FOREIGN_SUFFIXES = frozenset(
    {".F", ".F90", ".adb", ".ads", ".d", ".f", ".f03", ".f90", ".f95", ".for", ".go", ".m", ".mm"}
)
LANGUAGES = {
    "c": "c",
    "cpp-output": "c",
    "c++": "c++",
    "c++-cpp-output": "c++",
    "assembler": "assembler",
    "assembler-with-cpp": "assembler",
}
NO_OBJECT = frozenset({"-E", "-M", "-MM", "-S", "-fsyntax-only"})
# Nothing may be added to what is linked again, or runs on its own.
NO_LINK = NO_OBJECT | {"-c", "-r", "-Wl,-r", "-nostdlib"}
WITH_VALUE = frozenset(
    {
        "--param",
        "-A",
        "-D",
        "-I",
        "-L",
        "-MF",
        "-MQ",
        "-MT",
        "-T",
        "-U",
        "-Xassembler",
        "-Xclang",
        "-Xlinker",
        "-Xpreprocessor",
        "-arch",
        "-aux-info",
        "-dumpbase",
        "-dumpdir",
        "-e",
        "-h",
        "-idirafter",
        "-imacros",
        "-imultilib",
        "-include",
        "-iprefix",
        "-iquote",
        "-isysroot",
        "-isystem",
        "-iwithprefix",
        "-iwithprefixbefore",
        "-l",
        "-o",
        "-target",
        "-u",
        "-wrapper",
        "-z",
    }
)


@dataclass(frozen=True)
class Invocation:
    """What a compiler was asked to do.

    Attributes:
        args: its arguments, response files read.
        sources: the sources with their languages, in order.
        foreign: whether a source is in a language that clang has no front end for here.
        compiles: whether objects are made and nothing else.
        links: whether a program or a library is made.
        output: the value of -o, or None.
    """

    args: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    foreign: bool
    compiles: bool
    links: bool
    output: str | None

    @property
    def objects(self) -> tuple[tuple[str, str, str], ...]:
        """Return source, language and object of each compile; nothing names standard input."""
        if not self.compiles:
            return ()
        named = ((s, lang) for s, lang in self.sources if s != "-")
        return tuple((s, lang, self.output or f"{Path(s).stem}.o") for s, lang in named)


def parse(argv: list[str]) -> Invocation:
    """Return what the arguments of gcc or clang ask for."""
    args = tuple(_expand(argv))
    sources, language, output, foreign = [], None, None, False
    inputs = False
    rest = iter(args)
    for arg in rest:
        if arg == "-x" or (arg.startswith("-x") and len(arg) > 2):
            name = arg[2:] or next(rest, "")
            language = None if name == "none" else LANGUAGES.get(name, name)
        elif arg == "-o" or (arg.startswith("-o") and not arg.startswith("-object")):
            output = arg[2:] or next(rest, None)
        elif arg in WITH_VALUE:
            next(rest, None)
        elif arg == "-" or not arg.startswith("-"):
            inputs = True
            kind = language or _language(arg)
            foreign |= kind == "foreign"
            if kind in ("c", "c++", "assembler"):
                sources.append((arg, kind))
    compiles = "-c" in args and bool(sources) and NO_OBJECT.isdisjoint(args)
    links = inputs and NO_LINK.isdisjoint(args)
    return Invocation(args, tuple(sources), foreign, compiles, links, output)


@dataclass(frozen=True)
class Flags:
    """What is added.

    Attributes:
        compile: to compiles of C and C++.
        link: at the end of links.
    """

    compile: tuple[str, ...] = ()
    link: tuple[str, ...] = ()


def read_flags(path: Path) -> Flags:
    """Return what a file adds; none adds nothing."""
    if not path.is_file():
        return Flags()
    lines = (line.split() for line in path.read_text().splitlines())
    return Flags(**{kind: tuple(flags) for kind, *flags in lines})


def clang_args(
    asked: Invocation, cxx: bool, refused: frozenset[str], added: Flags = Flags()
) -> list[str]:
    """Return the arguments for clang.

    Args:
        asked: what the compiler was asked to do.
        cxx: whether it was asked by the name of a C++ compiler.
        refused: arguments that clang does not take.
        added: what it was not asked for.
    """
    kept = [arg for arg in asked.args if not DROPPED.fullmatch(arg) and arg not in refused]
    languages = {language for _, language in asked.sources}
    first = ["--driver-mode=g++"] if cxx else []
    # A C++ driver takes C for C++ as well.
    if languages and languages <= ({"c", "c++"} if cxx else {"c++"}):
        first.append(CXX_STANDARD)
    compiles = bool(languages & {"c", "c++"})
    embed = EMBED if asked.compiles and compiles else ()
    more = added.compile if compiles else ()
    last = added.link if asked.links else ()
    return [*first, *kept, *embed, *more, *(LENIENT if languages else ()), *last]


def refusals(stderr: str) -> frozenset[str]:
    """Return the arguments that clang's messages refuse and that a build can do without."""
    args = {arg for pattern in REFUSALS for arg in pattern.findall(stderr)}
    args |= {f"{option}{value}" for value, option in REFUSED_VALUE.findall(stderr)}
    return frozenset(arg for arg in args if OPTIONAL.fullmatch(arg))


def main(name: str, argv: list[str], home: Path) -> int:
    """Compile as clang does, note the objects and return the exit code."""
    asked = parse(argv)
    if asked.foreign:
        _exec_original(name, argv, home / "bin")
    clang = str((home / "toolchain").resolve() / "clang")
    cxx, added = "++" in name, read_flags(home / "flags")
    refused: frozenset[str] = frozenset()
    while True:
        command = [clang, *clang_args(asked, cxx, refused, added)]
        done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
        more = refusals(done.stderr.decode(errors="replace")) - refused if done.returncode else ()
        if not more:
            break
        refused |= more
    sys.stderr.buffer.write(done.stderr)
    if done.returncode == 0:
        for source, language, output in asked.objects:
            note(home / "records", command, source, language, output)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def note(records: Path, command: list[str], source: str, language: str, output: str) -> None:
    """Write down a compile; one that wrote to a device made no object."""
    path = Path(output)
    if not path.is_file():
        return
    entry = {
        "directory": str(Path.cwd()),
        "file": source,
        "language": language,
        "arguments": command,
        "output": output,
    }
    status = path.stat()
    final = records / f"{status.st_ino}-{status.st_mtime_ns}.json"
    partial = records / f"{final.stem}.{os.getpid()}"
    partial.write_text(json.dumps(entry), encoding="ascii")
    partial.replace(final)


def _expand(argv: list[str]) -> list[str]:
    """Read response files, which name arguments in a file."""
    expanded = []
    for arg in argv:
        if arg.startswith("@") and Path(arg[1:]).is_file():
            text = os.fsdecode(Path(arg[1:]).read_bytes())
            expanded += _expand(shlex.split(text))
        else:
            expanded.append(arg)
    return expanded


def _language(path: str) -> str | None:
    suffix = Path(path).suffix
    if suffix in C_SUFFIXES:
        return "c"
    if suffix in CXX_SUFFIXES:
        return "c++"
    if suffix in ASSEMBLER_SUFFIXES:
        return "assembler"
    return "foreign" if suffix in FOREIGN_SUFFIXES else None


def _exec_original(name: str, argv: list[str], own: Path) -> None:
    """Become the compiler that this one stands for."""
    folders = [f for f in os.environ.get("PATH", os.defpath).split(os.pathsep) if Path(f) != own]
    original = shutil.which(name, path=os.pathsep.join(folders))
    if original is None:
        sys.exit(f"error: no {name} beside the corpus compiler")
    os.execv(original, [name, *argv])


if __name__ == "__main__":
    try:
        # The name that was called is a link to this file in bin.
        sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:], Path(__file__).resolve().parent))
    except OSError as problem:
        sys.exit(f"error: the corpus compiler cannot go on: {problem}")
