from __future__ import annotations

import io

import pytest
from rich.console import Console

from regalloc.commands import seeds
from regalloc.commands.options import Options
from regalloc.commands.seeds import find_seeds, rebuild_pages, train_seeds
from regalloc.errors import ConfigError, ManifestError
from regalloc.report import report
from regalloc.summary.seed_comparison import compare_seeds
from regalloc.terminal.report_table import print_seeds
from tests.unit.report.samples import make_report


def evaluated(run, seed, modules=6):
    (run / "evaluation").mkdir(parents=True)
    report.write(make_report(modules, 4, seed), run / "evaluation" / "report.json")


@pytest.fixture
def stages(monkeypatch):
    """Records what would be trained, and leaves a report as an evaluation does."""
    calls = []

    def run(options, wanted):
        calls.append((options.folder, options.seed, wanted))
        if not options.dry_run:
            evaluated(options.folder, options.seed)

    monkeypatch.setattr(seeds, "run_stages", run)
    return calls


def test_each_seed_has_a_folder_of_its_own(stages, tmp_path, capsys):
    train_seeds(Options(run=str(tmp_path), seed=4), ("train", "evaluate"), 3)
    wanted = ("train", "evaluate")
    assert stages == [(tmp_path / f"seed-{seed}", seed, wanted) for seed in (4, 5, 6)]
    assert (tmp_path / "seeds.html").is_file()
    assert "Over 3 seeds" in capsys.readouterr().out


def test_one_seed_is_a_run_like_any_other(stages, tmp_path):
    train_seeds(Options(run=str(tmp_path), seed=4), ("train",), 1)
    assert stages == [(tmp_path, 4, ("train",))]
    assert not (tmp_path / "seeds.html").exists()


def test_a_dry_run_compares_nothing(stages, tmp_path):
    train_seeds(Options(run=str(tmp_path), dry_run=True), ("train",), 2)
    assert len(stages) == 2
    assert list(tmp_path.iterdir()) == []


def test_no_seed_trains_nothing(stages):
    with pytest.raises(ConfigError, match="--seeds=0 trains nothing"):
        train_seeds(Options(), ("train",), 0)
    assert stages == []


def test_seeds_are_found_in_their_order(tmp_path):
    for name in ("seed-10", "seed-9", "seed-x", "other"):
        evaluated(tmp_path / name, 0)
    (tmp_path / "seed-11").mkdir()
    assert [path.name for path in find_seeds(tmp_path)] == ["seed-9", "seed-10"]


def test_pages_of_seeds_are_written_again(tmp_path):
    for seed in (0, 1):
        evaluated(tmp_path / f"seed-{seed}", seed)
    rebuild_pages(Options(run=str(tmp_path)))
    page = (tmp_path / "seeds.html").read_text()
    assert '<a href="seed-1/report.html">1</a>' in page
    assert (tmp_path / "seed-1" / "report.html").is_file()
    assert not (tmp_path / "report.html").exists()


def test_seeds_of_other_corpora_are_not_compared(tmp_path):
    evaluated(tmp_path / "seed-0", 0)
    evaluated(tmp_path / "seed-1", 1, modules=9)
    with pytest.raises(ManifestError) as caught:
        rebuild_pages(Options(run=str(tmp_path)))
    assert caught.value.brief == (f"the seeds in {tmp_path} were not evaluated on the same modules")


def test_the_table_has_a_line_for_each_seed_and_their_mean():
    found = compare_seeds([make_report(8, 5, seed) for seed in range(3)])
    out = io.StringIO()
    print_seeds(found, Console(file=out, width=100))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert [line[0] for line in lines if line and line[0] in ("0", "1", "2", "mean")] == [
        "0", "1", "2", "mean",
    ]  # fmt: skip
    assert found.text in " ".join(out.getvalue().split())
