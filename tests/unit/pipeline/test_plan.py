from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.images.corpus_source import FolderCorpus
from regalloc.pipeline.manifest import Manifest
from regalloc.pipeline.own_programs import OwnPrograms
from regalloc.pipeline.plan import (
    Action,
    Cluster,
    Found,
    Kind,
    OwnPolicy,
    Wish,
    bindings_of,
    folders_of,
    images_of,
    plan,
    plan_images,
    reads_of,
    seed_of,
    stage_key,
    with_upstream,
    writer,
)
from regalloc.settings import load_profile
from regalloc.stages.table import STAGES

ALL = [stage.name for stage in STAGES if not stage.times_machine]


def finished(wish: Wish) -> dict[str, Manifest]:
    """Return the manifests of a whole run."""
    manifests: dict[str, Manifest] = {}
    for stage in STAGES:
        folders = folders_of(stage, wish)
        reads = {folder: manifests[writer(folder).name].digest for folder in folders}
        reads |= reads_of(stage, wish)
        manifests[stage.name] = Manifest(
            stage=stage.name,
            key=stage_key(stage, wish, reads),
            images={name: wish.targets[name].reference for name in images_of(stage, wish)},
            image_ids={},
            engine="fake",
            argv=(stage.name,),
            gin="\n".join(bindings_of(stage, wish.settings)),
            versions={},
            seed=seed_of(stage, wish.seed),
            reads=reads,
            writes={"result": f"hash of {stage.name}"},
            sizes={"result": 1},
            duration_s=1.0,
            created="2025-01-01T00:00:00+00:00",
        )
    return manifests


def references(wish: Wish) -> frozenset[str]:
    return frozenset(target.reference for target in wish.targets.values())


def whole(wish: Wish) -> Found:
    return Found(manifests=finished(wish), images=references(wish))


def reasons(actions: tuple[Action, ...]) -> dict[str, str]:
    return {a.name: a.reason for a in actions if a.what == "stage" and a.kind is Kind.RUN}


def test_plan_of_nothing_done_is_everything(wish):
    extract_key = stage_key(STAGES[0], wish, {})
    assert plan(["vocab"], wish, Found()) == (
        Action("image", "base", Kind.RUN, "image regalloc-base:1-aaa does not exist",
               "regalloc-base:1-aaa"),
        Action("image", "llvm", Kind.RUN, "image regalloc-llvm:1-aaa does not exist",
               "regalloc-llvm:1-aaa"),
        Action("image", "trainer", Kind.RUN, "image regalloc-trainer:1-aaa does not exist",
               "regalloc-trainer:1-aaa"),
        Action("image", "corpus", Kind.RUN, "image regalloc-corpus:1-aaa does not exist",
               "regalloc-corpus:1-aaa"),
        Action("image", "kit", Kind.SKIP, "nothing that runs needs it", "regalloc-kit:1-aaa"),
        Action("image", "programs", Kind.SKIP, "nothing that runs needs it",
               "regalloc-programs:1-aaa"),
        Action("image", "cluster", Kind.SKIP, "nothing that runs needs it",
               "regalloc-cluster:1-aaa"),
        Action("image", "bench", Kind.SKIP, "nothing that runs needs it", "regalloc-bench:1-aaa"),
        Action("stage", "extract", Kind.RUN, "never run", extract_key),
        Action("stage", "trace", Kind.RUN, "because extract runs"),
        Action("stage", "vocab", Kind.RUN, "because trace runs"),
    )  # fmt: skip


def test_plan_of_everything_done_is_nothing(wish):
    actions = plan(ALL, wish, whole(wish))
    assert {a.kind for a in actions} == {Kind.SKIP}
    assert [a.reason for a in actions if a.what == "stage"] == ["up to date"] * len(ALL)
    assert actions[0].reason == "image regalloc-base:1-aaa exists"


def test_plan_with_results_but_no_images_builds_none(wish):
    actions = plan(ALL, wish, Found(manifests=finished(wish)))
    assert {a.kind for a in actions} == {Kind.SKIP}
    assert actions[0].reason == "nothing that runs needs it"


def test_plan_keys_of_skipped_stages_are_the_manifests(wish):
    found = whole(wish)
    keys = {a.name: a.key for a in plan(ALL, wish, found) if a.what == "stage"}
    assert keys == {name: found.manifests[name].key for name in ALL}


def test_what_times_this_machine_is_never_up_to_date(wish):
    assert reasons(plan(["bench"], wish, whole(wish))) == {"bench": "measures this machine anew"}
    changed = replace(wish, settings=load_profile("quick", ["Bench.rounds=9"]))
    why = "setting Bench.rounds changed from 2 to 9"
    assert reasons(plan(["bench"], changed, whole(wish))) == {"bench": why}


