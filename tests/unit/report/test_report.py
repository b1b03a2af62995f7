import msgspec
import pytest

from regalloc.errors import ManifestError
from regalloc.report import report
from tests.unit.report.samples import make_report


def test_report_reads_back_as_written(tmp_path):
    content = make_report(failed=2)
    report.write(content, tmp_path / "report.json")
    assert report.read(tmp_path / "report.json") == content


def test_keys_are_the_promised_ones(tmp_path):
    report.write(make_report(), tmp_path / "report.json")
    content = msgspec.json.decode((tmp_path / "report.json").read_bytes())
    assert set(content["held_out"]) >= {"modules", "functions", "decisions", "comparisons"}
    comparison = content["held_out"]["comparisons"]["policy"]
    assert set(comparison) >= {"score", "better", "equal", "worse", "text_bytes"}
    assert set(comparison["score"]) == {"ratio", "interval"}
    assert set(comparison["score"]["interval"]) == {"low", "high"}
    assert set(content) >= {"train", "failures", "times", "seed", "policies", "settings"}


def test_a_report_of_800_functions_stays_small(tmp_path):
    report.write(make_report(modules=50, functions=10), tmp_path / "report.json")
    assert (tmp_path / "report.json").stat().st_size < 2_000_000


def test_failures_are_counted_by_kind():
    assert make_report().failures_by_kind == {}
    assert make_report(failed=2).failures_by_kind == {"timeout": 2}


@pytest.mark.parametrize("content", ["", "{", '{"version": 3}', "[]", '{"verdict": 1}'])
def test_damaged_report_is_named(tmp_path, content):
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(ManifestError) as caught:
        report.read(path)
    assert caught.value.brief == "the report cannot be read"
    assert str(path) in caught.value.details


def test_missing_report_is_named(tmp_path):
    with pytest.raises(ManifestError) as caught:
        report.read(tmp_path / "report.json")
    assert caught.value.brief == "the report cannot be read"
    assert caught.value.resolution == "run invoke evaluate again"


@pytest.mark.parametrize("version", [1, 2, 9])
def test_report_of_another_version_is_refused(tmp_path, version):
    path = tmp_path / "report.json"
    path.write_text(f'{{"version": {version}, "verdict": "as it was written then"}}')
    with pytest.raises(ManifestError) as caught:
        report.read(path)
    assert caught.value.render() == (
        f"error: the report is of version {version}, this program reads 3\n{path}\n"
        "what to do: run invoke evaluate again"
    )
