import msgspec
import pytest

from regalloc.errors import ManifestError
from regalloc.report import report
from regalloc.report.report import Part, Ratios, Report


def make_part(ratio, functions=100, better=40, worse=10):
    return Part(
        modules=30,
        functions=functions,
        decisions=1200,
        shared_functions=3,
        score_ratio=Ratios(random=1.3, warmstart=1.001, policy=ratio),
        better=better,
        equal=functions - better - worse,
        worse=worse,
        without_ratio=0,
    )


def make_report(ratio=0.987, failures=None):
    part = make_part(ratio)
    return Report(
        version=report.VERSION,
        verdict=report.verdict(part),
        seed=0,
        compiler="clang version 19.1.7",
        policy="ab" * 32,
        held_out=part,
        train=make_part(0.9),
        failures=failures or {},
        quarantined=[],
        wall_s={"train": 61.2},
    )


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.987, "is 1.30 % better than the default"),
        (1.0421, "is 4.21 % worse than the default"),
        (1.0, "scores like the default"),
    ],
)
def test_verdict_says_better_and_worse(ratio, words):
    assert report.verdict(make_part(ratio)) == (
        f"the trained policy {words} on 100 held-out functions (40 better, 50 equal, 10 worse)"
    )


def test_verdict_without_a_function_is_none():
    part = make_part(None, functions=0, better=0, worse=0)
    assert report.verdict(part) == "no verdict: no function could be compared"


def test_report_reads_back_as_written(tmp_path):
    report.write(make_report(), tmp_path / "report.json")
    assert report.read(tmp_path / "report.json") == make_report()


def test_keys_are_the_promised_ones(tmp_path):
    report.write(make_report(), tmp_path / "report.json")
    content = msgspec.json.decode((tmp_path / "report.json").read_bytes())
    assert set(content["held_out"]) >= {"modules", "functions", "decisions", "score_ratio"}
    assert set(content["held_out"]) >= {"better", "equal", "worse"}
    assert content["held_out"]["score_ratio"] == {
        "random": 1.3,
        "warmstart": 1.001,
        "policy": 0.987,
    }
    assert set(content) >= {"train", "failures", "wall_s"}


@pytest.mark.parametrize("content", ["", "{", '{"version": 1}', "[]"])
def test_damaged_report_is_named(tmp_path, content):
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(ManifestError) as caught:
        report.read(path)
    assert caught.value.brief == "the report cannot be read"
    assert str(path) in caught.value.details


def test_report_of_another_version_is_refused(tmp_path):
    path = tmp_path / "report.json"
    report.write(msgspec.structs.replace(make_report(), version=9), path)
    with pytest.raises(ManifestError, match="version 9, this program writes 1"):
        report.read(path)
