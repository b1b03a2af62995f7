"""What a hostile input can do: played through the command line, and then the host is looked at."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import docker
import pytest

from regalloc.compiler import known_arguments as known
from regalloc.compiler.probe import pressure_source
from regalloc.engine.command import Command, Mount, Sandbox
from regalloc.engine.container import container_options
from regalloc.errors import OutputError
from regalloc.formats.corpus import join_cmd
from regalloc.images.tags import resolve_targets
from regalloc.pipeline.manifest import look_at_outputs, write_started
from regalloc.profiles import load_profile
from tests.engines import CHECKOUT, call, docker_engine, task, why_not
from tests.pipeline.conftest import PROFILE
from tests.pipeline.workshop import build_workshop

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(1200),
]
OURS = CHECKOUT / "tests" / "pipeline" / "attacks"
PLUGIN_PATHS = ("/llvm_corpus/plugin.so", "plugin.so", "/corpus/plugin.so")
CC1 = ("-cc1", "-triple", "x86_64-pc-linux-gnu", "-emit-obj", "-O2", "-vectorize-loops")
WRITTEN = "/corpus/attacked"
ATTACKS = {
    "loads.o": [word for path in PLUGIN_PATHS for word in ("-load", path)],
    "plugs_in.o": [f"-fpass-plugin={path}" for path in PLUGIN_PATHS],
    "loads_in_llvm.o": [w for path in PLUGIN_PATHS for w in ("-mllvm", f"-load={path}")],
    "reads.o": ["@/llvm_corpus/plugin.rsp"],
    "reads_in_llvm.o": ["-mllvm", "@/llvm_corpus/plugin.rsp"],
    "writes.o": ["-mllvm", f"-info-output-file={WRITTEN}", "-mllvm", "-stats"],
    "executes.o": ["-mllvm", f"-exec-on-ir-change=/usr/bin/touch {WRITTEN}"],
    "saves.o": [f"-ftime-trace={WRITTEN}", f"-stats-file={WRITTEN}", f"-save-temps={WRITTEN}"],
    "depends.o": ["-dependency-file", WRITTEN, "-MT", "x", "-serialize-diagnostic-file", WRITTEN],
}


@pytest.fixture(scope="module")
def llvm() -> str:
    """The llvm image."""
    built = call(task("build-llvm", f"--profile={PROFILE}", "--engine=docker"))
    assert built.returncode == 0, built.stdout + built.stderr
    return str(resolve_targets(CHECKOUT, load_profile(PROFILE), os.environ)["llvm"].ref)


def in_image(image: str, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the llvm image, in a folder of the host."""
    return subprocess.run(
        ["docker", "run", "--rm", "--network=none", f"--user={os.getuid()}:{os.getgid()}",
         f"--volume={folder}:/work", "--workdir=/work", "--entrypoint=/bin/sh", image, "-ec",
         f"PATH=/opt/llvm/bin:$PATH\n{script}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def hostile(llvm, tmp_path) -> Path:
    """A folder of objects whose command lines do what they should not, and an honest one."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "unit.ll").write_text('target triple = "x86_64-pc-linux-gnu"\n' + pressure_source(48))
    (folder / "plugin.c").write_bytes((OURS / "plugin.c").read_bytes())
    (folder / "plugin.rsp").write_text("-load /llvm_corpus/plugin.so\n")
    commands = {"honest.o": [], **ATTACKS}
    for name, more in commands.items():
        (folder / f"{name}.cmd").write_bytes(join_cmd([*CC1, *more]))
    made = in_image(
        llvm,
        folder,
        "clang -O1 -fPIC -shared -nostdlib -fuse-ld=lld plugin.c -o plugin.so\n"
        "clang -c -O2 -Xclang -disable-llvm-passes -emit-llvm unit.ll -o unit.bc\n"
        "clang -c -O2 unit.ll -o unit.o\n"
        "for command in *.cmd; do\n"
        "  llvm-objcopy --add-section=.llvmbc=unit.bc --add-section=.llvmcmd=$command"
        " unit.o ${command%.cmd}\n"
        "done\n",
    )
    assert made.returncode == 0, made.stderr
    entries = [
        {"directory": str(folder), "file": "unit.c", "output": name} for name in sorted(commands)
    ]
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder


def test_a_command_line_of_the_corpus_neither_runs_nor_names_anything(hostile, tmp_path):
    run = tmp_path / "run"
    words = (f"--profile={PROFILE}", f"--run={run}", "--engine=docker")
    done = call(task("trace", f"--corpus-from={hostile}", *words))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (run / "corpus" / "attacked").exists()
    told = json.loads((run / "corpus" / "extraction.json").read_text())
    assert (told["extracted"], told["skipped"]) == (len(ATTACKS) + 1, {})
    assert told["arguments_left_out"] == {
        "-fpass-plugin": 1,
        "-load": 1,
        "-mllvm -exec-on-ir-change": 1,
        "-mllvm -info-output-file": 1,
        "-mllvm -load": 1,
        "-mllvm -stats": 1,
        "-mllvm a response file": 1,
        "a response file": 1,
    }
    assert "-load (1)" in done.stdout
    # Whatever they asked for, all are the same code.
    baselines = json.loads((run / "corpus" / "baselines.json").read_text())
    assert (
        len({json.dumps(scores, sort_keys=True) for scores in baselines["modules"].values()}) == 1
    )


def test_the_same_command_lines_harm_a_compiler_that_obeys(llvm, hostile):
    """What the test above proves is not that the attacks do nothing."""
    done = in_image(
        llvm,
        hostile,
        "mkdir corpus\n"
        "sed -i 's,/corpus/attacked,/work/attacked,' plugin.c\n"
        "clang -O1 -fPIC -shared -nostdlib -fuse-ld=lld plugin.c -o plugin.so\n"
        "clang -cc1 -O2 -emit-obj -load ./plugin.so -x ir unit.bc -o one.o\n",
    )
    assert done.returncode == 0, done.stderr
    assert (hostile / "attacked").exists()


def test_each_known_argument_is_one_that_the_compiler_has(llvm, tmp_path):
    def value(kind: re.Pattern[str]) -> str:
        return next(v for v in ("1", "none", "+x", "x") if kind.fullmatch(v))

    words = [
        *known.ALONE,
        *(name + value(kind) for name, kind in known.JOINED.items()),
        *(word for name, kind in known.SEPARATE.items() for word in (name, value(kind))),
        *(known.FRONT_END_ALONE - {"-cc1"}),
        *(word for name in known.FRONT_END_SEPARATE for word in (name, "x")),
    ]
    options = [f"-mllvm -{n}={value(kind)}" for n, kind in known.LLVM_OPTIONS.items()]
    (tmp_path / "words").write_text("\n".join(words))
    (tmp_path / "options").write_text("\n".join(options))
    done = in_image(
        llvm, tmp_path,
        "for list in words options; do clang -cc1 @$list -x ir /dev/null -o /dev/null; done; true",
    )  # fmt: skip
    # Those that LLVM 15 spells so, and 19 with a "=".
    older = {"-coverage-data-file", "-coverage-notes-file"}
    assert set(re.findall(r"unknown argument:? '([^']+)'", done.stderr)) == older
    assert "Unknown command line argument" not in done.stderr


@pytest.fixture
def packager(llvm) -> Iterator[str]:
    """An image that builds Debian packages as corpora are built."""
    image = build_workshop("packager")
    yield image
    subprocess.run(["docker", "image", "rm", image], capture_output=True, check=False)


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        # As in an image's build, and where a network of its own can be had, without loopback.
        ((), "Address family not supported by protocol"),
        (("--cap-add=SYS_ADMIN", "--security-opt=apparmor=unconfined"), "Network is unreachable"),
    ],
)
def test_the_rules_of_a_package_run_neither_as_root_nor_with_a_network(packager, rights, said):
    script = (
        "mkdir /package && cp -r /attacks/package /package/source\n"
        """echo '{\n "package": "hostile",\n "version": "1"\n}' >/package/source.json\n"""
        "SOURCE_DATE_EPOCH=1 /docker/scripts/build-package.sh /package /opt/llvm /corpus >&2\n"
        "sort -u /tmp/users; test ! -e /etc/attacked; ls /corpus; tail -n1 /tmp/network"
    )
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", *rights, "--user=0:0",
         f"--volume={OURS}:/attacks:ro", f"--volume={CHECKOUT}/docker:/docker:ro",
         "--entrypoint=/bin/bash", packager, "-ec", script],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    users, *objects, network = done.stdout.splitlines()
    assert (users, objects) == ("10001", ["compile_commands.json", "source.json", "unit.o"])
    assert network.endswith(f"/dev/tcp/127.0.0.1/9: {said}")


LEFT = {
    "a link out": "ln -s /etc/passwd /vocab/x.o.cmd",
    "a link at the record": "ln -s ../../victim /vocab/manifest.json.partial",
    "a pipe": "mkfifo /vocab/events",
    "a depth": "cd /vocab && mkdir -p $(printf 'd/%.0s' $(seq 1500))",
    "rights": "cp /bin/true /vocab/true; chmod 4755 /vocab/true",
    "a name": """touch "$(printf '/vocab/\\033[31m:fire:')" """,
}


@pytest.mark.parametrize("what", LEFT)
def test_what_a_stage_leaves_is_no_result_before_it_was_looked_at(llvm, tmp_path, what):
    """The engine runs an attacker in a stage's place, with a stage's folder."""
    run = tmp_path / "run"
    folder = run / "vocab"
    folder.mkdir(parents=True)
    (tmp_path / "victim").write_text("precious")
    image = resolve_targets(CHECKOUT, load_profile(PROFILE), os.environ)["llvm"].ref
    engine = docker_engine()
    assert engine is not None
    sandbox = Sandbox(
        image=image, python=image, memory_mb=256, pids=64,
        mounts=(Mount(folder, PurePosixPath("/vocab"), read_only=False),),
    )  # fmt: skip
    options = container_options(
        Command(stage="vocab", argv=("-ec", LEFT[what]), sandbox=sandbox, root=run,
                run_id="run", tty=False),
        [], {},
    )  # fmt: skip
    write_started(folder, "key")
    client = docker.from_env()
    client.containers.run(**options, entrypoint="/bin/sh", remove=True)
    client.close()
    with pytest.raises(OutputError) as caught:
        look_at_outputs(folder)
    assert "\033" not in caught.value.render()
    done = call(task("status", f"--profile={PROFILE}", f"--run={run}"))
    assert done.returncode == 0, done.stderr
    done = call(task("clean", f"--profile={PROFILE}", f"--run={run}"))
    assert done.returncode == 0, done.stderr
    assert not folder.exists()
    assert (tmp_path / "victim").read_text() == "precious"
