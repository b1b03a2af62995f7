import io
from pathlib import Path

from rich.console import Console

from regalloc.terminal.bench_table import print_bench
from tests.unit.report.benches import make_bench, make_compiles


def printed(content) -> str:
    output = io.StringIO()
    print_bench(content, Path("/run/bench/bench.json"), Console(file=output, width=80))
    return output.getvalue()


def test_tables_tell_costs_ratios_and_by_how_much_a_target_is_missed():
    text = printed(make_bench())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "upstream's way 10000.0 0.10 100000 300 10.00" in lines
    assert "ours 1000.0 1.00 10000 60 1.00" in lines
    assert "greedy alone 166.7 6.00 1667 0.17" in lines
    assert "ours, one rollout 2000.0 0.50 20000 55 2.00" in lines
    assert "Selection 400.0 20%" in lines
    assert "other passes 50.0 2%" in lines
    assert "start, reading, advice, log 1233.3 62%" in lines
    assert "TF-Agents' PPO 2.0 500.0 600.0 1.00" in lines
    assert "our PPO 40.0 25.0 40.0 20.00" in lines
    assert "upstream's way, scaled 250.0 10.0 100.0 360.0" in lines
    assert "ours 35.0 1.0 5.0 41.0" in lines
    assert "modules/s per core over upstream's 10.00 >= 12 no, off by 1.20 x" in lines
    assert "processor time over greedy's alone 6.00 <= 3 no, off by 2.00 x" in lines
    assert "peak memory of a worker 60.00 MB <= 150 MB yes" in lines


def test_words_tell_exactness_what_was_scaled_and_the_machine():
    text = printed(make_bench())
    assert "exact: all observations, decisions and scores of 3 modules are TensorFlow's" in text
    assert "ours makes 6 rollouts of a module in one compile; each counts as one" in text
    assert "297 of 300 decisions are equal" in text
    assert "upstream's way, policy iteration: scaled from 24 modules and 10 steps" in text
    where = "AMD, 2 cores, 2 jobs; load 1.3 before; others used 0.00 cores before, 0.10 during"
    assert where in " ".join(text.split())
    assert "BUSY" not in text


def test_what_is_not_exact_or_was_busy_is_said_aloud():
    differing = {"b.o": "another score in f"}
    text = printed(make_bench(3.0, compiles=make_compiles(differing=differing)))
    assert "NOT EXACT: 1 of 3 modules differ: b.o: another score in f" in text
    assert "THE MACHINE WAS BUSY" in text
