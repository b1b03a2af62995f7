import struct

import pytest

from regalloc.formats.tfrecord import write_records
from regalloc.formats.wire import field, tag, varint
from regalloc.summary.event_files import read_curves


def scalar(name, value, packed=True):
    """A summary's value as tf.summary.scalar writes it."""
    content = struct.pack("<f", value)
    tensor = bytes((1 << 3, 1)) + field(tag(2), b"") + field(tag(4 if packed else 5), content)
    return field(tag(1), field(tag(1), name.encode()) + field(tag(8), tensor))


def histogram(name):
    shape = field(tag(2), bytes((1 << 3, 3)))
    tensor = bytes((1 << 3, 2)) + field(tag(2), shape) + field(tag(4), bytes(24))
    return field(tag(1), field(tag(1), name.encode()) + field(tag(8), tensor))


def event(step, *values):
    clock = bytes((1 << 3 | 1,)) + struct.pack("<d", 1.5e9)
    number = bytes((2 << 3,)) + varint(step) if step else b""
    return clock + number + field(tag(5), b"".join(values))


VERSION = bytes((1 << 3 | 1,)) + bytes(8) + field(tag(3), b"brain.Event:2")


def write(folder, name, *events):
    write_records(folder / f"events.out.tfevents.{name}.v2", [VERSION, *events])


def test_curves_hold_each_scalar_by_round(tmp_path):
    write(
        tmp_path,
        "1",
        event(0, scalar("ratio", 1.5), histogram("reward")),
        event(1, scalar("ratio", 0.75, packed=False), scalar("loss", 2.0)),
    )
    assert read_curves(tmp_path) == {"ratio": {0: 1.5, 1: 0.75}, "loss": {1: 2.0}}


def test_a_round_that_was_done_again_counts_as_it_came_out_last(tmp_path):
    write(tmp_path, "1", event(0, scalar("ratio", 1.0)), event(1, scalar("ratio", 2.0)))
    write(tmp_path, "2", event(1, scalar("ratio", 3.0)))
    assert read_curves(tmp_path) == {"ratio": {0: 1.0, 1: 3.0}}


@pytest.mark.parametrize("end", [b"", b"\x07", bytes(30)])
def test_what_a_killed_run_left_is_read_up_to_where_it_ends(tmp_path, end):
    write(tmp_path, "1", event(0, scalar("ratio", 1.0)), event(1, scalar("ratio", 2.0)))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5] + end)
    assert read_curves(tmp_path) == {"ratio": {0: 1.0}}


def test_what_is_no_event_is_passed_over(tmp_path):
    write(tmp_path, "1", b"\xff\xff", event(0, scalar("ratio", 1.0)))
    write(tmp_path, "2", event(0, scalar("ratio", 2.0)))
    assert read_curves(tmp_path) == {"ratio": {0: 2.0}}


def test_without_a_journal_there_are_no_curves(tmp_path):
    assert read_curves(tmp_path / "none") == {}
