"""A toolchain made of shell, and programs made of shell for it to build.

An object is a copy of its source, and linked objects are a script that runs one after the other.
What the advisor does to a source is written in it: ``# on: COMMAND`` adds a command to the object,
``# fails on`` and ``# fails off`` end the compile.  ``# told WORD: COMMAND`` adds a command where
the compiler is told WORD.  A program that was told to count writes its command when it runs; merged
counts are these commands, and a compile that uses them appends them to the object.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regalloc.programs.build import COMPILERS
from regalloc.programs.definition import Program
from regalloc.programs.lab import Lab
from regalloc.programs.reading import read_program
from regalloc.programs.work_counts import PROFDATA
from regalloc.settings import Limits

LIMITS = Limits(wall_s=20.0, memory_mb=2048, attempts=1)

_CLANG = r"""#!/bin/sh
for arg; do
  case $arg in
    --version) echo 'fake clang version 19.1.7 (fake)'; exit 0 ;;
    -c) compile=1 ;;
    -E) preprocess=1 ;;
    -o) want=1; continue ;;
    *.c|*.cc) source=$arg ;;
    *.o) objects="$objects $arg" ;;
  esac
  if test -n "$want"; then output=$arg; want=; fi
done
if test -n "$preprocess"; then cat "$source"; exit; fi
if test -n "$compile"; then
  if grep -q "# fails ADVISOR" "$source"; then echo "$source: the compiler gave up" >&2; exit 3; fi
  output=${output:-$(basename "$source" .c).o}
  cp "$source" "$output"
  if test ADVISOR = on; then sed -n 's/^# on: //p' "$source" >>"$output"; fi
  for arg; do
    case $arg in
      *-use=*) sed 's/^/: /' "${arg#*=}" >>"$output" ;;
      -*) sed -n "s|^# told $arg: ||p" "$source" >>"$output" ;;
    esac
  done
  exit
fi
{
  echo '#!/bin/sh'
  cat $objects
  case $* in *profile*-generate*) echo 'echo "$0 $*" >"${LLVM_PROFILE_FILE:-/dev/null}"' ;; esac
} >"$output"
chmod +x "$output"
# What is measured is ELF: a header without sections stands for it.
{ printf '\177ELF\002\001'; head -c 58 /dev/zero; cat $objects; } >"$output.elf"
"""

_PROFDATA = """\
#!/bin/sh
shift 3
target=$1
shift
exec cat "$@" >"$target"
"""

_VALGRIND = r"""#!/bin/sh
for arg; do
  case $arg in
    --version) echo valgrind-3.19.0; exit 0 ;;
    --cachegrind-out-file=*) file=${arg#*=}; shift ;;
    -*) shift ;;
    *) break ;;
  esac
done
test "$file" || exec "$@"
"$@" || exit
size=$(wc -c <"$1")
printf 'events: Ir Dr Dw\nsummary: %d %d %d\n' "$size" 20 10 >"$file"
"""

TOML = """\
name = "{name}"
kind = "test"
folder = "src"
build = [["sh", "{{program}}/build.sh", "{{cc}}", "{{cflags}}"]]
binaries = ["prog.elf"]

[[workload]]
name = "only"
run = ["{{build}}/prog"]
{workload}
"""

TRAINING = """
[[workload]]
name = "training"
use = "train"
run = ["{build}/prog", "training"]
"""

BUILD = """\
cc=$1
for source in *.c; do "$cc" "$2" -c "$source" -o "${source%.c}.o" || exit; done
exec "$cc" -o prog *.o
"""


def make_release(folder: Path) -> Path:
    """Return a folder with compilers, advisor off and on, and what merges profiles."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for compiler, names in COMPILERS.items():
        for name in names.values():
            text = _CLANG.replace("ADVISOR", "on" if compiler == "regalloc-clang" else "off")
            write_script(folder / "bin" / name, text)
    write_script(folder / "bin" / PROFDATA, _PROFDATA)
    return folder


def make_valgrind(folder: Path) -> Path:
    """Return a valgrind that counts the bytes of what it runs."""
    return write_script(folder / "valgrind", _VALGRIND)


def make_lab(folder: Path, limits: Limits = LIMITS) -> Lab:
    """Return a lab with the fake toolchain."""
    release = make_release(folder / "release")
    return Lab(folder / "scratch", release, folder / "tarballs", limits, jobs=2)


def make_program(
    folder: Path, sources: Mapping[str, str], name: str = "fake", workload: str = ""
) -> Program:
    """Return a program of shell sources, each a line or more.

    Args:
        folder: where its own folder is made.
        sources: text of each ``.c`` by name; the program runs them in the order of their names.
        name: the program's.
        workload: more lines of TOML for its one workload.
    """
    place = folder / name
    (place / "src").mkdir(parents=True)
    for source, text in sources.items():
        (place / "src" / source).write_text(f"{text}\n")
    (place / "build.sh").write_text(BUILD)
    (place / "program.toml").write_text(TOML.format(name=name, workload=workload))
    return read_program(place)


def write_script(path: Path, text: str) -> Path:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path
