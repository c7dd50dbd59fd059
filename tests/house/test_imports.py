"""The picture of imports: no circle, and arrows between rooms one way."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from tests.house.files import ROOT, ours
from tests.house.imports import circles, modules_of, picture_of, room_of

MODULES = modules_of(ROOT, ours(".py"))

# Modules in local/ itself that use rooms.  All others there are what rooms stand on.
ROOMS_OF_ONE = {f"local.{name}": f"local/{name}" for name in ("auth", "deployed", "programs", "server")}

# Each room, and the rooms that it may import.  Whoever wants another arrow adds it here, with a reason.
ALLOWED: dict[str, set[str]] = {
    "main": {"ingress", "service", "steps"},  # where Cloud Run looks for functions
    "ingress": {"schemas", "service"},
    "steps": {"mandala", "schemas", "service"},
    "mandala": set(),
    "schemas": {"service"},  # an interaction's token is a Secret
    "service": set(),
    "local": set(),
    "local/data": {"local"},
    "local/http": {"local", "local/data"},  # the project's ports; a full disk has a status
    "local/auth": {"local", "local/data"},
    "local/googleapi": {"local/http"},
    "local/workflows": set(),
    "local/workflows/language": {"local/workflows"},
    "local/workflows/stdlib": {"local/workflows", "local/workflows/language"},
    "local/workflows/run": {"local/workflows", "local/workflows/stdlib"},
    "local/workflows/compile": {"local", "local/workflows", "local/workflows/*"},
    "local/executions": set(),
    "local/executions/data": {"local/data", "local/googleapi", "local/http", "local/workflows"},
    "local/executions/engine": {
        *("local", "local/data", "local/googleapi", "local/http", "local/workflows", "local/workflows/*"),
        "local/executions/data",
    },
    "local/executions/api": {"local/googleapi", "local/http", "local/executions/data", "local/executions/engine"},
    "local/tasks": {  # auth: tasks bear tokens; appengine: some go there
        *("local", "local/appengine", "local/auth", "local/data", "local/googleapi", "local/http"),
    },
    "local/storage": {"local", "local/data", "local/http"},
    "local/discord": {"local/data"},  # a full disk is an error that has a status
    "local/discord/forms": {"local/discord"},
    "local/discord/data": {"local", "local/data", "local/http", "local/discord", "local/discord/forms"},
    "local/discord/engine": {"local", "local/data", "local/discord", "local/discord/forms", "local/discord/data"},
    "local/discord/api": {"local/http", "local/discord", "local/discord/*"},
    "local/appengine": {"local/http"},
    "local/faults": {  # each fails in its own way
        *("local", "local/http", "local/discord", "local/discord/engine", "local/executions/engine", "local/tasks"),
        "local/workflows",
    },
    "local/story": {  # hears what the others do
        *(
            "local",
            "local/data",
            "local/discord",
            "local/discord/*",
            "local/executions/engine",
            "local/faults",
            "local/http",
        ),
        *("local/tasks", "local/workflows"),
    },
    "local/ops": {  # shows what the others do
        *("local", "local/executions/*", "local/faults", "local/http", "local/story", "local/tasks"),
    },
    "local/server": {"local", "local/*"},  # puts all together
    "local/deployed": {"local", "local/http", "local/server", "local/tasks"},  # what an operator edits, put into force
    "local/programs": {"local", "local/appengine", "local/auth"},
    "tuning": {  # the real language and the real rules of the queue, in virtual time
        *("local", "local/http", "local/tasks", "local/workflows", "local/workflows/*"),
        *("local/executions/data", "local/executions/engine", "schemas"),
    },
    "cli": {"local", "local/*", "mandala", "deploy", "service", "tuning"},  # service: how every program of ours logs
    "deploy": {
        "local",
        "schemas",
        "local/tasks",
        "local/workflows/*",
    },  # form, numbers, queue.yaml, diagram
}
# They look at everything, and nothing that runs imports them.
ONLOOKERS = {"tests", "bench"}


@cache
def picture() -> dict[str, set[str]]:
    """Of all our modules.  To parse them takes seconds."""
    return picture_of(MODULES)


def room(module: str) -> str:
    return ROOMS_OF_ONE.get(module) or room_of(module, MODULES)


def arrows() -> set[tuple[str, str, str, str]]:
    """Each import of a module of another room: the rooms and the modules."""
    return {
        (room(module), room(other), module, other)
        for module, imported in picture().items()
        for other in imported
        if room(module) != room(other)
    }


def is_allowed(importing: str, imported: str) -> bool:
    return any(fnmatchcase(imported, pattern) for pattern in ALLOWED[importing])


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(picture()) == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {room(module): set() for module in MODULES}
    for importing, imported, *_ in arrows():
        rooms[importing].add(imported)
    assert circles({name: others - ONLOOKERS for name, others in rooms.items() if name not in ONLOOKERS}) == []


def test_a_room_imports_only_what_it_may() -> None:
    wrong = [
        f"{module} imports {other}: {importing} may not import {imported}"
        for importing, imported, module, other in sorted(arrows())
        if importing not in ONLOOKERS and not is_allowed(importing, imported)
    ]
    assert wrong == []


def test_the_local_cloud_reaches_ingress_and_steps_over_http_alone() -> None:
    behind = {"ingress", "steps", "service", "schemas", "mandala"}
    assert [arrow for arrow in arrows() if arrow[0].startswith("local") and arrow[1] in behind] == []


def test_every_room_is_in_the_table_and_nothing_else() -> None:
    rooms = {room(module) for module in MODULES} - ONLOOKERS
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize(
    ("text", "imported"),
    [
        ("import a.b", {"a", "a.b"}),
        ("from a import b", {"a", "a.b"}),
        ("from a import name", {"a"}),
        ("def f():\n    from a.b import name", {"a", "a.b"}),
        ("if TYPE_CHECKING:\n    import a.b", set()),
        ("if typing.TYPE_CHECKING:\n    import a.b\nelse:\n    import c", {"c"}),
        ("import empty.d", {"empty.d"}),
        ("import json", set()),
    ],
)
def test_imports_are_found_wherever_they_stand(tmp_path: Path, text: str, imported: set[str]) -> None:
    files = {"a/__init__.py": "1", "a/b.py": "2", "c.py": "3", "empty/__init__.py": "", "empty/d.py": "4", "x.py": text}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert picture_of(modules_of(tmp_path, list(files)))["x"] == imported


def test_a_circle_is_found_with_all_that_are_in_it() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"a"}}) == [["a", "b", "c"]]
