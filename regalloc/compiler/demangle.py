"""C++ names as people read them, by the C++ library that every Debian with TensorFlow has.

Source: ``abi::__cxa_demangle``, https://itanium-cxx-abi.github.io/cxx-abi/abi.html#demangler
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

_LIBRARY = "libstdc++.so.6"


def demangle(name: str) -> str:
    """Return a function's name as it stands in the source, or as it is where that is not known."""
    if not name.startswith("_Z"):
        return name
    return _demangler()(name)


@cache
def _demangler() -> Callable[[str], str]:
    try:
        function = ctypes.CDLL(_LIBRARY).__cxa_demangle
    except (OSError, AttributeError):
        return lambda name: name
    free = ctypes.CDLL(None).free
    free.argtypes = (ctypes.c_void_p,)
    function.restype = ctypes.c_void_p

    def call(name: str) -> str:
        status = ctypes.c_int()
        encoded = name.encode("utf-8", "surrogateescape")
        pointer = function(encoded, None, None, ctypes.byref(status))
        if not pointer:
            return name
        try:
            return ctypes.string_at(pointer).decode("utf-8", "replace")
        finally:
            free(pointer)

    return call
