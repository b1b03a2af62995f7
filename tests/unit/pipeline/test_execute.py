from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.command import Command, Content, ImageRef, Mount, Sandbox
from regalloc.errors import DiskError, ManifestError, StageError, StoppedError
from regalloc.images.corpus_source import FolderCorpus
from regalloc.pipeline.cluster import Cluster
from regalloc.pipeline.execute import execute
from regalloc.pipeline.folders import require_space
from regalloc.pipeline.found import look_around
from regalloc.pipeline.manifest import read_manifest
from regalloc.pipeline.own_policy import OwnPolicy
from regalloc.pipeline.own_programs import find_own_programs
from regalloc.pipeline.plan import Kind, plan
from regalloc.pipeline.stage_command import stage_command
from regalloc.pipeline.step import resolve, resolve_stage
from regalloc.profiles import load_profile
from regalloc.stages.table import STAGES, find

TRAINER, KIT, CORPUS, CLUSTER, PROGRAMS = (
    ImageRef(name, "1-aaa") for name in ("trainer", "kit", "corpus", "cluster", "programs")
)
TOOLCHAIN = Content(ImageRef("llvm", "1-aaa"), PurePosixPath("/opt/llvm"), "toolchain")
OWN_POLICY = Mount(Path("/mine"), PurePosixPath("/policy"), flag="policy")
ALL = [stage.name for stage in STAGES if not stage.times_machine]


def decide(run, wanted=ALL, rehash=False):
    found = look_around(run.folder, run.wish.targets, run.engine, rehash)
    return plan(resolve(wanted, run.wish), run.wish.targets, found)


def make(run, wanted=ALL):
    return [t.action.title.split()[1] for t in execute(decide(run, wanted), run).actions]


def command_of(name, run):
    return stage_command(resolve_stage(find(name), run.wish), run)


def test_execute_makes_everything_once(run):
    assert make(run) == ["base", "llvm", "trainer", "corpus", "kit", "programs", *ALL]
    assert make(run) == []


def test_execute_of_two_runs_writes_equal_manifests_but_for_times(run, tmp_path):
    other = replace(run, folder=tmp_path / "other" / "run", jobs=7)
    make(run)
    make(other)
    for stage in map(find, ALL):
        one, two = (read_manifest(r.folder / stage.writes) for r in (run, other))
        assert (one.key, one.writes, one.reads) == (two.key, two.writes, two.reads)


def test_execute_leaves_events_and_marks_out_of_the_hashes(run):
    make(run)
    assert list(read_manifest(run.folder / "output_model").writes) == ["result"]


def targets_of(command):
    return [str(mount.target) for mount in command.sandbox.mounts]


def test_stage_command_mounts_exactly_the_stages_folders(run):
    root = run.folder
    command = command_of("vocab", run)
    assert command == Command(
        stage="vocab",
        argv=("vocab", "--seed=0", "--jobs=2", "--bind=Vocab.quantiles=1000",
              "--bind=Vocab.sampling_fraction=1.0"),
        sandbox=Sandbox(
            image=TRAINER,
            python=TRAINER,
            mounts=(
                Mount(root / "default_trace", PurePosixPath("/default_trace")),
                Mount(root / "vocab", PurePosixPath("/vocab"), read_only=False),
            ),
            memory_mb=1000,
            pids=8192,
        ),
        contents=(TOOLCHAIN,),
        root=root,
        run_id="run",
        tty=False,
        log=root / "records" / "vocab" / "log.txt",
    )  # fmt: skip


def test_stage_command_on_a_cluster_runs_in_its_image_with_its_network(run):
    cluster = Cluster("ray://head:10001", "mine", Path("/token"))
    spread = replace(run, wish=replace(run.wish, cluster=cluster))
    commands = {name: command_of(name, spread) for name in ("trace", "train", "evaluate")}
    boxes = {name: command.sandbox for name, command in commands.items()}
    assert {name: (b.image, b.python, b.network) for name, b in boxes.items()} == {
        "trace": (TRAINER, TRAINER, "none"),
        "train": (CLUSTER, CLUSTER, "mine"),
        "evaluate": (CLUSTER, CLUSTER, "mine"),
    }
    assert [cluster.mounts[0] in box.mounts for box in boxes.values()] == [False, True, True]
    assert [box.environment for box in boxes.values()] == [(), *[(("RAY_AUTH_MODE", "token"),)] * 2]
    flag = "--cluster=ray://head:10001"
    assert [flag in command.argv for command in commands.values()] == [False, True, True]


def test_stage_command_of_a_release_runs_in_the_kit(run):
    root = run.folder
    command = command_of("release", run)
    assert (command.sandbox.image, command.sandbox.python) == (KIT, TRAINER)
    assert command.contents == (TOOLCHAIN, Content(KIT, PurePosixPath("/opt/kit"), "kit"))
    assert command.sandbox.mounts == (
        Mount(root / "output_model", PurePosixPath("/output_model")),
        Mount(root / "release", PurePosixPath("/release"), read_only=False),
    )


