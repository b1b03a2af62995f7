"""A Debian package becomes a corpus, and what cannot become one is named."""

from __future__ import annotations

import json
import os

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.errors import ImageError
from regalloc.images.corpus_source import parse_corpus_from
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.containers import inside
from tests.engines import call, task, why_not

# A C library and program with few dependencies; nothing knows its name but this test.
PACKAGE = "deb:bzip2"

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    # The compiler's image may have to be built first.
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def image():
    done = call(task("build-corpus", f"--corpus-from={PACKAGE}"))
    assert done.returncode == 0, done.stdout + done.stderr
    source = parse_corpus_from(PACKAGE)
    return resolve_targets(CHECKOUT, load_profile("quick"), os.environ, source)["corpus"].reference


def test_a_package_becomes_objects_and_what_describes_them(image):
    listed = inside(image, "find", "/llvm_corpus", "-type", "f", "-printf", "%P %TY-%Tm-%Td\n")
    files = dict(line.split() for line in listed.splitlines())
    commands = json.loads(inside(image, "cat", "/llvm_corpus/compile_commands.json"))
    names = [entry["output"] for entry in commands]
    assert names == sorted(set(names))
    assert set(files) == {"compile_commands.json", "source.json", *names}
    assert set(files.values()) == {"2025-01-01"}
    source = json.loads(inside(image, "cat", "/llvm_corpus/source.json"))
    assert source["package"] == "bzip2"
    assert {file["name"].rsplit(".", 1)[1] for file in source["files"]} >= {"dsc", "gz"}
    assert all(len(file["sha256"]) == 64 for file in source["files"])
    assert source["with_bitcode"] == len(names) > 5


def test_its_objects_hold_bitcode_and_the_commands_of_the_toolchain(image):
    (name, *_) = json.loads(inside(image, "cat", "/llvm_corpus/compile_commands.json"))
    script = (
        f"llvm-objcopy --dump-section=.llvmcmd=/tmp/cmd /llvm_corpus/{name['output']} /tmp/out"
        r" && tr '\0' '\n' </tmp/cmd"
    )
    args = inside(image, "/bin/bash", "-c", script).splitlines()
    assert args[0] == "-cc1"
    assert "/package/source" in " ".join(args)
    assert args[args.index("-resource-dir") + 1].startswith("/opt/llvm/lib/clang/")


def test_the_image_is_no_ones_and_holds_nothing_of_the_build(image):
    assert inside(image, "id", "-u") == "10001\n"
    assert inside(image, "sh", "-c", "ls -d /package /build /usr/bin/gcc 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("no-such-package", "error: there is no source package no-such-package"),
        ("bzip2=9", "error: the source package bzip2 has no version 9"),
    ],
)
def test_a_package_that_does_not_exist_is_named(image, spec, message):
    done = call(task("build-corpus", f"--corpus-from=deb:{spec}"))
    assert done.returncode == ImageError.exit_code
    assert message in done.stdout + done.stderr


@pytest.mark.slow
def test_a_package_with_a_profile_holds_what_its_tests_counted():
    done = call(task("build-corpus", f"--corpus-from={PACKAGE}", "--pgo"))
    assert done.returncode == 0, done.stdout + done.stderr
    source = parse_corpus_from(PACKAGE, pgo=True)
    targets = resolve_targets(CHECKOUT, load_profile("quick"), os.environ, source)
    image = targets["corpus"].reference
    plain = resolve_targets(CHECKOUT, load_profile("quick"), os.environ, parse_corpus_from(PACKAGE))
    assert image != plain["corpus"].reference
    commands = json.loads(inside(image, "cat", "/llvm_corpus/compile_commands.json"))
    script = (
        'cd /llvm_corpus; for o in "$@"; do'
        " llvm-objcopy --dump-section=.llvmbc=/tmp/bc --dump-section=.llvmcmd=/tmp/cmd $o /tmp/out;"
        " grep -c -a -e -fprofile-instrument-use-path=/package/corpus.profdata /tmp/cmd;"
        " grep -c -a function_entry_count /tmp/bc || true; done"
    )
    objects = [command["output"] for command in commands]
    found = inside(image, "/bin/bash", "-c", script, "bash", *objects).split()
    named, counted = found[::2], found[1::2]
    assert set(named) == {"1"}
    # What the tests do not run, and tables, have no counts.
    entered = {name for name, count in zip(objects, counted, strict=True) if count == "1"}
    units = ("blocksort.sho", "bzip2.o", "bzlib.sho", "compress.sho", "decompress.sho")
    assert entered == {*units, "huffman.sho"}


@pytest.mark.slow
def test_a_package_without_tests_of_its_own_has_no_profile():
    # What its rules call a test runs nothing of it.
    done = call(task("build-corpus", "--corpus-from=deb:lua5.4", "--pgo"))
    assert done.returncode == ImageError.exit_code
    assert "error: the tests of the package lua5.4 left no profile" in done.stdout + done.stderr
