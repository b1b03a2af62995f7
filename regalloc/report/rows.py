"""What was measured of one function or one module, under each policy."""

from __future__ import annotations

import msgspec

DEFAULT = "default"
AGAIN = "again"
"""The default heuristic a second time: what it differs in from the first is noise."""

POLICY = "policy"
"""The policy that training ended with."""

NAMES = {"random": "random", "warmstart": "warm start", POLICY: "trained"}
"""What readers know the policies by, in the order they are shown."""


class FunctionCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one compile left in a function.

    Attributes:
        score: LLVM's RegAllocScore, lower is better.
        decisions: evictions that were decided.
        spills: stores to stack slots.
        reloads: loads from stack slots.
        copies: between registers.
    """

    score: float
    decisions: int
    spills: int
    reloads: int
    copies: int


class ModuleCode(msgspec.Struct, frozen=True, kw_only=True):
    """What one compile made of a whole module.

    Attributes:
        text_bytes: size of its machine code.
        spills: stores to stack slots, in all its functions.
        reloads: loads from stack slots.
        copies: between registers.
        sha256: of its object.
    """

    text_bytes: int
    spills: int
    reloads: int
    copies: int
    sha256: str


class FunctionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A function with at least one decision.

    Attributes:
        module: the module's name.
        function: the function's name, as the linker sees it.
        title: the name as it stands in the source.
        namesake: its place among the functions of that name in the module.
        entries: how often it was entered while the corpus's profile was taken; None without one.
        costs: by policy, :data:`DEFAULT` and :data:`AGAIN` among them.
    """

    module: str
    function: str
    title: str
    namesake: int
    entries: int | None = None
    costs: dict[str, FunctionCost]


class ModuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A module that compiled under every policy it was compiled under.

    Attributes:
        module: the module's name.
        functions: its functions that are compared.
        ratios: geometric mean of score ratios over these, by policy.
        codes: by policy; only the default's where the module holds no decision, since all policies
            make the same of it.
    """

    module: str
    functions: int
    ratios: dict[str, float | None]
    codes: dict[str, ModuleCode]
