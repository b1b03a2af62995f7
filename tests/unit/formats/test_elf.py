import shutil
import subprocess
from pathlib import Path

import pytest

from regalloc.formats.elf import measure_text
from tests.unit.compiler.fakes import make_object


def test_text_is_all_sections_of_code_and_nothing_else():
    assert measure_text(make_object([100, 28])) == 128


def test_object_without_code_measures_nothing():
    assert measure_text(make_object([])) == 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (make_object([1])[:-1], "truncated"),
        (b"!<arch>\n" + bytes(64), "no ELF object"),
        (make_object([1]).replace(b"\x7fELF\x02", b"\x7fELF\x01"), "no ELF object"),
    ],
)
def test_what_is_no_object_is_refused(data, why):
    with pytest.raises(ValueError, match=why):
        measure_text(data)


@pytest.mark.skipif(not shutil.which("size"), reason="NO BINUTILS")
def test_measure_agrees_with_binutils():
    program = shutil.which("size")
    measured = measure_text(Path(program).read_bytes())
    table = subprocess.run(["size", "-A", program], capture_output=True, text=True, check=True)
    sizes = dict(line.split()[:2] for line in table.stdout.splitlines() if line.startswith("."))
    names = (".init", ".plt", ".plt.got", ".plt.sec", ".text", ".fini")
    assert measured == sum(int(sizes.get(name, 0)) for name in names)
