from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.command import Content, ImageRef
from regalloc.images.corpus_source import FolderCorpus
from regalloc.pipeline.cluster import Cluster
from regalloc.pipeline.own_policy import OwnPolicy
from regalloc.pipeline.own_programs import NO_PROGRAMS, OwnPrograms
from regalloc.pipeline.step import Input, Step, resolve, resolve_stage
from regalloc.profiles import load_profile
from regalloc.stages.table import STAGES, find


def sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def test_a_step_is_everything_about_a_stage(wish):
    trainer = wish.targets["trainer"]
    assert resolve_stage(find("vocab"), wish) == Step(
        stage=find("vocab"),
        image=trainer,
        python=trainer,
        images=(trainer,),
        contents=(Content(ImageRef("llvm", "1-aaa"), PurePosixPath("/opt/llvm"), "toolchain"),),
        bindings=("Vocab.quantiles=1000", "Vocab.sampling_fraction=1.0"),
        seed=0,
        inputs=(Input("default_trace", writer="trace"),),
        llvm="19.1.7",
    )


def test_a_key_is_a_hash_of_stage_images_settings_seed_and_inputs(wish):
    step = resolve_stage(find("vocab"), replace(wish, seed=3)).with_digests({"default_trace": "d"})
    assert step.reads == {"default_trace": "d"}
    assert step.key == sha256(
        "vocab", "regalloc-trainer:1-aaa", "Vocab.quantiles=1000", "Vocab.sampling_fraction=1.0",
        "seed=3", "default_trace=d",
    )  # fmt: skip


def test_a_key_takes_inputs_by_name_and_images_in_order(wish):
    own = replace(wish, programs=OwnPrograms((Path("/mine"),), "p"))
    step = resolve_stage(find("programs"), own).with_digests({"release": "r"})
    assert list(step.reads) == ["release", "own_programs"]
    assert step.key == sha256(
        "programs", "regalloc-programs:1-aaa", *step.bindings, "seed=0", "own_programs=p",
        "release=r",
    )  # fmt: skip
    extract = resolve_stage(find("extract"), replace(wish, seed=3))
    assert extract.key == sha256(
        "extract", "regalloc-trainer:1-aaa", "regalloc-corpus:1-aaa", *extract.bindings, "seed=0"
    )


def test_a_key_waits_for_the_last_input(wish):
    step = resolve_stage(find("warmstart"), wish)
    assert step.key == ""
    traced = step.with_digests({"default_trace": "a", "corpus": "not read"})
    assert (traced.reads, traced.key) == ({"default_trace": "a", "vocab": ""}, "")
    assert traced.with_digests({"vocab": "b"}).key != ""


def test_a_build_of_the_users_own_takes_the_place_of_the_corpus_image(wish):
    own = replace(
        wish,
        targets={name: one for name, one in wish.targets.items() if name != "corpus"},
        folder=FolderCorpus(Path("/mine"), "a", 1),
    )
    step = resolve_stage(find("extract"), own)
    assert [target.name for target in step.images] == ["trainer"]
    assert step.inputs == (Input("llvm_corpus", digest="a", source=Path("/mine"), flag="objects"),)
    assert [content.flag for content in step.contents] == ["toolchain"]
    assert resolve_stage(find("trace"), own) == resolve_stage(find("trace"), wish)


@pytest.mark.parametrize(
    ("stage", "folders"),
    [("evaluate", ["corpus"]), ("release", []), ("train", None), ("extract", None)],
)
def test_a_policy_of_ones_own_takes_the_place_of_what_makes_one(wish, stage, folders):
    own = replace(wish, policy=OwnPolicy(Path("/mine"), "a"))
    step = resolve_stage(find(stage), own)
    if folders is None:
        assert step == resolve_stage(find(stage), wish)
        return
    policy = Input("policy", digest="a", source=Path("/mine"), flag="policy")
    assert step.inputs == (*(Input(folder, writer="extract") for folder in folders), policy)


def test_only_what_spreads_runs_on_a_cluster_and_nothing_of_it_is_in_the_key(wish):
    cluster = Cluster("ray://head:10001", "bridge")
    there = replace(wish, cluster=cluster)
    steps = {stage.name: resolve_stage(stage, there) for stage in STAGES}
    spread = {name: step for name, step in steps.items() if step.cluster}
    assert list(spread) == ["train", "evaluate"]
    made = dict.fromkeys((stage.writes for stage in STAGES), "made")
    for name, step in spread.items():
        assert (step.image.name, step.python.name, step.cluster) == ("cluster", "cluster", cluster)
        here = resolve_stage(find(name), wish).with_digests(made)
        assert step.with_digests(made).key == here.key


def test_a_stage_of_another_image_uses_the_trainers_python_and_its_images_folder(wish):
    for name, flags in (("release", ["toolchain", "kit"]), ("programs", ["toolchain", "programs"]),
                        ("bench", ["toolchain"])):  # fmt: skip
        step = resolve_stage(find(name), wish)
        assert step.python.name == "trainer"
        assert [content.flag for content in step.contents] == flags


def test_programs_are_laid_out_for_the_stage_that_takes_them_alone(wish):
    assert resolve_stage(find("programs"), wish).programs == NO_PROGRAMS
    assert resolve_stage(find("train"), wish).programs is None


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["extract"], ["extract"]),
        (["warmstart"], ["extract", "trace", "vocab", "warmstart"]),
        (["vocab", "release"], ["extract", "trace", "vocab", "warmstart", "train", "release"]),
        ([], []),
    ],
)
def test_what_is_wanted_comes_with_all_that_it_reads(wish, wanted, names):
    assert [step.stage.name for step in resolve(wanted, wish)] == names


def test_with_a_policy_of_ones_own_nothing_is_trained(wish):
    own = replace(wish, policy=OwnPolicy(Path("/mine"), "a"))
    assert [step.stage.name for step in resolve(["programs"], own)] == ["release", "programs"]


def with_programs(wish, *bindings):
    """Return the wish for a corpus of two programs and nothing else."""
    named = ("ProgramCorpus.names=('lua','xz')", "ProgramCorpus.alone=True", *bindings)
    targets = {name: one for name, one in wish.targets.items() if name != "corpus"}
    return replace(wish, settings=load_profile("tiny", named), targets=targets)


def test_extract_reads_programs_where_the_corpus_has_some_and_no_image_of_a_corpus(wish):
    assert [step.stage.name for step in resolve(["extract"], wish)] == ["extract"]
    instrument, extract = resolve(["extract"], with_programs(wish))
    assert (instrument.stage.name, instrument.image.name) == ("instrument", "programs")
    assert [content.flag for content in instrument.contents] == ["toolchain", "programs"]
    assert extract.inputs == (Input("program_objects", writer="instrument"),)
    assert [content.flag for content in extract.contents] == ["toolchain"]
    mixed = replace(with_programs(wish), targets=wish.targets)
    (_, extract) = resolve(["extract"], mixed)
    assert [content.flag for content in extract.contents] == ["toolchain", "objects"]


def test_who_is_held_out_and_the_seed_are_in_the_key_of_extract_alone_and_in_none(wish):
    plain = resolve(["extract"], with_programs(wish))
    held = resolve(["extract"], replace(with_programs(wish, "HoldOut.programs=('xz',)"), seed=9))
    made = {"program_objects": "made"}
    same = [
        a.with_digests(made).key == b.with_digests(made).key
        for a, b in zip(plain, held, strict=True)
    ]
    assert same == [True, False]
    assert [step.seed for step in held] == [0, 0]
