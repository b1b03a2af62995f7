"""What we read and write by hand is what TensorFlow and protobuf write and read."""

import base64

import numpy as np
import pytest

from regalloc.formats.logs import parse_log
from regalloc.formats.sequence_example import decode_sequence, encode_sequence
from regalloc.formats.tfrecord import read_records
from regalloc.formats.trace_file import encode_episode, write_trace
from tests.unit.compiler.fakes import flatten, make_episode, make_lists

tf = pytest.importorskip("tensorflow")

LISTS = {
    "floats": np.array([[0.5, np.inf], [-1.0, 3.0]], np.float32),
    "small": np.array([[1], [127]], np.int64),
    "wide": np.array([[128, -1], [2**62, 0]], np.int64),
}


def by_tensorflow(lists):
    example = tf.train.SequenceExample()
    for name, array in lists.items():
        for row in array.reshape(len(array), -1):
            feature = example.feature_lists.feature_list[name].feature.add()
            kind = feature.float_list if array.dtype == np.float32 else feature.int64_list
            kind.value.extend(row.tolist())
    return example


def test_bytes_are_those_of_tensorflow():
    expected = by_tensorflow(LISTS).SerializeToString(deterministic=True)
    assert encode_sequence(LISTS) == expected


def test_episode_parses_as_a_sequence_example():
    episode = make_episode("f", 4, 2.5)
    example = tf.train.SequenceExample.FromString(encode_episode(episode))
    lists = example.feature_lists.feature_list
    for name, array in episode.observations.items():
        kind = "float_list" if array.dtype == np.float32 else "int64_list"
        rows = [list(getattr(feature, kind).value) for feature in lists[name].feature]
        assert rows == array.reshape(4, -1).tolist()
    assert [list(f.float_list.value) for f in lists["reward"].feature] == [[2.5]] * 4


def test_tensorflow_bytes_are_read():
    decoded = decode_sequence(by_tensorflow(LISTS).SerializeToString())
    assert {n: a.tolist() for n, a in decoded.items()} == {n: a.tolist() for n, a in LISTS.items()}


def test_tensorflow_reads_our_file_and_we_read_its(tmp_path):
    episodes = [make_episode("f", 3), make_episode("g", 1)]
    write_trace(tmp_path / "ours", episodes)
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(tmp_path / "ours"))]
    assert records == [encode_episode(episode) for episode in episodes]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for record in records:
            writer.write(record)
    assert list(read_records(tmp_path / "theirs")) == records


def test_log_as_protobuf_serialises_it_is_read():
    from google.protobuf import struct_pb2

    episodes = [make_episode(name, 1 + len(name), 2.5) for name in ("a", "bb", "ccc")]
    episodes[0].observations["is_local"][0, 0, 0] = 1000
    log = struct_pb2.Struct()
    log.fields["quiet"].string_value = ""
    for episode in episodes:
        example = by_tensorflow(make_lists(episode)).SerializeToString()
        log.fields[episode.function].string_value = base64.b64encode(example)
    assert flatten(parse_log(log.SerializeToString(), "proto-struct")) == flatten(episodes)
