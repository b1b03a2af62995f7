from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.images.corpus_source import FolderCorpus
from regalloc.pipeline.cluster import Cluster
from regalloc.pipeline.manifest import Manifest
from regalloc.pipeline.own_policy import OwnPolicy
from regalloc.pipeline.own_programs import OwnPrograms
from regalloc.pipeline.plan import Action, Found, ImageAction, Kind, Plan, StageAction
from regalloc.pipeline.plan import plan as plan_steps
from regalloc.pipeline.step import WRITERS, resolve, resolve_stage
from regalloc.pipeline.wish import Wish
from regalloc.profiles import load_profile
from regalloc.stages.table import STAGES

ALL = [s.name for s in STAGES if not s.times_machine and s.name != "instrument"]


def plan(wanted: Iterable[str], wish: Wish, found: Found, images: Iterable[str] = ()) -> Plan:
    """Return what is to be done for the wanted stages and all they read from."""
    return plan_steps(resolve(wanted, wish), wish.targets, found, images)


def finished(wish: Wish) -> dict[str, Manifest]:
    """Return the manifests of a whole run."""
    manifests: dict[str, Manifest] = {}
    for stage in STAGES:
        made = {folder: manifests[WRITERS[folder]].digest for folder in stage.reads}
        step = resolve_stage(stage, wish).with_digests(made)
        manifests[stage.name] = Manifest(
            stage=stage.name,
            key=step.key,
            images={target.name: target.reference for target in step.images},
            image_ids={},
            engine="fake",
            argv=(stage.name,),
            gin="\n".join(step.bindings),
            versions={},
            seed=step.seed,
            reads=step.reads,
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


def reasons(planned: Plan) -> dict[str, str]:
    return {a.step.stage.name: a.reason for a in planned.stages if a.kind is Kind.RUN}


def titles(actions: Iterable[Action], kind: Kind = Kind.RUN) -> list[str]:
    return [action.title for action in actions if action.kind is kind]


def test_plan_of_nothing_done_is_everything(wish):
    image = wish.targets
    extract, trace, vocab = resolve(["vocab"], wish)
    assert plan(["vocab"], wish, Found()) == Plan(
        images=(
            ImageAction(image["base"], Kind.RUN, "image regalloc-base:1-aaa does not exist"),
            ImageAction(image["llvm"], Kind.RUN, "image regalloc-llvm:1-aaa does not exist"),
            ImageAction(image["trainer"], Kind.RUN, "image regalloc-trainer:1-aaa does not exist"),
            ImageAction(image["corpus"], Kind.RUN, "image regalloc-corpus:1-aaa does not exist"),
            ImageAction(image["kit"], Kind.SKIP, "nothing that runs needs it"),
            ImageAction(image["programs"], Kind.SKIP, "nothing that runs needs it"),
            ImageAction(image["cluster"], Kind.SKIP, "nothing that runs needs it"),
            ImageAction(image["bench"], Kind.SKIP, "nothing that runs needs it"),
        ),
        stages=(
            StageAction(extract, Kind.RUN, "never run"),
            StageAction(trace, Kind.RUN, "because extract runs"),
            StageAction(vocab, Kind.RUN, "because trace runs"),
        ),
    )
    assert (extract.key != "", trace.key, vocab.key) == (True, "", "")


def test_plan_of_everything_done_is_nothing(wish):
    planned = plan(ALL, wish, whole(wish))
    assert {action.kind for action in planned.actions} == {Kind.SKIP}
    assert [action.reason for action in planned.stages] == ["up to date"] * len(ALL)
    assert planned.images[0].reason == "image regalloc-base:1-aaa exists"


def test_plan_with_results_but_no_images_builds_none(wish):
    planned = plan(ALL, wish, Found(manifests=finished(wish)))
    assert {action.kind for action in planned.actions} == {Kind.SKIP}
    assert planned.images[0].reason == "nothing that runs needs it"


def test_plan_keys_of_skipped_stages_are_the_manifests(wish):
    found = whole(wish)
    keys = {a.step.stage.name: a.step.key for a in plan(ALL, wish, found).stages}
    assert keys == {name: found.manifests[name].key for name in ALL}


def test_plan_knows_the_hashes_of_all_that_is_not_made_again(wish):
    found = replace(whole(wish), damage={"vocab": "output file x is missing"})
    train = plan(["train"], wish, found).stages[-1]
    assert (train.kind, train.reason) == (Kind.RUN, "because vocab runs")
    known = {WRITERS[folder]: digest for folder, digest in train.step.reads.items()}
    assert known == {
        "extract": found.manifests["extract"].digest,
        "trace": found.manifests["trace"].digest,
        "vocab": "",
        "warmstart": "",
    }


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
        "train": "was interrupted, goes on where it stopped"
    }


@pytest.mark.parametrize("stage", ["train", "vocab"])
def test_plan_an_interrupted_stage_with_another_key_starts_afresh(wish, stage):
    interrupted = without(whole(wish), stage, "another key")
    assert reasons(plan([stage], wish, interrupted)) == {stage: "was interrupted, starts afresh"}


def test_plan_builds_only_what_a_running_stage_needs(wish):
    found = replace(whole(wish), images=frozenset({wish.targets["llvm"].reference}))
    broken = replace(found, damage={"vocab": "output file x is missing"})
    # Its wheels are made on the base.
    assert titles(plan(["vocab"], wish, broken).images) == ["image base", "image trainer"]


def own_build(wish: Wish, digest: str) -> Wish:
    """Return the wish with a folder as corpus, of which there is no image."""
    targets = {name: target for name, target in wish.targets.items() if name != "corpus"}
    return replace(wish, targets=targets, folder=FolderCorpus(Path("/mine"), digest, 1))


def test_plan_of_a_folder_as_corpus_has_no_image_of_it(wish):
    planned = plan(["extract"], own_build(wish, "a"), Found())
    assert [action.title for action in planned.actions] == [
        "image base", "image llvm", "image trainer", "image kit", "image programs",
        "image cluster", "image bench", "stage extract",
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


def test_plan_without_nesting_needs_every_ancestor(wish):
    there = frozenset({wish.targets["trainer"].reference})
    planned = {
        nested: plan([], wish, Found(images=there, nested=nested), ["trainer"])
        for nested in (True, False)
    }
    assert titles(planned[True].actions) == []
    assert titles(planned[False].actions) == ["image base", "image llvm"]
    assert len(titles(planned[False].actions, Kind.SKIP)) == 6


def test_a_cluster_needs_its_image_and_makes_nothing_out_of_date(wish):
    spread = replace(wish, cluster=Cluster("ray://head:10001", "bridge"))
    assert titles(plan(ALL[:6], spread, Found()).images) == [
        "image base", "image llvm", "image trainer", "image corpus", "image cluster",
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


def test_plan_builds_what_the_kit_starts_from_beside_its_parent(wish):
    pulled = frozenset({wish.targets["trainer"].reference})
    built = plan([], wish, Found(images=pulled), ["kit"])
    assert titles(built.images) == ["image base", "image kit"]


def test_plan_takes_images_beside_those_of_the_stages(wish):
    there = references(wish) - {wish.targets["base"].reference}
    found = Found(manifests=finished(wish), images=there)
    assert titles(plan(["release"], wish, found).actions) == []
    assert titles(plan(["release"], wish, found, ["base"]).actions) == ["image base"]


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
