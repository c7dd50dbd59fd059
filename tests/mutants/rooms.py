"""Which code a room is, and which tests are its own."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """code: folders and files from the root; tests: what pytest gets, in that order."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


# Tests that ask programs of others take a minute, and try those programs more than our code.
LEFT_OUT = "not gcloud and not fake_gcs_server and not test_libraries"

ROOMS: Mapping[str, Room] = {
    "ingress": Room(("ingress",), ("tests/ingress",)),
    "steps": Room(("steps",), ("tests/steps",)),
    "tasks": Room(("local/tasks",), ("tests/tasks",)),
    "executions": Room(("local/executions",), ("tests/executions",)),
    "workflows": Room(("local/workflows",), ("tests/workflows", "tests/conformance")),
    "storage": Room(("local/storage",), ("tests/storage",)),
    "discord": Room(("local/discord",), ("tests/discord",)),
    "cloud": Room(
        (
            *(
                "local/auth.py",
                "local/children.py",
                "local/data",
                "local/deployed.py",
                "local/faults",
                "local/http",
                "local/server.py",
            ),
            *("local/googleapi", "local/appengine", "local/ops"),
        ),
        (
            *("tests/cloud", "tests/googleapi", "tests/appengine", "tests/ops", "tests/auth"),
            *("tests/workflows/test_sent_once.py", "tests/tasks", "tests/executions"),
        ),
    ),
    "story": Room(("local/story",), ("tests/story", "tests/ops")),
    "service": Room(("service",), ("tests/service", "tests/ingress", "tests/steps")),
    "mandala": Room(("mandala",), ("tests/mandala",)),
    "cli": Room(("cli",), ("tests/cli", "tests/replay")),
    "tuning": Room(("tuning",), ("tests/tuning",)),
    "yaml": Room(
        ("workflows/mando.yaml",),
        (
            *("tests/system/test_workflow_calls.py", "tests/system/test_workflow_rules.py"),
            *("tests/system/test_workflow_time.py", "tests/system/test_workflow_queue.py"),
            *("tests/system/test_workflow.py", "tests/system/test_refusals.py"),
        ),
    ),
}
