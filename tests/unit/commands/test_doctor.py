from __future__ import annotations

import os
from pathlib import Path

import pytest

from regalloc.commands import doctor
from regalloc.commands.backend import Backend
from regalloc.commands.doctor import examine
from regalloc.errors import EngineError
from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.builders.local_images import LocalBuilder
from regalloc.images.finding import Finding
from regalloc.terminal.findings import print_findings
from tests.unit.images.stores import FakeStore


@pytest.fixture
def machine(tmp_path, monkeypatch, run):
    """Return a function that examines a machine with what builds the images there."""

    def look(engine: str, **environ: str) -> dict[str, Finding]:
        given = {"REGALLOC_CACHE": str(tmp_path), "PATH": str(tmp_path), **environ}
        builder = (
            DockerBuilder(tmp_path, tmp_path, given, FakeStore())
            if engine == "docker"
            else LocalBuilder(tmp_path, tmp_path, given, 1)
        )
        monkeypatch.setattr(doctor, "select_backend", lambda *_: Backend(run.engine, builder))
        return {finding.subject: finding for finding in examine(given)}

    return look


def test_docker_is_asked_for_buildkit_and_a_base(machine, monkeypatch):
    monkeypatch.setattr("regalloc.images.builders.docker_client.SYSTEM", ())
    found = machine("docker", BASE_IMAGE="mine:1")
    assert found["engine"] == Finding("engine", "fake engine 1")
    assert found["base"] == Finding("base", "BASE_IMAGE mine:1")
    assert found["BuildKit"] == Finding(
        "BuildKit",
        "no docker client that can drive BuildKit",
        "install the docker-buildx plugin, or on Debian 12: apt-get install docker.io",
    )


@pytest.mark.parametrize(
    ("user", "finding"),
    [
        (0, Finding("root", "yes, packages can be installed")),
        (1000, Finding("root", "no", "run `make build-llvm build-corpus` once as root")),
    ],
)
def test_local_is_asked_for_root_alone(machine, monkeypatch, user, finding):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    found = machine("local")
    assert found["root"] == finding
    assert not {"BuildKit", "base"} & set(found)


def test_no_engine_is_one_finding(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise EngineError("no docker engine answers", "", "start it")

    monkeypatch.setattr(doctor, "select_backend", refuse)
    findings = examine({"REGALLOC_CACHE": str(tmp_path)})
    assert Finding("engine", "no docker engine answers", "start it") in findings


def test_certificates_that_are_not_there_are_named(machine):
    missing = "/no/such/ca.pem"
    assert machine("local", PIP_CERT=missing)["certificates"] == Finding(
        "certificates", f"PIP_CERT={missing}", "point it at a file, or unset it"
    )
    assert not Path(missing).exists()


def test_print_findings_says_whether_all_is_well(capsys):
    assert print_findings((Finding("a", "1"), Finding("bb", "2"))) is True
    assert print_findings((Finding("a", "1"), Finding("bb", "2", "do"))) is False
    assert capsys.readouterr().out == "ok  a   1\nok  bb  2\nok  a   1\nfix bb  2\n        do\n"


@pytest.mark.parametrize(
    ("cpuinfo", "seen"),
    [
        ("model name\t: x\nflags\t\t: fpu avx2 fma sse\n", "has AVX2 and FMA"),
        ("flags\t\t: fpu avx sse\n", "lacks avx2 and fma"),
        ("flags\t\t: fpu avx2 sse\n", "lacks fma"),
        ("Features\t: asimd\n", "lacks avx2 and fma"),
    ],
)
def test_a_processor_that_rounds_in_other_ways_is_told_of(tmp_path, cpuinfo, seen):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    finding = doctor._processor(tmp_path / "cpuinfo")
    assert finding.seen.startswith(seen)
    assert bool(finding.fix) == seen.startswith("lacks")
