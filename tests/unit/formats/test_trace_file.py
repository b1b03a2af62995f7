import numpy as np
import pytest

from regalloc.errors import TraceError
from regalloc.formats.features import FEATURES
from regalloc.formats.sequence_example import decode_sequence, encode_sequence
from regalloc.formats.tfrecord import read_records, write_records
from regalloc.formats.trace_file import encode_episode, read_trace, write_trace
from tests.unit.compiler.fakes import make_episode

LISTS = {
    "b": np.array([[0.5, np.inf], [-1.0, 3.0]], np.float32),
    "a": np.array([[1], [127]], np.int64),
    "wide": np.array([[128, -1], [2**62, 0]], np.int64),
    "mixed": np.array([[1], [300]], np.int64),
    "same": np.array([[300], [300]], np.int64),
}


def as_values(lists):
    return {name: (a.dtype.name, a.tolist()) for name, a in lists.items()}


def test_sequence_survives_encoding():
    assert as_values(decode_sequence(encode_sequence(LISTS))) == as_values(LISTS)


def test_sequence_bytes_are_those_of_the_wire_format():
    # feature_lists { feature_list { key: "a" value { feature { int64_list { value: 5 } } } } }
    encoded = encode_sequence({"a": np.array([[5]], np.int64)})
    assert encoded == bytes.fromhex("120e 0a0c 0a0161 1207 0a05 1a03 0a01 05")


def test_sequence_does_not_depend_on_the_order_of_names():
    assert encode_sequence(LISTS) == encode_sequence(dict(reversed(LISTS.items())))


def test_sequence_of_no_decisions_is_encoded():
    lists = decode_sequence(encode_sequence({"a": np.zeros((0, 1, 33), np.float32)}))
    assert {name: len(array) for name, array in lists.items()} == {"a": 0}


def test_sequence_takes_no_other_dtype():
    with pytest.raises(TypeError, match="float32 or int64 expected, not float64"):
        encode_sequence({"a": np.zeros((1, 1))})


@pytest.mark.parametrize(
    "data",
    [b"\x12", b"\x12\x05abc", b"\x09abc", b"\xff", b"\x12\x02\x0a\x09", b"\x12" + b"\xff" * 99],
)
def test_record_that_is_no_sequence_is_named(tmp_path, data):
    write_records(tmp_path / "t", [data])
    with pytest.raises(TraceError) as caught:
        list(read_trace(tmp_path / "t"))
    assert caught.value.brief == "the trace is damaged"
    assert caught.value.details.startswith(f"{tmp_path}/t: no SequenceExample: ")


def test_records_survive_a_file(tmp_path):
    records = [b"", b"a", b"b" * 100_000]
    assert write_records(tmp_path / "t", records) == 3
    assert list(read_records(tmp_path / "t")) == records


def test_record_has_the_known_masked_checksums(tmp_path):
    write_records(tmp_path / "t", [b"abc"])
    data = (tmp_path / "t").read_bytes()
    assert data[:8] == bytes((3, 0, 0, 0, 0, 0, 0, 0))
    # CRC-32C of "abc" is 0x364b3fb7; masked as TFRecord does.
    crc = 0x364B3FB7
    masked = (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert data[-7:] == b"abc" + masked.to_bytes(4, "little")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1], "it is truncated"),
        (lambda data: data[:5], "it is truncated"),
        (lambda data: b"\x01" + data[1:], "a record's length does not fit its checksum"),
        (lambda data: data[:14] + b"x" + data[15:], "a record does not fit its checksum"),
    ],
)
def test_damaged_records_are_named(tmp_path, damage, reason):
    path = tmp_path / "t"
    write_records(path, [b"hello"])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(TraceError) as caught:
        list(read_records(path))
    assert caught.value.details == f"{path}: {reason}"


def test_missing_trace_is_named(tmp_path):
    with pytest.raises(TraceError, match="there is no trace"):
        list(read_trace(tmp_path / "t"))


def test_trace_holds_features_decision_and_score(tmp_path):
    episodes = [make_episode("f", 3, 2.5), make_episode("g", 1, 0.25)]
    assert write_trace(tmp_path / "t", episodes) == 2
    for tensors, episode in zip(read_trace(tmp_path / "t"), episodes, strict=True):
        expected = {
            **episode.observations,
            "index_to_evict": episode.actions,
            "reward": np.full(episode.decisions, episode.score, np.float32),
        }
        assert as_values(tensors) == as_values(expected)


def test_trace_lists_what_upstream_reads():
    lists = decode_sequence(encode_episode(make_episode("f", 2)))
    assert sorted(lists) == sorted([*(f.name for f in FEATURES), "index_to_evict", "reward"])


def test_trace_without_a_feature_is_named(tmp_path):
    lists = decode_sequence(encode_episode(make_episode("f", 2)))
    del lists["use_def_density"]
    write_records(tmp_path / "t", [encode_sequence(lists)])
    with pytest.raises(TraceError) as caught:
        list(read_trace(tmp_path / "t"))
    assert caught.value.brief == "the trace does not fit the feature spec"
    assert caught.value.details == (
        "use_def_density: expected float32 [2, 1, 33], the trace has none"
    )
