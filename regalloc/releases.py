"""The LLVM releases we build, trace and train with: one row each.

A new release is a new row, the units it needs compiled again, and at most one new log reader in
``regalloc/formats/logs``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from regalloc.errors import ConfigError

LogFormat = Literal["json-lines", "proto-struct"]
Flavor = Literal["relink", "source"]
AOT_MACRO = "LLVM_HAVE_TF_AOT_REGALLOCEVICTMODEL"
"""What compiles a policy into the advisor, in every release."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """An LLVM release and what is particular about its ML hooks.

    Attributes:
        version: LLVM's full version.
        source_version: version of Debian's source package ``llvm-toolchain-<major>``.
        source_sha256: of the release tarball in that package, which is LLVM's own.
        macro: what compiles development mode in.
        units: LLVM's units compiled again, as ``<library>/<unit>`` below ``llvm/lib``.
        own_units: members that units of ours stand for, or are added as, in the form
            ``<library>/<unit>=<our unit>``, ours below ``docker/llvm``.
        aot_units: LLVM's units compiled again for a release with a policy inside.
        aot_own_units: ``own_units`` for such a release.
        model_class: what they call the policy's class, in namespace ``llvm``, and its header.
        advisor_tests: folder of LLVM's own tests of the advisor, below ``llvm/test/CodeGen``.
        log_format: how development mode logs decisions.
    """

    version: str
    source_version: str
    source_sha256: str
    macro: str
    units: tuple[str, ...]
    own_units: tuple[str, ...]
    aot_units: tuple[str, ...]
    aot_own_units: tuple[str, ...]
    model_class: str
    advisor_tests: str
    log_format: LogFormat

    @property
    def major(self) -> int:
        """Return the release's major version, which names it on the command line."""
        return int(self.version.split(".")[0])

    @property
    def counts_code(self) -> bool:
        """Return whether its clang, relinked, takes and uses profiles of generated code."""
        return any(unit.endswith("=profile/Pass") for unit in self.own_units)

    @property
    def source_package(self) -> str:
        """Return the name of Debian's source package."""
        return f"llvm-toolchain-{self.major}"

    @property
    def source_file(self) -> str:
        """Return the name of the release tarball in the source package."""
        return f"{self.source_package}_{self.version}.orig.tar.xz"


_EVALUATOR = tuple(
    f"Analysis/Regalloc{unit}=evaluator/{unit}"
    for unit in (
        "NativeModel",
        "Network",
        "Policy",
        "Rollouts",
        "Sampling",
        "Snapshot",
        "TensorFlowModel",
        "WeightsFile",
    )
)
"""What stands behind our evaluator, as members that LLVM's library lacks."""

_PROFILE = (
    "CodeGen/TargetPassConfig=profile/PassConfig",
    "CodeGen/MachineBlockFrequencyInfo=profile/MachineFrequencies",
    *(f"CodeGen/Regalloc{u}=profile/{u}" for u in ("File", "Names", "Pass", "Take", "Use")),
)
"""The profile of generated code, and LLVM's units that are given it."""

_ASKED_BY_SEARCH = tuple(
    f"Analysis/Regalloc{unit}=evaluator/{unit}"
    for unit in ("Network", "Policy", "Sampling", "WeightsFile")
)

_SEARCH = (
    "CodeGen/MLRegAllocEvictAdvisor=search/Advisor",
    "CodeGen/MLRegAllocPriorityAdvisor=search/Priority",
    "CodeGen/RegAllocGreedy=search/Greedy",
    "CodeGen/MachineScheduler=search/Scheduler",
    *(
        f"CodeGen/Regalloc{unit}=search/{unit}"
        for unit in ("Choices", "Cost", "Search", "Trial", "Variation")
    ),
)
"""The search, which is beside LLVM's policy-driven advisors and inside its greedy allocator, in the
units that stand for them."""

RELEASES: tuple[Release, ...] = (
    # The recipe's. Its own hooks call TensorFlow, and write the log by the library inside it.
    Release(
        version="15.0.6",
        source_version="1:15.0.6-4",
        source_sha256="076ac9fe372b3141b4fcbee80abfae34f9574fdb959cd8d14a7fd3f39ff89399",
        macro="LLVM_HAVE_TF_API",
        units=(
            "CodeGen/RegAllocEvictionAdvisor",
            "CodeGen/MLRegallocEvictAdvisor",
            "CodeGen/RegAllocScore",
            "Analysis/InlineSizeEstimatorAnalysis",
            "Analysis/InlineAdvisor",
            "Analysis/MLInlineAdvisor",
            "Analysis/DevelopmentModeInlineAdvisor",
        ),
        own_units=(
            "Analysis/ModelUnderTrainingRunner=evaluator/ModelRunner",
            "Analysis/TFUtils=evaluator/Evaluator",
            "Analysis/RegallocLogger=evaluator/StructLogger",
            *_EVALUATOR,
        ),
        aot_units=("CodeGen/RegAllocEvictionAdvisor", "CodeGen/MLRegallocEvictAdvisor"),
        aot_own_units=(),
        model_class="RegallocEvictModel",
        advisor_tests="MLRegalloc",
        log_format="proto-struct",
    ),
    Release(
        version="19.1.7",
        source_version="1:19.1.7-3~deb12u1",
        source_sha256="ae498f3bc58ae2d9f64ef5f0c035c4240152bf015a5b7738b15c22e93bdc97ce",
        macro="LLVM_HAVE_TFLITE",
        units=("CodeGen/RegAllocEvictionAdvisor", "CodeGen/RegAllocPriorityAdvisor"),
        # TensorFlow Lite is what this release was written for; ours needs it not.
        own_units=(
            "Analysis/ModelUnderTrainingRunner=evaluator/ModelRunner",
            "Analysis/TFLiteUtils=evaluator/Evaluator",
            "Analysis/TrainingLogger=evaluator/StreamLogger",
            *_EVALUATOR,
            *_PROFILE,
            *_SEARCH,
        ),
        aot_units=("CodeGen/RegAllocEvictionAdvisor",),
        aot_own_units=(*_ASKED_BY_SEARCH, *_PROFILE, *_SEARCH),
        model_class="RegAllocEvictModel",
        advisor_tests="MLRegAlloc",
        log_format="json-lines",
    ),
)


def find_release(major: int) -> Release:
    """Return the release of a major version.

    Raises:
        ConfigError: it is not in the table.
    """
    for release in RELEASES:
        if release.major == major:
            return release
    raise ConfigError(
        f"LLVM {major} is not supported",
        "",
        f"use --llvm={_choices(str(r.major) for r in RELEASES)}",
    )


def _choices(names: Iterable[str]) -> str:
    return " or --llvm=".join(names)