def test_stage_command_of_a_release_of_ones_own_policy_sees_nothing_of_the_run(run):
    own = replace(run, wish=replace(run.wish, policy=OwnPolicy(Path("/mine"), "a")))
    command = command_of("release", own)
    assert command.sandbox.mounts == (
        OWN_POLICY, Mount(run.folder / "release", PurePosixPath("/release"), read_only=False),
    )  # fmt: skip
    assert OWN_POLICY not in command_of("train", own).sandbox.mounts


def test_stage_command_of_an_evaluation_of_ones_own_policy_sees_the_corpus_alone(run):
    own = replace(run, wish=replace(run.wish, policy=OwnPolicy(Path("/mine"), "a")))
    command = command_of("evaluate", own)
    assert OWN_POLICY in command.sandbox.mounts
    assert targets_of(command) == ["/corpus", "/policy", "/evaluation"]


def test_stage_command_of_the_programs_sees_the_release_and_copies_of_ones_own(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "program.toml").write_text("")
    programs = find_own_programs([str(tmp_path / "mine")])
    own = replace(run, wish=replace(run.wish, programs=programs))
    command = command_of("programs", own)
    assert command.sandbox.image == PROGRAMS
    assert command.contents[1:] == (Content(PROGRAMS, PurePosixPath("/opt/programs"), "programs"),)
    assert [(str(mount.target), mount.read_only) for mount in command.sandbox.mounts] == [
        ("/release", True), ("/own_programs", True), ("/programs", False),
    ]  # fmt: skip
    assert targets_of(command_of("programs", run)) == ["/release", "/programs"]
    make(own)
    assert (own.folder / "own_programs" / "0-mine" / "program.toml").is_file()
    make(run)
    assert not (own.folder / "own_programs").exists()


def test_a_release_of_ones_own_policy_trains_nothing(run):
    own = replace(run, wish=replace(run.wish, policy=OwnPolicy(Path("/mine"), "a")))
    assert make(own, ["release"]) == ["base", "llvm", "trainer", "kit", "release"]
    assert read_manifest(run.folder / "release").reads == {"policy": "a"}


def test_stage_command_of_an_evaluation_tells_how_long_the_others_took(run):
    make(run)
    names = ("extract", "trace", "vocab", "warmstart", "train")
    took = {name: read_manifest(run.folder / find(name).writes).duration_s for name in names}
    own = replace(run, wish=replace(run.wish, policy=OwnPolicy(Path("/mine"), "a")))
    flags = [
        [
            arg
            for arg in stage_command(resolve_stage(find(name), one.wish), one).argv
            if arg.startswith("--took")
        ]
        for name, one in (("evaluate", run), ("evaluate", own), ("train", run))
    ]
    assert flags == [
        [f"--took={name}:{seconds}" for name, seconds in took.items()],
        [f"--took=extract:{took['extract']}"],
        [],
    ]


def test_stage_command_of_extract_has_no_seed_of_its_own(run):
    seeded = replace(run, wish=replace(run.wish, seed=5), folder=run.folder / "a b")
    commands = [command_of(name, seeded) for name in ("extract", "trace")]
    assert [c.argv[1] for c in commands] == ["--seed=0", "--seed=5"]
    assert commands[0].run_id == "a-b"


def test_stage_command_lends_extract_the_corpus_objects(run):
    lent = Content(CORPUS, PurePosixPath("/llvm_corpus"), "objects", lent=True)
    assert command_of("extract", run).contents == (TOOLCHAIN, lent)


def test_stage_command_mounts_a_build_of_the_users_own_for_extract_alone(run):
    folder = FolderCorpus(Path("/mine"), "a", 1)
    targets = {name: one for name, one in run.wish.targets.items() if name != "corpus"}
    own = replace(run, wish=replace(run.wish, targets=targets, folder=folder))
    extract, trace = (command_of(name, own) for name in ("extract", "trace"))
    mine = Mount(Path("/mine"), PurePosixPath("/llvm_corpus"), flag="objects")
    assert (extract.contents, extract.sandbox.mounts[:1]) == ((TOOLCHAIN,), (mine,))
    assert (trace.contents, targets_of(trace)) == ((TOOLCHAIN,), ["/corpus", "/default_trace"])


@pytest.mark.parametrize(
    ("error", "how"),
    [
        (StoppedError("stopped by SIGINT"), "was stopped"),
        (StageError("it broke"), "failed (it broke)"),
    ],
)
def test_execute_never_takes_half_a_result_for_done(run, error, how):
    def fail(stage: str, folder: Path) -> None:
        if stage == "vocab":
            (folder / "half").write_text("x")
            raise error

    run.engine.fail = fail
    with pytest.raises(type(error)):
        make(run)
    assert read_manifest(run.folder / "vocab") is None
    run.engine.fail = None
    assert [(a.title, a.reason) for a in decide(run, ["vocab"]).actions if a.kind is Kind.RUN] == [
        ("stage vocab", f"{how}, starts afresh")
    ]
    make(run, ["vocab"])
    assert sorted(os.listdir(run.folder / "vocab")) == ["events", "result"]


