import os

import pytest

from regalloc.bench import machine_load


def test_processor_has_its_name_where_the_kernel_tells_one(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: AMD EPYC: 1\nmodel name : other\n")
    assert machine_load.read_processor(cpuinfo) == "AMD EPYC: 1"
    assert machine_load.read_processor(tmp_path / "none") == os.uname().machine


@pytest.mark.parametrize(
    ("used_s", "own_s", "others"), [(9.0, 4.0, 0.5), (4.0, 4.0, 0.0), (3.9, 4.0, 0.0)]
)
def test_others_are_what_was_used_and_is_not_ours(used_s, own_s, others):
    begin = machine_load.Moment(100.0, 50.0, 7.0)
    end = machine_load.Moment(110.0, 50.0 + used_s, 7.0 + own_s)
    assert machine_load.count_others(begin, end) == others


def test_cores_that_have_nothing_to_do_or_wait_for_a_disk_are_not_used(tmp_path, monkeypatch):
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 20 30 9000 800 5 6 7 100 20\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    monkeypatch.setattr(machine_load.os, "sysconf", lambda name: 100)
    moment = machine_load.look(stat)
    assert moment.used_s == pytest.approx(1.68)
    assert moment.own_s > 0
