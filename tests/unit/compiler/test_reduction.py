import pytest

from regalloc.compiler.reduction import drop_functions
from regalloc.formats.bitcode import RAW_MAGIC
from regalloc.formats.bitstream import read_blocks
from tests.unit.formats.bitstreams import Block, bitcode, wrap

MODULE, STRINGS, BODIES = 8, 23, 12
VARIABLE, FUNCTION, ALIAS = 7, 8, 14
EXTERNAL, INTERNAL, LINK_ONCE, AVAILABLE_EXTERNALLY = 0, 3, 19, 12
NAMES = b"varkeepdropcaf\xe9aliasbase"


def name(text):
    return NAMES.index(text), len(text)


def function(text, linkage=EXTERNAL, declared=0, comdat=0):
    """Return a function's record; its last values are as far as the record reaches in LLVM 15."""
    return FUNCTION, [*name(text), 70, 0, declared, linkage, 1000, 4, *[0] * 6, comdat, 0, 0, 1, 0]


def module(*functions, strings=NAMES):
    """Return bitcode of a module with a variable, the functions and their bodies."""
    variable = VARIABLE, [*name(b"var"), 70, 0, 0, 0]
    bodies = [Block(BODIES, [(1, [5]), (2, [2**40])], width=4) for _ in functions]
    return bitcode(
        Block(13, [(1, list(b"LLVM19.1.7"))], width=5),
        Block(MODULE, [(1, [2]), variable, *functions, *bodies]),
        Block(STRINGS, [(1, strings)]),
    )


def read_functions(data):
    for number, records in read_blocks(data, len(RAW_MAGIC)):
        if number == MODULE:
            return [record.values for record in records if record.code == FUNCTION]
    raise AssertionError("no module")


@pytest.mark.parametrize("linkage", [EXTERNAL, INTERNAL, LINK_ONCE])
def test_functions_that_are_not_kept_are_defined_elsewhere(linkage):
    data = module(function(b"keep", linkage), function(b"drop", linkage))
    assert drop_functions(data, {"keep"}) == module(
        function(b"keep", linkage), function(b"drop", AVAILABLE_EXTERNALLY)
    )


@pytest.mark.parametrize("comdat", [1, 31, 32, 40000])
def test_what_is_dropped_leaves_its_group_and_moves_nothing(comdat):
    data = module(function(b"drop", comdat=comdat), function(b"keep", comdat=comdat))
    changed = drop_functions(data, {"keep"})
    assert len(changed) == len(data)
    dropped, kept = read_functions(changed)
    assert (dropped[5], dropped[14]) == (AVAILABLE_EXTERNALLY, 0)
    assert kept == read_functions(data)[1]


def test_declarations_stay_as_they_are():
    data = module(function(b"drop", declared=1))
    assert drop_functions(data, set()) == data


def test_what_an_alias_stands_for_is_kept():
    # The variable is value 0, the functions are 1 and 2.
    alias = ALIAS, [*name(b"alias"), 70, 0, 2, 0]
    data = module(function(b"drop"), function(b"base"), alias)
    dropped, base = read_functions(drop_functions(data, set()))
    assert (dropped[5], base[5]) == (AVAILABLE_EXTERNALLY, EXTERNAL)


def test_names_that_are_not_utf_8_are_found():
    data = module(function(b"caf\xe9"))
    assert drop_functions(data, {"caf\udce9"}) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no raw bitcode"),
        (wrap(module()), "no raw bitcode"),
        (RAW_MAGIC + bytes(16), "no block begins where one should"),
        (module()[:-20], "the bitstream ends too early"),
        (bitcode(Block(MODULE, [function(b"keep")])), "no table of names"),
        (bitcode(Block(MODULE, [function(b"keep")]), Block(STRINGS, [])), "no table of names"),
        (module((FUNCTION, [0, 3, 70, 0, 0, 0])), "a function's record of an unknown form"),
        (module((ALIAS, [0, 3])), "a function's record of an unknown form"),
    ],
)
def test_bitcode_of_an_unknown_form_is_refused(data, reason):
    with pytest.raises(ValueError, match=reason):
        drop_functions(data, set())
