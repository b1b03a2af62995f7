import ctypes

import pytest

from regalloc.compiler import demangle as module
from regalloc.compiler.demangle import demangle


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("_ZN4llvm7APFloat7convertEv", "llvm::APFloat::convert()"),
        ("_ZStlsRSoPKc", "std::operator<<(std::ostream&, char const*)"),
        ("main", "main"),
        ("_Znonsense", "_Znonsense"),
        ("_Z\udce9", "_Z\udce9"),
        ("", ""),
    ],
)
def test_names_are_read_as_in_the_source(name, read):
    assert demangle(name) == read


def test_without_the_library_names_stay_as_they_are(monkeypatch):
    def fail(_name):
        raise OSError("no such library")

    module._demangler.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert demangle("_ZN4llvm7APFloat7convertEv") == "_ZN4llvm7APFloat7convertEv"
    module._demangler.cache_clear()