def interrupt_training(run):
    def fail(stage: str, folder: Path) -> None:
        if stage == "train":
            (folder / "checkpoint").write_text("half way")
            raise StoppedError("stopped by SIGTERM")

    run.engine.fail = fail
    with pytest.raises(StoppedError):
        make(run)
    run.engine.fail = None


def test_interrupted_train_keeps_its_folder_for_the_same_key(run):
    interrupt_training(run)
    assert make(run) == ["train", "evaluate", "release", "programs"]
    assert (run.folder / "output_model" / "checkpoint").read_text() == "half way"


def test_interrupted_train_starts_afresh_for_another_key(run):
    interrupt_training(run)
    settings = load_profile("quick", ["Rebel.l2=0.1"])
    make(replace(run, wish=replace(run.wish, settings=settings)))
    assert not (run.folder / "output_model" / "checkpoint").exists()


def test_a_finished_model_of_another_key_is_moved_aside(run, said):
    make(run)
    key = read_manifest(run.folder / "output_model").key
    settings = load_profile("quick", ["Rebel.l2=0.1"])
    make(replace(run, wish=replace(run.wish, settings=settings)))
    aside = run.folder / f"output_model.{key[:8]}"
    assert read_manifest(aside).key == key
    assert said[-4:] == [
        f"kept the finished output_model of another configuration as {aside}",
        "stage evaluate: because train runs",
        "stage release: because train runs",
        "stage programs: because release runs",
    ]


def test_a_manifest_that_does_not_parse_is_an_error_and_nothing_runs(run):
    make(run)
    path = run.folder / "records" / "vocab" / "manifest.json"
    path.write_text("{")
    run.engine.ran.clear()
    with pytest.raises(ManifestError) as caught:
        make(run)
    assert caught.value.render() == (
        f"error: {path} does not parse\n"
        "Input data was truncated\n"
        f"what to do: nothing is run over it: look at it, then remove {path} "
        "to run the stage again"
    )
    assert run.engine.ran == []


def test_files_no_stage_wrote_are_not_deleted(run):
    folder = run.folder / "corpus"
    folder.mkdir(parents=True)
    (folder / "mine.bc").write_text("precious")
    with pytest.raises(ManifestError) as caught:
        make(run)
    assert caught.value.render() == (
        f"error: {folder} holds files, but no stage wrote them\n"
        f"there is no record of it in {run.folder}/records/corpus\n"
        "what to do: move them away, or choose another folder with --run"
    )
    assert (folder / "mine.bc").read_text() == "precious"


def test_a_missing_output_runs_the_stage_again(run):
    make(run)
    (run.folder / "vocab" / "result").unlink()
    reasons = [a.reason for a in decide(run).actions if a.kind is Kind.RUN]
    assert reasons[0] == "output file result is missing"
    assert make(run)[0] == "vocab"


def test_a_stage_made_again_with_the_same_result_leaves_the_rest_up_to_date(run):
    make(run)
    (run.folder / "vocab" / "result").unlink()
    make(run, ["vocab"])
    assert make(run) == []


@pytest.mark.parametrize("rehash", [False, True])
def test_what_the_size_does_not_show_is_found(run, rehash):
    make(run)
    result = run.folder / "vocab" / "result"
    times = result.stat().st_atime_ns, result.stat().st_mtime_ns
    result.write_text("x" * len(result.read_text()))
    os.utime(result, ns=times)
    found = decide(run, ["vocab"], rehash=rehash)
    assert found.stages[-1].reason == "output file result was changed"


def test_a_run_that_was_copied_is_up_to_date(run, tmp_path):
    make(run)
    shutil.copytree(run.folder, tmp_path / "copy", symlinks=True)
    copied = replace(run, folder=tmp_path / "copy")
    assert make(copied) == []
    (tmp_path / "copy" / "records" / "vocab" / "marks.json").write_text("[" * 100_000)
    assert make(copied) == []


def test_require_space_says_how_much_is_missing(tmp_path, monkeypatch):
    class Usage:
        free = 100 * 1024**2

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    with pytest.raises(DiskError) as caught:
        require_space(tmp_path, 200 * 1024**2, "stage trace")
    assert caught.value.render() == (
        "error: the disk is too full for stage trace\n"
        f"{tmp_path}: 100 MiB free, 200 MiB needed\n"
        "what to do: free space, or put the run elsewhere with --run and the cache with "
        "REGALLOC_CACHE"
    )


def test_require_space_of_a_folder_that_cannot_be_made_is_a_disk_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="cannot be used"):
        require_space(tmp_path / "file" / "run", 1, "stage trace")


def test_what_a_killed_run_left_goes_before_folders_are_prepared(run):
    run.folder.mkdir()
    make(run)
    assert run.engine.swept == [[]]
    make(run)
    assert run.engine.swept == [[]]


def test_a_record_of_a_folder_that_was_removed_is_none_of_the_next_try(run):
    make(run)
    shutil.rmtree(run.folder / "vocab")

    def fail(stage: str, folder: Path) -> None:
        if stage == "vocab":
            raise StageError("it broke")

    run.engine.fail = fail
    with pytest.raises(StageError):
        make(run)
    assert read_manifest(run.folder / "vocab") is None
