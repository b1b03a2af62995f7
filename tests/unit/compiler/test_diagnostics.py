import pytest

from regalloc.compiler.diagnostics import blames_policy, explain


@pytest.mark.parametrize(
    ("stderr", "explained"),
    [
        ("", ""),
        ("one\n", "one"),
        ("1\n2\n3\n4\n5\n6\n7\n", "3\n4\n5\n6\n7"),
        (
            "note\nerror: no model\nStack dump:\n0. clang\n1. greedy\n2. x\n3. y\n",
            "error: no model",
        ),
        ("LLVM ERROR: out of registers\nPLEASE submit\n", "LLVM ERROR: out of registers"),
        ("error: a\nerror: a\nx.c:1:2: error: b\n", "error: a\nx.c:1:2: error: b"),
        ("".join(f"error: {n}\n" for n in range(9)), "\n".join(f"error: {n}" for n in range(5))),
        (
            "arg[0] is providederror: Error evaluating model.\nStack dump:\n",
            "arg[0] is providederror: Error evaluating model.",
        ),
        ("terrors: none\n", "terrors: none"),
        (
            "Stack dump:\n0.\tclang\n1.\tgreedy\n #0 0x01 (clang+0x1)\n#10 0x02 (clang+0x2)\n",
            "Stack dump:\n0.\tclang\n1.\tgreedy",
        ),
    ],
)
def test_errors_come_before_what_follows_them(stderr, explained):
    assert explain(stderr) == explained


@pytest.mark.parametrize(
    ("stderr", "blames"),
    [
        ("error: regalloc policy: there is no model in /p", True),
        ("error: Regalloc: could not set up the model runner", True),
        ("error: Error evaluating model.", True),
        ("error: cannot open file", False),
        ("", False),
    ],
)
def test_policy_is_blamed_for_its_own_errors(stderr, blames):
    assert blames_policy(stderr) == blames
