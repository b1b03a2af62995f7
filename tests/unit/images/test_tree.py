from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args

import pytest

from regalloc.errors import ConfigError, ImageError
from regalloc.images.corpus_source import LlvmCorpus
from regalloc.images.tree import TREE, build_args, input_files, resolve_targets
from regalloc.releases import Flavor
from regalloc.settings import load_profile

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
        ("docker/llvm/new/deep.txt", set(CHAIN) - {"base"}),
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
        ("regalloc/cluster/pool.py", {"cluster"}),
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
        "docker/trainer/requirements.txt",
        "regalloc/errors.py",
        "regalloc/rl/agent.py",
    ]


def test_every_file_a_dockerfile_copies_is_an_input():
    repository = Path(__file__).parents[3]
    inputs: dict[str | None, set[Path]] = {None: set()}
    for image in TREE:
        files = (set(input_files(repository, image, flavor)) for flavor in get_args(Flavor))
        inputs[image.name] = inputs[image.parent].union(*files)
        for source in copied(repository / "docker" / image.name / "Dockerfile"):
            path = repository / source
            files = {path, *path.rglob("*")}
            made = {f for f in files if f.is_file() and "__pycache__" not in f.parts}
            assert made <= inputs[image.name], source


def copied(dockerfile: Path) -> list[str]:
    """Return what the COPY lines take from the build context."""
    lines = (line.split() for line in dockerfile.read_text().splitlines())
    copies = (words[1:-1] for words in lines if words[:1] == ["COPY"])
    return [word for words in copies if not words[0].startswith("--from") for word in words]


def test_a_missing_dockerfile_is_named(checkout):
    (checkout / "docker/corpus/Dockerfile").unlink()
    with pytest.raises(ImageError) as caught:
        tags(checkout)
    assert caught.value.render() == (
        "error: docker/corpus/Dockerfile is missing\nwhat to do: restore it: git checkout docker"
    )