def test_plan_names_the_changed_setting(wish):
    changed = replace(wish, settings=load_profile("quick", ["Trace.sampling_rate=0.2"]))
    assert reasons(plan(ALL, changed, whole(wish))) == {
        "trace": "setting Trace.sampling_rate changed from 1.0 to 0.2",
        "vocab": "because trace runs",
        "warmstart": "because trace runs",
        "train": "because trace runs",
        "evaluate": "because trace runs",
        "release": "because train runs",
        "programs": "because release runs",
    }


def test_plan_a_setting_of_the_other_algorithm_runs_nothing_again(wish):
    changed = replace(wish, settings=load_profile("quick", ["Ppo.clip=0.1", "Ppo.steps=3"]))
    assert reasons(plan(ALL, changed, whole(wish))) == {}


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ((), ("Train.algorithm='ppo'",), "Train.algorithm changed from 'rebel' to 'ppo'"),
        (("Train.algorithm='ppo'",), ("Train.algorithm='ppo'", "Ppo.clip=0.1"),
         "Ppo.clip changed from 0.2 to 0.1"),
    ],
)  # fmt: skip
def test_plan_names_what_changed_for_the_algorithm(wish, before, now, reason):
    made, changed = (
        replace(wish, settings=load_profile("quick", list(bindings))) for bindings in (before, now)
    )
    assert reasons(plan(["train"], changed, whole(made))) == {"train": f"setting {reason}"}


@pytest.mark.parametrize(
    ("bindings", "line", "then", "reason"),
    [
        (["Train.algorithm='ppo'"], "Train.clip=0.2", "Train.clip=0.2",
         "it was made by another version of the pipeline"),
        (["Train.algorithm='ppo'"], "Train.clip=0.2", "Train.clip=0.1",
         "setting Ppo.clip changed from 0.1 to 0.2"),
        (["Train.algorithm='ppo'"], "Train.clip=0.2", "Train.clip=0.2\nTrain.overlap=False",
         "setting Train.overlap is no longer used"),
        ([], "Rebel.l2=0.0001", "Rebel.l2=0.0001\nTrain.clip=0.2",
         "setting Ppo.clip is no longer used"),
    ],
)  # fmt: skip
def test_plan_reads_manifests_of_before_ppo_had_a_section(wish, bindings, line, then, reason):
    chosen = replace(wish, settings=load_profile("quick", bindings))
    found = whole(chosen)
    made = found.manifests["train"]
    now = made.gin.replace("Ppo.", "Train.")
    assert line in now
    old = msgspec_replace(made, gin=now.replace(line, then), key="old")
    actions = plan(["train"], chosen, replace(found, manifests={**found.manifests, "train": old}))
    assert reasons(actions) == {"train": reason}


def test_plan_a_changed_seed_leaves_the_corpus_alone(wish):
    changed = reasons(plan(ALL, replace(wish, seed=1), whole(wish)))
    assert changed == {
        "trace": "seed changed from 0 to 1",
        "vocab": "because trace runs",
        "warmstart": "because trace runs",
        "train": "because trace runs",
        "evaluate": "because trace runs",
        "release": "because train runs",
        "programs": "because release runs",
    }


@pytest.mark.parametrize(
    ("image", "first"),
    [("trainer", ("extract", "image trainer changed")),
     ("corpus", ("extract", "image corpus changed"))],
)  # fmt: skip
def test_plan_names_the_changed_image(wish, with_image, image, first):
    changed = with_image(wish, image, "1-bbb")
    assert next(iter(reasons(plan(ALL, changed, whole(wish))).items())) == first


def test_plan_names_the_folder_made_again(wish):
    found = whole(wish)
    again = msgspec_replace(found.manifests["extract"], writes={"result": "another"})
    changed = replace(found, manifests={**found.manifests, "extract": again})
    assert reasons(plan(["trace"], wish, changed)) == {"trace": "corpus was made again"}


def test_plan_names_the_missing_file(wish):
    found = replace(whole(wish), damage={"vocab": "output file x is missing"})
    assert reasons(plan(["vocab"], wish, found)) == {"vocab": "output file x is missing"}


def test_plan_tells_a_key_of_another_pipeline(wish):
    found = whole(wish)
    odd = msgspec_replace(found.manifests["extract"], key="0")
    changed = replace(found, manifests={**found.manifests, "extract": odd})
    assert reasons(plan(["extract"], wish, changed)) == {
        "extract": "it was made by another version of the pipeline"
    }


def without(found: Found, stage: str, started: str) -> Found:
    kept = {name: m for name, m in found.manifests.items() if name != stage}
    return replace(found, manifests=kept, started={stage: started})


def test_plan_an_interrupted_train_goes_on_with_the_same_key(wish):
    found = whole(wish)
    same = without(found, "train", found.manifests["train"].key)
    assert reasons(plan(["train"], wish, same)) == {
        "train": "interrupted, goes on where it stopped"
    }


