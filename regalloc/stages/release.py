"""Compile a policy ahead of time, link the tools with it, and lay out the folder."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from regalloc import layout
from regalloc.compiler.kit import Model, check_kit, link_tools
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.formats.trained_on import read_trained_on, write_trained_on
from regalloc.rl.export import aot
from regalloc.rl.export.policy_folder import check_policy, policy_hash
from regalloc.stages.context import StageContext

SEARCH, ADVISOR = "-regalloc-search=8", "-regalloc-enable-advisor=release"
"""What regalloc-clang switches on: the search; or the policy alone, if it has no weights file."""
NAMES = ("clang", "clang++", "lld", "ld.lld", "llc")
PROFILE_NAMES = ("llvm-profdata", "llvm-ar", "llvm-ranlib")
"""What else the program is where the compiler takes profiles."""
WRAPPER = "regalloc-clang"


def run(context: StageContext) -> None:
    """Write the release, and what programs the run's own policy was trained on.

    Raises:
        PolicyError: the policy is of another shape, or cannot be compiled.
        ToolchainError: there is no kit, or it does not link.
    """
    policy = context.policy or context.folder(layout.MODEL) / layout.GREEDY_POLICY
    check_policy(policy)
    aot.check_signature(policy)
    check_kit(context.kit)
    toolchain = open_toolchain(context.toolchain)
    write_release(policy, toolchain, context.kit, context.folder(layout.RELEASE))
    # Of a policy of the user's own it is not known.
    known = () if context.policy else read_trained_on(context.folder(layout.MODEL))
    if known:
        write_trained_on(context.folder(layout.RELEASE) / layout.RELEASE_SHARE, known)
    print(f"clang {toolchain.version} with policy {policy_hash(policy)[:12]}")


def write_release(policy: Path, toolchain: Toolchain, kit: Path, release: Path) -> None:
    """Write the folder of a release of a policy that was checked, or of one that a test wants.

    Raises:
        PolicyError: the policy cannot be compiled.
        ToolchainError: it does not link.
    """
    release.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="regalloc-release-") as name:
        work = Path(name)
        model = aot.compile_policy(policy, toolchain.release.model_class, work)
        tools = link_tools(
            kit,
            toolchain,
            model,
            weights=find_weights(policy),
            headers=aot.tensorflow_headers(),
            folder=work,
        )
        _install_tools(release, toolchain, tools)
        _install_model(release, model)
    shutil.copytree(policy, release / layout.RELEASED_POLICY)
    _install_texts(release, kit, toolchain, policy)


def find_weights(policy: Path) -> Path | None:
    """Return the weights file of a policy; None if it is a SavedModel alone."""
    path = policy / layout.POLICY_WEIGHTS
    return path if path.is_file() else None


def _install_tools(release: Path, toolchain: Toolchain, tools: Path) -> None:
    """Put the program in place under all its names, and what clang looks for beside itself."""
    program = release / "bin" / f"clang-{toolchain.release.major}"
    program.parent.mkdir()
    shutil.copyfile(tools, program)
    program.chmod(0o755)
    takes_profiles = (toolchain.path / "bin" / PROFILE_NAMES[0]).is_file()
    for name in (*NAMES, *(PROFILE_NAMES if takes_profiles else ())):
        (program.parent / name).symlink_to(program.name)
    shutil.copytree(toolchain.path / "lib" / "clang", release / "lib" / "clang")


def _install_model(release: Path, model: Model) -> None:
    folder = release / layout.RELEASED_MODEL
    folder.mkdir(parents=True)
    for path in (model.header, model.code):
        shutil.copyfile(path, folder / path.name)


def _install_texts(release: Path, kit: Path, toolchain: Toolchain, policy: Path) -> None:
    """Put the wrapper, the toolchain file and the README in place."""
    share = kit / "share"
    wrapper = release / "bin" / WRAPPER
    switch = SEARCH if find_weights(policy) else ADVISOR
    text = (share / WRAPPER).read_text(encoding="utf-8").replace("@SWITCH@", switch)
    wrapper.write_text(text, encoding="utf-8")
    wrapper.chmod(0o755)
    (wrapper.parent / f"{WRAPPER}++").symlink_to(WRAPPER)
    shutil.copyfile(share / "toolchain.cmake", release / layout.RELEASE_SHARE / "toolchain.cmake")
    text = (share / "README.md").read_text(encoding="utf-8")
    values = {
        "VERSION": toolchain.version,
        "TENSORFLOW": aot.tensorflow_version(),
        "CLASS": toolchain.release.model_class,
        "POLICY": policy_hash(policy),
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    (release / "README.md").write_text(text, encoding="utf-8")
