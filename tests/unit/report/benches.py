"""A benchmark's result with round figures."""

from __future__ import annotations

import msgspec

from regalloc.bench import goals
from regalloc.report import bench_result as report
from regalloc.report.bench_parts import CompileCost, Compiles, Iteration, Point, Steps
from regalloc.report.bench_result import Machine


def make_compiles(**changes) -> Compiles:
    costs = [("upstream", 60.0, 300.0), ("tensorflow", 30.0, None), ("alone", 12.0, 55.0),
             ("ours", 6.0, 60.0), ("floor", 1.0, None)]  # fmt: skip
    made = Compiles(
        modules=["a.o", "b.o", "c.o"],
        rounds=2,
        rollouts=6,
        costs=[
            CompileCost(way=way, compiles=6, cpu_s=cpu_s, decisions=600, peak_mb=peak)
            for way, cpu_s, peak in costs
        ],
        differing={},
        upstream_decisions=300,
        upstream_equal=297,
        passes_s={"Selection": 2.4, "Greedy Register Allocator": 1.0, **dict.fromkeys("abcd", 0.3)},
    )
    return msgspec.structs.replace(made, **changes)


def make_bench(others: float = 0.1, **changes) -> report.BenchResult:
    compiles = changes.pop("compiles", make_compiles())
    steps = [
        Steps(learner="reference", steps=10, decisions=4096, wall_s=0.5, cpu_s=0.6),
        Steps(learner="ppo", steps=199, decisions=4096, wall_s=0.025, cpu_s=0.04),
        Steps(learner="rebel", steps=199, decisions=4096, wall_s=0.02, cpu_s=0.03),
    ]
    both = {"modules": 512, "steps": 200}
    iterations = [
        Iteration(side="upstream", measured_modules=24, measured_steps=10, collect_s=250.0,
                  prepare_s=10.0, learn_s=100.0, **both),
        Iteration(side="ours", measured_modules=512, measured_steps=200, collect_s=35.0,
                  prepare_s=1.0, learn_s=5.0, **both),
    ]  # fmt: skip
    points = [
        Point(side=side, workers=workers, modules=workers * 4, compiles=workers * 4, wall_s=seconds)
        for workers in (1, 2)
        for side, seconds in (("upstream", 12.0), ("ours", 1.0))
    ]
    return report.BenchResult(
        version=report.VERSION,
        compiler="clang version 19.1.7",
        machine=Machine(
            processor="AMD",
            cores=2,
            jobs=2,
            load_before=1.3,
            others_before=0.0,
            others_during=others,
        ),
        compiles=compiles,
        steps=steps,
        iterations=iterations,
        by_workers=points,
        by_size=points,
        goals=goals.compare(compiles, steps, iterations),
    )