@pytest.mark.parametrize("stage", ["train", "vocab"])
def test_plan_an_interrupted_stage_with_another_key_starts_afresh(wish, stage):
    interrupted = without(whole(wish), stage, "another key")
    assert reasons(plan([stage], wish, interrupted)) == {stage: "did not finish, starts afresh"}


def test_plan_builds_only_what_a_running_stage_needs(wish):
    found = replace(whole(wish), images=frozenset({wish.targets["llvm"].reference}))
    broken = replace(found, damage={"vocab": "output file x is missing"})
    built = [a.name for a in plan(["vocab"], wish, broken)
             if a.what == "image" and a.kind is Kind.RUN]  # fmt: skip
    assert built == ["trainer"]


def own_build(wish: Wish, digest: str) -> Wish:
    """Return the wish with a folder as corpus, of which there is no image."""
    targets = {name: target for name, target in wish.targets.items() if name != "corpus"}
    return replace(wish, targets=targets, folder=FolderCorpus(Path("/mine"), digest, 1))


def test_plan_of_a_folder_as_corpus_has_no_image_of_it(wish):
    actions = plan(["extract"], own_build(wish, "a"), Found())
    assert [a.name for a in actions] == [
        "base", "llvm", "trainer", "kit", "programs", "cluster", "bench", "extract",
    ]  # fmt: skip


def test_plan_sees_that_a_folder_was_built_again_or_left(wish):
    found = whole(own_build(wish, "a"))
    assert reasons(plan(ALL, own_build(wish, "a"), found)) == {}
    assert reasons(plan(["extract"], own_build(wish, "b"), found)) == {
        "extract": "llvm_corpus was made again"
    }
    assert reasons(plan(["extract"], wish, found)) == {"extract": "image corpus changed"}
    assert reasons(plan(["extract"], own_build(wish, "a"), whole(wish))) == {
        "extract": "llvm_corpus was made again"
    }


def test_plan_images_without_nesting_needs_every_ancestor(wish):
    there = frozenset({wish.targets["trainer"].reference})
    kinds = {
        nested: [a.kind for a in plan_images({"trainer"}, wish, Found(images=there, nested=nested))]
        for nested in (True, False)
    }
    skip, go = Kind.SKIP, Kind.RUN
    assert kinds == {True: [skip] * 8, False: [go, go, *[skip] * 6]}


def test_a_cluster_needs_its_image_and_makes_nothing_out_of_date(wish):
    spread = replace(wish, cluster=Cluster("ray://head:10001", "bridge"))
    kinds = {a.name: a.kind for a in plan(ALL[:6], spread, Found()) if a.what == "image"}
    assert [name for name, kind in kinds.items() if kind is Kind.RUN] == [
        "base", "llvm", "trainer", "corpus", "cluster",
    ]  # fmt: skip
    assert reasons(plan(ALL, spread, whole(wish))) == {}
    assert reasons(plan(ALL, wish, whole(spread))) == {}


def test_plan_sees_that_a_policy_of_ones_own_is_another(wish):
    own = replace(wish, policy=OwnPolicy(Path("/mine"), "a"))
    found = whole(own)
    assert reasons(plan(["release"], own, found)) == {}
    other = replace(wish, policy=OwnPolicy(Path("/mine"), "b"))
    assert reasons(plan(["release"], other, found)) == {"release": "policy was made again"}
    assert list(reasons(plan(["release"], wish, Found()))) == [*ALL[:5], "release"]
    assert list(reasons(plan(["release"], own, Found()))) == ["release"]


def test_plan_images_builds_what_the_kit_starts_from_beside_its_parent(wish):
    pulled = frozenset({wish.targets["trainer"].reference})
    built = plan_images({"kit"}, wish, Found(images=pulled))
    assert [a.name for a in built if a.kind is Kind.RUN] == ["base", "kit"]


def test_with_upstream_adds_what_is_read(wish):
    wanted = ("extract", "warmstart")
    names = {name: [s.name for s in with_upstream([name], wish)] for name in wanted}
    assert names == {
        "extract": ["extract"],
        "warmstart": ["extract", "trace", "vocab", "warmstart"],
    }


def msgspec_replace(manifest: Manifest, **changes: object) -> Manifest:
    import msgspec

    return msgspec.structs.replace(manifest, **changes)


def test_programs_of_ones_own_are_measured_when_they_or_their_files_change(wish):
    own = replace(wish, programs=OwnPrograms((Path("/mine"),), "a"))
    other = replace(wish, programs=OwnPrograms((Path("/mine"),), "b"))
    found = whole(own)
    assert reasons(plan(["programs"], own, found)) == {}
    assert reasons(plan(["programs"], other, found)) == {"programs": "own_programs was made again"}
    assert reasons(plan(["programs"], wish, found)) == {
        "programs": "own_programs is not read any more"
    }
    assert reasons(plan(["release"], other, found)) == {}
