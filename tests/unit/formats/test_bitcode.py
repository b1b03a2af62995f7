import pytest

from regalloc.formats.bitcode import RAW_MAGIC, WRAPPER_MAGIC, is_bitcode, read_producer
from tests.unit.formats.bitstreams import abbreviated, open_block, unabbreviated, wrap, wrapper

# What Debian's LLVM writes before the first module.
BEGINNINGS = {
    "14.0.6": "4243c0de 35140000 05000000 620c3024 4a59be66 8dfbb4af 0b51804c 01000000 210c0000",
    "15.0.6": "4243c0de 35140000 05000000 620c3024 4a59be66 9dfbb4af 0b51804c 01000000 210c0000",
    "19.1.7": "4243c0de 35140000 05000000 620c3024 4a59be66 ddfbb5bf 0b51804c 01000000 210c0000",
}


@pytest.mark.parametrize("version", BEGINNINGS)
def test_real_bitcode_names_its_version(version):
    assert read_producer(bytes.fromhex(BEGINNINGS[version])) == version


@pytest.mark.parametrize("element", [(4, None), (1, 7), (1, 8), (2, 6)])
@pytest.mark.parametrize("width", [3, 5, 9])
def test_every_encoding_of_the_name_is_read(element, width):
    assert read_producer(abbreviated("LLVM15.0.6", element, width)) == "15.0.6"


@pytest.mark.parametrize(
    ("name", "producer"),
    [
        ("LLVM19.1.7", "19.1.7"),
        ("LLVM19.1.7-++20250114103320+cd708029e0b2-1~exp1~20250114103432.75", "19.1.7"),
        ("LLVM15.0.0git", "15.0.0"),
        ("LLVM17.0.6-rust-1.75.0-stable", "17.0.6"),
        ("APPLE_1_1500.3.9.4_0", "APPLE_1_1500.3.9.4_0"),
        ("", "unknown"),
    ],
)
def test_what_vendors_append_is_left_out(name, producer):
    assert read_producer(unabbreviated(name)) == producer


def test_wrapped_bitcode_names_its_version():
    assert read_producer(wrap(unabbreviated("LLVM15.0.6"))) == "15.0.6"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RAW_MAGIC,
        b"\x7fELF" + bytes(64),
        WRAPPER_MAGIC,
        wrap(b""),
        # Said to begin far beyond the end.
        wrapper(len(unabbreviated("LLVM15.0.6")), 2**31) + bytes(48),
        RAW_MAGIC + b"\xff" * 64,
        RAW_MAGIC + bytes(4096),
        open_block(block=8).data(),
        open_block().fixed(0, 5).data(),
        open_block().fixed(7, 5).data(),
        unabbreviated("LLVM15.0.6", code=2),
        unabbreviated("LLVM15.0.6" * 20)[:40],
        # An array of two thousand million literals, which take no bits.
        open_block().fixed(2, 5).variable(2, 5).fixed(0, 1).fixed(3, 3).fixed(1, 1).variable(2, 8)
        .fixed(4, 5).variable(2**31, 6).data(),
    ],
)  # fmt: skip
def test_bitcode_that_names_nothing_is_unknown(data):
    assert read_producer(data) == "unknown"


def test_bitcode_is_told_by_its_magic():
    assert [is_bitcode(data) for data in (RAW_MAGIC, WRAPPER_MAGIC, b"BC", b"\x7fELF")] == [
        True, True, False, False,
    ]  # fmt: skip
