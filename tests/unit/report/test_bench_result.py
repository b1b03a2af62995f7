import json

import pytest

from regalloc.errors import ManifestError
from regalloc.report import bench_result as report
from tests.unit.report.benches import make_bench


def test_what_is_written_is_read_again(tmp_path):
    report.write(make_bench(), tmp_path / "bench.json")
    assert report.read(tmp_path / "bench.json") == make_bench()


@pytest.mark.parametrize(
    ("content", "brief"),
    [
        (None, "the benchmark's result cannot be read"),
        ("{", "the benchmark's result cannot be read"),
        ('{"version": 2}', "the benchmark's result cannot be read"),
        ('{"version": 0}', "the benchmark's result is of version 0, this program reads 2"),
    ],
)
def test_what_is_missing_damaged_or_older_is_refused(tmp_path, content, brief):
    if content is not None:
        (tmp_path / "bench.json").write_text(content)
    with pytest.raises(ManifestError) as caught:
        report.read(tmp_path / "bench.json")
    assert (caught.value.brief, caught.value.resolution) == (brief, "run invoke bench again")


def test_rates_follow_from_what_was_counted():
    content = make_bench()
    ours = content.compiles.cost("ours")
    assert (ours.modules_per_s, ours.decision_s) == (1.0, 0.01)
    assert content.learner("ppo").steps_per_s == pytest.approx(40)
    assert content.iteration("upstream").total_s == 360.0
    assert [one.scaled for one in content.iterations] == [True, False]
    assert [point.modules_per_s for point in content.by_workers[:2]] == [4 / 12, 4.0]


def test_goals_are_ratios_and_know_their_direction():
    found = {goal.name: (round(goal.value, 2), goal.reached) for goal in make_bench().goals}
    assert found == {
        "modules/s per core over upstream's": (10.0, False),
        "processor time over greedy's alone": (6.0, False),
        "gradient steps/s over upstream's": (20.0, True),
        "policy iterations over upstream's": (8.78, True),
        "peak memory of a worker": (60.0, True),
    }


def test_no_rate_is_stored_beside_what_it_follows_from(tmp_path):
    report.write(make_bench(), tmp_path / "bench.json")
    ours = json.loads((tmp_path / "bench.json").read_bytes())["compiles"]["costs"][2]
    assert set(ours) == {"way", "compiles", "cpu_s", "decisions", "peak_mb"}


@pytest.mark.parametrize(("others", "busy"), [(0.0, False), (0.24, False), (0.25, True)])
def test_a_machine_is_busy_when_others_use_a_quarter_of_a_core(others, busy):
    assert make_bench(others).machine.busy == busy
