"""Who may import whom, and what is called how, as docs/architecture.md says."""

import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from regalloc import layout
from regalloc.images.tags import find_files
from regalloc.images.tree import TREE

PACKAGE = Path(__file__).resolve().parents[2] / "regalloc"
FILES = sorted(PACKAGE.rglob("*.py"))

COMMON = {"errors", "files", "layout", "profiles", "releases", "settings", "text", "__version__"}
# What each room may import beside itself and COMMON.
ALLOWED = {
    "__init__": set(),
    "errors": set(),
    "files": set(),
    "layout": set(),
    "releases": set(),
    "settings": set(),
    "profiles": set(),
    "text": set(),
    # What images hold.
    "formats": set(),
    "report": set(),
    "compiler": {"formats"},
    "rl": {"compiler", "formats", "report"},
    "programs": {"compiler", "formats", "report"},
    "cluster": {"compiler", "formats"},
    "bench": {"compiler", "formats", "report", "rl"},
    "stages": {"bench", "cluster", "compiler", "formats", "programs", "report", "rl"},
    "__main__": {"stages"},
    # What the host alone has.
    "console": set(),
    "engine": set(),
    "images": {"console", "engine", "formats"},
    "pipeline": {"cluster", "engine", "images", "stages"},
    "summary": {"compiler", "formats", "pipeline", "report", "stages"},
    "page": {"report", "summary"},
    "terminal": {"console", "images", "pipeline", "report", "summary"},
    "commands": {"engine", "images", "page", "pipeline", "report", "stages", "summary", "terminal"},
}
# What the rooms inside of a room may import of each other. Files beside them import none of them.
INSIDE = {
    "rl/network": set(),
    "rl/learning": {"rl/network"},
    "rl/export": {"rl/network"},
    "rl/rounds": {"rl/export", "rl/learning", "rl/network"},
    "images/transfer": set(),
    "images/builders": {"images/transfer"},
}
HOST = {"console", "engine", "images", "pipeline", "summary", "page", "terminal", "commands"}
# Files that are called like one of a run, and are none.
SAME_NAMES = {
    ("images/transfer/oci_layout.py", "manifest.json"),
    ("page/render.py", "report.html"),
    ("page/render.py", "seeds.html"),
}
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


def inner(parts):
    """Return the room inside of a room that a path or a module's name lies in, if it is one."""
    name = "/".join(parts[:2])
    return name if name in INSIDE else None


def users(*roots):
    """Return the files that import a package of others."""
    wanted = set(roots)
    found = (path for path in FILES if wanted & {name.split(".")[0] for name in imports(path)})
    return {path.relative_to(PACKAGE).as_posix() for path in found}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path):
    own = part(path)
    parts = {name.split(".")[1] for name in imports(path) if name.startswith("regalloc.")}
    assert parts - COMMON - {own} <= ALLOWED[own]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_inside_of_a_room_point_one_way(path):
    own = inner(path.relative_to(PACKAGE).parts)
    names = (name.split(".")[1:] for name in imports(path) if name.startswith("regalloc."))
    taken = {inner(name) for name in names if name[0] == part(path)}
    assert taken - {own, None} <= INSIDE.get(own, set())


def test_every_room_has_a_place_in_the_order():
    assert {part(path) for path in FILES} == set(ALLOWED)
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in FILES}
    inside = {folder for folder in folders if folder.startswith(("rl/", "images/"))}
    assert inside == set(INSIDE)
    TopologicalSorter(ALLOWED).prepare()
    TopologicalSorter(INSIDE).prepare()


def test_images_hold_what_stages_need_and_nothing_of_the_hosts():
    needed, todo = set(COMMON) - {"__version__"} | {"__init__"}, {"__main__"}
    while todo:
        needed |= todo
        todo = {name for room in todo for name in ALLOWED[room]} - needed
    files = find_files(PACKAGE.parent, [glob for image in TREE for glob in image.inputs])
    assert {part(path) for path in files if path.is_relative_to(PACKAGE)} == needed


def test_no_files_import_each_other_in_a_circle():
    modules = {".".join(("regalloc", *path.relative_to(PACKAGE).parts))[:-3] for path in FILES}
    modules = {module.removesuffix(".__init__") for module in modules}
    graph = {}
    for path in FILES:
        own = ".".join(("regalloc", *path.relative_to(PACKAGE).parts))[:-3]
        own = own.removesuffix(".__init__")
        names = {n if n in modules else n.rpartition(".")[0] for n in imports(path)}
        graph[own] = (names & modules) - {own}
    TopologicalSorter(graph).prepare()


def test_each_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_each_file_has_a_name_of_its_own():
    places = defaultdict(list)
    for path in FILES:
        if path.name != "__init__.py":
            places[path.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


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
        if part(path) in HOST:
            names = {name for name in imports(path) if name.startswith("regalloc.stages.")}
            assert {".".join(name.split(".")[:3]) for name in names} <= SHARED, path


def test_one_file_imports_tensorflow():
    assert users("tensorflow", "tensorflow_probability", "tf_agents") == {"rl/deterministic_tf.py"}


def test_one_file_imports_gin():
    assert users("gin") == {"profiles.py"}


def test_one_file_imports_ray():
    assert users("ray") == {"cluster/connection.py"}


def test_one_file_imports_the_docker_sdk():
    assert users("docker") == {"engine/sdk.py"}


def test_the_page_alone_draws_and_commands_print_by_the_terminal():
    assert {name.partition("/")[0] for name in users("matplotlib", "jinja2")} == {"page"}
    assert {name.partition("/")[0] for name in users("rich")} == {
        "console.py",
        "images",
        "report",
        "terminal",
    }
    for path in FILES:
        if part(path) == "terminal":
            assert not {n for n in imports(path) if n.startswith("regalloc.page")}, path


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
