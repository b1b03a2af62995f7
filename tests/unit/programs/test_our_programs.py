"""The programs of configs/programs, as they are described; building them is no unit test's."""

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.programs.reading import find_programs

PROGRAMS = find_programs(CHECKOUT / "configs" / "programs")


def test_all_of_our_programs_are_found_by_the_names_of_their_folders():
    folders = sorted(path.parent.name for path in CHECKOUT.glob("configs/programs/*/program.toml"))
    assert [program.name for program in PROGRAMS] == folders


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_of_ours_trains_measures_and_knows_its_outputs(program):
    workloads = program.definition.workload
    assert {workload.use for workload in workloads} == {"train", "measure"}
    for workload in workloads:
        sums = [*filter(None, [workload.stdout]), *workload.files.values()]
        assert sums, workload.name
        assert all(sums), workload.name
