from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import get_args

import pytest

from regalloc.errors import ConfigError, ImageError
from regalloc.images.corpus_source import DebCorpus, LlvmCorpus
from regalloc.images.tags import build_args, input_files, resolve_targets
from regalloc.images.tree import MATERIALS, TREE
from regalloc.profiles import load_profile
from regalloc.releases import Flavor

FILES = {
    "docker/base/Dockerfile": "base",
    "docker/llvm/Dockerfile": "llvm",
    "docker/images.lock": "lock",
    "docker/scripts/build-relink.sh": "relink",
    "docker/scripts/build-source.sh": "source",
    "docker/trainer/Dockerfile": "trainer",
    "docker/trainer/requirements.txt": "tensorflow==2",
    "docker/corpus/Dockerfile": "corpus",
    "docker/kit/Dockerfile": "kit",
    "docker/programs/Dockerfile": "programs",
    "docker/cluster/Dockerfile": "cluster",
    "docker/bench/Dockerfile": "bench",
    "docker/source/Dockerfile": "source",
    "docker/stock/Dockerfile": "stock",
    "docker/wheels/Dockerfile": "wheels",
    "docker/llvm/test/Dockerfile": "test",
    "regalloc/errors.py": "errors",
    "regalloc/rl/agent.py": "agent",
    "regalloc/pipeline/plan.py": "plan",
}
CHAIN = ("base", "llvm", "trainer", "corpus", "kit", "programs", "cluster", "bench")
ON_TRAINER = {"trainer", "kit", "programs", "cluster", "bench"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def tags(checkout: Path, environ: dict[str, str] | None = None, *bindings: str) -> dict[str, str]:
    targets = resolve_targets(checkout, load_profile("quick", bindings), environ or {})
    return {name: target.tag for name, target in targets.items()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_tree_lists_parents_first():
    names = [image.name for image in TREE]
    for image in TREE:
        assert image.parent is None or names.index(image.parent) < names.index(image.name)


def test_tags_carry_the_version_and_agree_between_checkouts(checkout, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    assert tags(checkout) == tags(copy)
    versions = {name: tag.rpartition("-")[0] for name, tag in tags(checkout).items()}
    assert versions == {
        "base": "bookworm", "llvm": "19.1.7", "trainer": "19.1.7", "corpus": "19.1.7",
        "kit": "19.1.7",
        "programs": "19.1.7", "cluster": "19.1.7", "bench": "19.1.7",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "images"),
    [
        ("docker/base/Dockerfile", set(CHAIN)),
        ("docker/images.lock", set(CHAIN)),
        ("docker/scripts/build-relink.sh", set(CHAIN) - {"base"}),
        ("docker/scripts/build-source.sh", set()),
        ("docker/llvm/evaluator/new/deep.txt", set(CHAIN) - {"base"}),
        ("docker/source/Dockerfile", set(CHAIN) - {"base"}),
        ("docker/scripts/fetch-source.sh", set(CHAIN) - {"base"}),
        ("docker/stock/packages-19.txt", set(CHAIN) - {"base"}),
        ("docker/scripts/install-wheels.sh", set(CHAIN) - {"base"}),
        ("docker/llvm/test/Dockerfile", set()),
        ("docker/kit/test/test-kit.sh", set()),
        ("docker/trainer/requirements.txt", set(CHAIN) - {"base"}),
        ("docker/trainer/Dockerfile", ON_TRAINER),
        ("regalloc/rl/agent.py", ON_TRAINER),
        ("regalloc/report/page.html", ON_TRAINER),
        ("regalloc/errors.py", ON_TRAINER),
        ("docker/corpus/Dockerfile", {"corpus"}),
        ("docker/kit/Dockerfile", {"kit"}),
        ("docker/programs/Dockerfile", {"programs"}),
        ("configs/programs/lua/program.toml", {"programs"}),
        ("regalloc/programs/build.py", {"programs"}),
        ("docker/cluster/Dockerfile", {"cluster"}),
        ("docker/cluster/requirements.txt", {"cluster"}),
        ("regalloc/cluster/ray_pool.py", {"cluster"}),
        ("docker/bench/Dockerfile", {"bench"}),
        ("regalloc/bench/ways.py", {"bench"}),
        ("configs/common.gin", set()),
        ("regalloc/pipeline/plan.py", set()),
        ("regalloc/rl/__pycache__/agent.cpython-311.pyc", set()),
        ("docker/llvm/__pycache__/x.py", set()),
        ("README.md", set()),
    ],
)
def test_a_changed_file_changes_the_images_made_of_it(checkout, path, images):
    before = tags(checkout)
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text("changed")
    assert changed(before, tags(checkout)) == images


def test_a_changed_test_is_another_test_of_the_same_image(checkout):
    def digests():
        targets = resolve_targets(checkout, load_profile("quick"), {})
        return {name: target.test.digest for name, target in targets.items() if target.test}

    before = digests()
    assert set(before) == {"llvm", "trainer", "kit"}
    (checkout / "docker/llvm/test/Dockerfile").write_text("changed")
    assert {name for name, digest in digests().items() if digest != before[name]} == {"llvm"}


def test_materials_are_named_to_what_is_built_of_them(checkout):
    targets = resolve_targets(checkout, load_profile("quick"), {})
    assert {name: [m.name for m in target.materials] for name, target in targets.items()} == {
        "base": [], "llvm": ["source", "stock", "wheels"], "trainer": ["wheels"],
        "corpus": ["source"], "kit": ["source", "stock"], "programs": [], "cluster": [],
        "bench": [],
    }  # fmt: skip
    kit = targets["kit"]
    assert [dict(kit.args)[m.name.upper()] for m in kit.materials] == [
        material.reference for material in kit.materials
    ]
    assert {m.parent for m in kit.materials} == {targets["base"].ref}


def test_a_package_needs_no_sources_of_llvm(checkout):
    package = DebCorpus("zlib", None)
    corpus = resolve_targets(checkout, load_profile("quick"), {}, package)["corpus"]
    assert corpus.materials == ()
    assert "SOURCE" not in dict(corpus.args)


def test_a_renamed_file_changes_the_tag(checkout):
    before = tags(checkout)
    (checkout / "regalloc/rl/agent.py").rename(checkout / "regalloc/rl/agents.py")
    assert changed(before, tags(checkout)) == ON_TRAINER


def test_settings_and_base_image_change_what_they_decide(checkout):
    before = tags(checkout)
    assert changed(before, tags(checkout, None, "Corpus.targets=('all',)")) == {"corpus"}
    assert changed(before, tags(checkout, {"BASE_IMAGE": "x"})) == set(CHAIN)


def test_a_profile_is_the_corpus_images_own(checkout):
    settings = load_profile("quick")
    before, after = (
        {n: t.tag for n, t in resolve_targets(checkout, settings, {}, LlvmCorpus(pgo)).items()}
        for pgo in (False, True)
    )
    assert before == tags(checkout)
    assert changed(before, after) == {"corpus"}


def test_each_release_and_flavour_has_images_of_its_own(checkout):
    before = tags(checkout)
    rest = set(CHAIN) - {"base"}
    assert changed(before, tags(checkout, None, "Llvm.major=15")) == rest
    source = tags(checkout, None, "Llvm.flavor='source'")
    assert changed(before, source) == rest
    (checkout / "docker/scripts/build-relink.sh").write_text("changed")
    assert tags(checkout, None, "Llvm.flavor='source'") == source
    (checkout / "docker/scripts/prepare-relink.sh").write_text("changed")
    assert changed(source, tags(checkout, None, "Llvm.flavor='source'")) == {"kit"}
    source = tags(checkout, None, "Llvm.flavor='source'")
    # Debian's libraries have every target; there is nothing to choose.
    relinked = tags(checkout)
    assert tags(checkout, None, "Llvm.targets=('ARM',)") == relinked
    chosen = tags(checkout, None, "Llvm.flavor='source'", "Llvm.targets=('ARM',)")
    assert changed(source, chosen) == rest


def test_an_unknown_release_is_refused(checkout):
    with pytest.raises(ConfigError) as caught:
        tags(checkout, None, "Llvm.major=17")
    assert caught.value.render().splitlines()[0] == "error: LLVM 17 is not supported"


def test_build_args_join_lists_as_cmake_does():
    bindings = ["Corpus.targets=('a', 'b')", "Corpus.projects=('clang', 'lld')"]
    args = build_args(load_profile("quick", bindings), {})
    assert (args["BASE_IDENTITY"], args["CORPUS_TARGETS"], args["CORPUS_PROJECTS"]) == (
        "debian-12", "a;b", "clang;lld",
    )  # fmt: skip
    bindings = ["Llvm.flavor='source'", "Llvm.targets=('X86', 'ARM')"]
    args = build_args(load_profile("quick", bindings), {})
    assert (args["LLVM_TARGETS"], args["LLVM_UNITS"]) == ("X86;ARM", "")


def test_input_files_are_sorted_and_relative_to_the_checkout(checkout):
    names = [
        path.relative_to(checkout).as_posix() for path in input_files(checkout, TREE[2], "relink")
    ]
    assert names == [
        "docker/trainer/Dockerfile",
        "regalloc/errors.py",
        "regalloc/rl/agent.py",
    ]


REPOSITORY = Path(__file__).parents[3]


def test_every_file_a_dockerfile_takes_is_an_input():
    inputs: dict[str | None, set[Path]] = {None: set()}
    for image in (TREE[0], *MATERIALS, *TREE[1:]):
        files = (set(input_files(REPOSITORY, image, flavor)) for flavor in get_args(Flavor))
        made_of = (inputs[name] for name in (image.parent, *image.materials))
        inputs[image.name] = set().union(*files, *made_of)
        for source in taken(REPOSITORY / "docker" / image.name / "Dockerfile"):
            paths = list(REPOSITORY.glob(source))
            files = {*paths, *(path for folder in paths for path in folder.rglob("*"))}
            made = {f for f in files if f.is_file() and "__pycache__" not in f.parts}
            assert made, source
            assert made <= inputs[image.name], (image.name, source)


def steps(dockerfile: Path) -> list[str]:
    """Return the instructions of a Dockerfile, continued lines joined, without remarks."""
    lines = [x for x in dockerfile.read_text().splitlines() if not x.lstrip().startswith("#")]
    return [step for step in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines() if step]


def taken(dockerfile: Path) -> set[str]:
    """Return what the COPY lines take from the build context, and what steps use of its mounts."""
    found: set[str] = set()
    for step in steps(dockerfile):
        words = step.split()
        if words[0] == "COPY" and not words[1].startswith("--from"):
            found.update(words[1:-1])
        for source, target in re.findall(r"--mount=type=bind,source=([^,]+),target=(\S+)", step):
            used = re.findall(rf"(?<![\w=]){target}/([\w./-]+)", step)
            found.update(f"{source}/{name}" for name in used)
        if placed := re.search(r"place-code\.sh ([\w. ]+?) &&", step):
            found.update(f"regalloc/{name}" for name in placed[1].split())
    return found


def test_taken_finds_copies_mounts_and_code():
    found = taken(REPOSITORY / "docker/trainer/Dockerfile")
    assert {"docker/scripts/settle.sh", "docker/trainer/packages.txt", "regalloc/rl"} <= found


@pytest.mark.parametrize("image", TREE[1:], ids=lambda image: image.name)
def test_each_step_of_a_final_stage_ends_by_settling_its_layer(image):
    every = steps(REPOSITORY / "docker" / image.name / "Dockerfile")
    last = max(n for n, step in enumerate(every) if step.startswith("FROM "))
    assert every[last].endswith(" AS final")
    layers = [step for step in every[last:] if step.split()[0] in ("RUN", "COPY", "ADD", "WORKDIR")]
    assert layers
    for step in layers:
        assert step.startswith("RUN "), step
        assert step.endswith("/settle.sh"), step


def test_a_missing_dockerfile_is_named(checkout):
    (checkout / "docker/corpus/Dockerfile").unlink()
    with pytest.raises(ImageError) as caught:
        tags(checkout)
    assert caught.value.render() == (
        "error: docker/corpus/Dockerfile is missing\nwhat to do: restore it: git checkout docker"
    )
