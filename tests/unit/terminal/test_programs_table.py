import io
from pathlib import Path

from rich.console import Console

from regalloc.programs.variants import select_variants
from regalloc.report.programs_result import BuildResult
from regalloc.terminal.programs_table import print_programs
from tests.unit.report.program_samples import make_program, make_programs

PATH = Path("/run/programs/programs.json")


def show(content, width=140):
    output = io.StringIO()
    print_programs(content, PATH, Console(file=output, width=width))
    return [line.split() for line in output.getvalue().splitlines()]


def test_each_program_has_a_row_with_its_best_and_worst_workload():
    variants = select_variants(["searched", "profile-searched"])
    builds = {
        "profile": BuildResult(outcome="no profile", details="allocation profile: crashed\nmore"),
        "profile-searched": BuildResult(outcome="no base", details="profile: no profile"),
    }
    factors = {"searched": 0.97, "profile": 1.0, "profile-searched": 0.97}
    lua = make_program("lua", {"strings": factors, "calls": {**factors, "searched": 1.03}})
    own = make_program("own", {"run": {"searched": 0.94}}, builds=builds)
    bad = make_program("bad", {}, outcome="build failed", details="command: make")
    lines = show(make_programs(variants, [bad, lua, own]))
    assert ["lua", "0.9998", "0.9800-1.0200", "0.9800", "0.9800-0.9800"] in lines
    assert ["own", "0.9600", "0.9600-0.9600", "no", "base"] in lines
    assert ["bad", "build", "failed", "build", "failed"] in lines
    assert ["bad:", "build", "failed"] in lines
    assert ["own,", "profile:", "no", "profile;", "allocation", "profile:", "crashed"] in lines
    assert lines[-1] == ["results:", str(PATH)]


def test_each_variant_has_a_row_with_the_worst_and_a_sentence():
    variants = select_variants(["searched"])
    programs = [make_program(f"p{i}", {"run": {"searched": 0.97 + i / 1000}}) for i in range(5)]
    seconds = {f"p{i}": {"default": 1.0, "searched": 1.1} for i in range(5)}
    lines = show(make_programs(variants, programs, compile_s=seconds))
    (row,) = [line for line in lines if line[:1] == ["instructions"]]
    assert row[1] == "0.9720"
    assert row[-5:] == ["0.9740", "p4", "0.9740", "p4", "run"]
    (row,) = [line for line in lines if line[:3] == ["loads", "+", "stores"]]
    assert row[3] == "0.9813"
    assert row[5:] == ["0.9827", "p4", "0.9827", "p4", "run"]
    assert ["compile", "1.10", "1.10-1.10", "1.10", "p0"] in lines
    (row,) = [line for line in lines if line[:2] == ["searched", "default"]]
    assert (row[2], *row[4:]) == ("0.9813", "0.9720", "1.10")
    text = " ".join(word for line in lines for word in line)
    assert "searched executes fewer loads and stores than default: 0.9813, 95 % interval" in text


def test_programs_that_were_trained_on_have_tables_of_their_own():
    programs = [make_program(name, {"run": {"searched": 0.97}}) for name in ("lua", "xz")]
    content = make_programs(select_variants(["searched"]), programs, trained_on=["xz"])
    text = "\n".join(" ".join(line) for line in show(content))
    held_out, _, trained_on = text.partition("programs that the policy was trained on")
    assert "\nlua 0.9800" in held_out
    assert "\nxz 0.9800" not in held_out
    assert "\nxz 0.9800" in trained_on


def test_a_curve_has_a_row_for_each_number_of_draws():
    factors = {"searched-0": 0.97, "searched": 0.94}
    content = make_programs(
        select_variants(factors),
        [make_program("lua", {"run": factors})],
        compile_s={"lua": {"default": 1.0, "searched-0": 1.05, "searched": 1.25}},
    )
    lines = show(content)
    assert ["0", "0.9800", "open", "1.05"] in lines
    assert ["8", "0.9600", "open", "1.25"] in lines


def test_every_variant_fits_into_eighty_columns():
    variants = select_variants(["all"])
    factors = {variant.name: 0.97 for variant in variants if variant.base}
    programs = [make_program(f"p{i}", {"run": factors}) for i in range(5)]
    seconds = {f"p{i}": {"default": 1.0, **dict.fromkeys(factors, 1.1)} for i in range(5)}
    lines = show(make_programs(variants, programs, compile_s=seconds), width=80)
    names = [line[0] for line in lines if line[1:2] and len(line) == 6]
    for variant in variants[1:]:
        assert variant.name in names
    assert not any("…" in word for line in lines for word in line)
