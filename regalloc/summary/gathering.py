"""What a run left behind, gathered for whoever shows it."""

from __future__ import annotations

from pathlib import Path

from regalloc.errors import ManifestError
from regalloc.layout import CORPUS, EVENTS, MODEL, OWN_POLICY
from regalloc.pipeline.manifest import read_manifest
from regalloc.stages.table import STAGES
from regalloc.summary.event_files import read_curves
from regalloc.summary.regressions import REGRESSIONS, find_regressions
from regalloc.summary.results import RunResults
from regalloc.summary.run_summary import RunSummary, describe_stage
from regalloc.summary.shell_commands import find_place, list_commands


def gather(results: RunResults, toolchain: Path) -> RunSummary:
    """Return what a run's page is made of.

    Args:
        results: the run's.
        toolchain: folder of the compiler on this machine, for runs of the local engine.

    Raises:
        ManifestError: there is no report, or it or a manifest cannot be read.
    """
    folder = results.folder
    if not results.report_path.is_file():
        raise ManifestError(
            f"there is no report in {folder}",
            f"{results.report_path} does not exist",
            "run invoke train, or name the folder of a run with --run",
        )
    report = results.report
    manifests = [manifest for stage in STAGES if (manifest := read_manifest(folder / stage.writes))]
    stages = tuple(describe_stage(manifest) for manifest in manifests)
    evaluated = next((m for m in manifests if m.stage == "evaluate"), None)
    # Of a policy from elsewhere neither the training is known nor whether it is still there.
    foreign = evaluated is not None and OWN_POLICY in evaluated.reads
    commands = {}
    if evaluated and not foreign:
        worst = find_regressions(report.held_out, REGRESSIONS)
        place = find_place(folder, toolchain, evaluated)
        commands = list_commands(place, folder / CORPUS, worst)
    return RunSummary(
        title=folder.name,
        report=report,
        stages=stages,
        versions=evaluated.versions if evaluated else {},
        # Programs are measured on demand: most runs have none.
        programs=results.programs if results.programs_path.is_file() else None,
        curves={} if foreign else read_curves(folder / MODEL / EVENTS),
        commands=commands,
    )
