"""Compile a policy ahead of time, link the tools with it, and lay out the folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from regalloc import layout
from regalloc.compiler.kit import Model, check_kit, link_tools
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.formats.trained_on import read_trained_on, write_trained_on
from regalloc.rl.export import aot
from regalloc.rl.export.policy_folder import check_policy, find_weights, policy_hash
from regalloc.stages.context import StageContext

SEARCH, PROFILED_SEARCH = "-regalloc-search=8", "-regalloc-search=24"
"""What regalloc-clang switches on; with a profile, by which few functions are hot, more draws."""
ADVISOR = "-regalloc-enable-advisor=release"
"""The same for a policy that has no weights file to search by: the policy alone."""
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
    weights = find_weights(policy)
    with tempfile.TemporaryDirectory(prefix="regalloc-release-") as name:
        work = Path(name)
        model = aot.compile_policy(policy, toolchain.release.model_class, work)
        tools = link_tools(
            kit,
            toolchain,
            model,
            weights=weights,
            headers=aot.tensorflow_headers(),
            folder=work,
        )
        _install_tools(release, toolchain, tools)
        _install_model(release, model)
    shutil.copytree(policy, release / layout.RELEASED_POLICY)
    switches = (SEARCH, PROFILED_SEARCH) if weights else (ADVISOR, ADVISOR)
    values = {
        "VERSION": toolchain.version,
        "TENSORFLOW": aot.tensorflow_version(),
        "CLASS": toolchain.release.model_class,
        "POLICY": policy_hash(policy),
        "SWITCH": switches[0],
        "PROFILED_SWITCH": switches[1],
    }
    _install_texts(release, kit / "share", values)


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


def _install_texts(release: Path, share: Path, values: Mapping[str, str]) -> None:
    """Put the wrapper, toolchain file and README in place, with values for their @NAMES@."""
    wrapper = release / "bin" / WRAPPER
    _fill(share / WRAPPER, wrapper, values)
    wrapper.chmod(0o755)
    (wrapper.parent / f"{WRAPPER}++").symlink_to(WRAPPER)
    shutil.copyfile(share / "toolchain.cmake", release / layout.RELEASE_SHARE / "toolchain.cmake")
    _fill(share / "README.md", release / "README.md", values)


def _fill(template: Path, path: Path, values: Mapping[str, str]) -> None:
    text = template.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    path.write_text(text, encoding="utf-8")
