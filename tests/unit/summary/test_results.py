import pytest

from regalloc.errors import ManifestError
from regalloc.report import bench_result, report
from regalloc.summary.results import RunResults
from tests.unit.report.benches import make_bench
from tests.unit.report.samples import make_report


def test_a_result_is_read_once(tmp_path):
    results = RunResults(tmp_path)
    for path in (results.report_path, results.bench_path):
        path.parent.mkdir()
    content = make_report(1, 1)
    report.write(content, results.report_path)
    bench_result.write(make_bench(), results.bench_path)
    assert (results.report, results.bench) == (content, make_bench())
    for path in (results.report_path, results.bench_path):
        path.unlink()
    assert (results.report, results.bench) == (content, make_bench())


@pytest.mark.parametrize(
    ("name", "brief"),
    [
        ("report", "the report cannot be read"),
        ("programs", "the programs' results cannot be read"),
        ("bench", "the benchmark's result cannot be read"),
    ],
)
def test_a_result_that_is_not_there_is_named(tmp_path, name, brief):
    with pytest.raises(ManifestError) as caught:
        getattr(RunResults(tmp_path), name)
    assert caught.value.brief == brief
