"""Who may import whom, as docs/architecture.md says."""

import ast
from pathlib import Path

import pytest

from regalloc import layout

PACKAGE = Path(__file__).resolve().parents[2] / "regalloc"
FILES = sorted(PACKAGE.rglob("*.py"))

COMMON = {"errors", "files", "layout", "profiles", "releases", "settings", "__version__"}
# What each part may import beside itself and COMMON.
ALLOWED = {
    "errors": set(),
    "files": set(),
    "layout": set(),
    "profiles": set(),
    "releases": set(),
    "settings": set(),
    "formats": set(),
    "compiler": {"formats"},
    "report": set(),
    "rl": {"compiler", "formats", "report"},
    "programs": {"compiler", "formats", "report"},
    "cluster": {"compiler", "formats"},
    "bench": {"compiler", "formats", "report", "rl"},
    "stages": {"bench", "cluster", "compiler", "formats", "programs", "report", "rl"},
    "engine": set(),
    "images": {"engine", "formats"},
    "pipeline": {"cluster", "engine", "images", "stages"},
    "summary": {"compiler", "formats", "pipeline", "report", "stages"},
    "page": {"report", "summary"},
    "terminal": {"images", "pipeline", "report", "summary"},
    "commands": {"engine", "images", "page", "pipeline", "report", "stages", "summary", "terminal"},
    "__main__": {"stages"},
    "__init__": set(),
}
# Files that are called like one of a run, and are none.
SAME_NAMES = {
    ("images/transfer/oci_layout.py", "manifest.json"),
    ("page/render.py", "report.html"),
    ("page/render.py", "seeds.html"),
}
# What no image holds.
HOSTS = {"engine", "images", "pipeline", "summary", "page", "terminal", "commands"}
# These parts of a run are what both sides of a container's wall know.
SHARED = {"regalloc.stages.table"}


def part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Return the full names of the modules a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    own = part(path)
    parts = {name.split(".")[1] for name in imports(path) if name.startswith("regalloc.")}
    assert parts - COMMON - {own} <= ALLOWED[own]


def test_the_layout_imports_nothing():
    assert imports(PACKAGE / "layout.py") == {"__future__.annotations"}


def test_the_layout_alone_names_the_files_of_a_run():
    constants = (value for name, value in vars(layout).items() if name.isupper())
    names = {value for value in constants if "." in value[1:]}
    found = {
        (path.relative_to(PACKAGE).as_posix(), node.value)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names and path.name != "layout.py"
    }
    assert found == SAME_NAMES


def test_host_reaches_the_stages_only_through_their_table():
    for path in FILES:
        if part(path) in HOSTS:
            names = {name for name in imports(path) if name.startswith("regalloc.stages.")}
            assert {".".join(name.split(".")[:3]) for name in names} <= SHARED, path


def test_tensorflow_is_imported_in_rl_only():
    for path in FILES:
        if part(path) != "rl":
            roots = {name.split(".")[0] for name in imports(path)}
            assert not roots & {"tensorflow", "tf_agents"}, path


def test_one_file_imports_ray():
    users = {path.name for path in FILES if "ray" in {n.split(".")[0] for n in imports(path)}}
    assert users == {"connection.py"}


def test_one_file_imports_the_docker_sdk():
    users = {path.name for path in FILES if "docker" in {n.split(".")[0] for n in imports(path)}}
    assert users == {"sdk.py"}


# Whoever starts the pipeline picks the engine and what builds its images, together.
COMPOSITION_ROOT = PACKAGE / "commands" / "backend.py"
# What is docker's alone.
DOCKERS = tuple(f"regalloc.engine.{n}" for n in ("docker", "docker_store", "sdk", "container"))


def outside_of_the_engine():
    return [path for path in FILES if part(path) != "engine" and path != COMPOSITION_ROOT]


@pytest.mark.parametrize("path", outside_of_the_engine(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nobody_else_asks_which_engine_it_is(path):
    names = imports(path)
    assert not {name for name in names if name.endswith((".DockerEngine", ".LocalEngine"))}
    assert not {name for name in names if name.rpartition(".")[0] in DOCKERS}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "name":
            assert not ast.unparse(node.value).endswith("engine"), ast.unparse(node)


def test_containers_are_isolated_in_one_place():
    words = ("cap_drop", "cap-drop", "no-new-privileges")
    users = {path.name for path in FILES if any(word in path.read_text() for word in words)}
    assert users == {"container.py"}


def test_what_carries_a_plan_out_asks_nobody_what_to_do():
    for name in ("execute", "stage_command"):
        names = imports(PACKAGE / "pipeline" / f"{name}.py")
        deciders = ("regalloc.pipeline.plan.", "regalloc.pipeline.step.")
        taken = {name.rpartition(".")[2] for name in names if name.startswith(deciders)}
        # Of what decides it takes the types of the results alone.
        assert {name for name in taken if not name[0].isupper()} == set()
        assert not {name for name in names if name.startswith("regalloc.pipeline.wish")}
