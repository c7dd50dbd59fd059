"""To import a module of ours changes nothing for the rest of the process: a program does that where it starts."""

import json
import os
import pkgutil
import subprocess
import sys

import pytest

from local.workflows.limits import raise_recursion_limit
from tests.ingress.function import environment
from tests.servers import ROOT

ROOMS = ("cli", "deploy", "ingress", "local", "mandala", "schemas", "service", "steps")
# What a module could change.  Libraries are imported before the first look, so that what they change is not ours.
LOOKS = """
import gc, importlib, json, locale, logging, os, signal, socket, sys, threading, warnings
import aiohttp.web, functions_framework.aio, google.cloud.storage, google.cloud.tasks_v2, google.cloud.tasks_v2beta3
import grpc.aio, gunicorn.config, PIL.Image, requests, uvicorn_worker, yaml

def look():
    loggers = {name: one for name, one in logging.root.manager.loggerDict.items() if isinstance(one, logging.Logger)}
    return {
        "frames": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(),
        "switching": sys.getswitchinterval(),
        "hooks": [repr(one) for one in (sys.excepthook, threading.excepthook, sys.displayhook)],
        "signals": {str(one): repr(signal.getsignal(one)) for one in signal.valid_signals()},
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": (os.umask(0o22), os.umask(0o22))[1],
        "locale": locale.setlocale(locale.LC_ALL),
        "time-out of sockets": socket.getdefaulttimeout(),
        "collector": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()],
        "handlers": {name: repr(one.handlers) for name, one in loggers.items() if one.handlers},
        "filters": {name: repr(one.filters) for name, one in loggers.items() if one.filters},
        "levels": {name: one.level for name, one in loggers.items() if one.level},
        "root logger": [repr(logging.root.handlers), logging.root.level],
        "warnings": repr(warnings.filters),
        "pictures": PIL.Image.MAX_IMAGE_PIXELS,
        "worker": repr(uvicorn_worker.UvicornWorker.CONFIG_KWARGS),
        "socket for commands": not gunicorn.config.Config().control_socket_disable,
        "threads": threading.active_count(),
    }

before = look()
for name in sys.argv[1:]:
    importlib.import_module(name)
after = look()
print(json.dumps({name: [before[name], after[name]] for name in before if before[name] != after[name]}))
"""


def modules() -> list[str]:
    found = [name for room in ROOMS for _, name, _ in pkgutil.walk_packages([str(ROOT / room)], f"{room}.")]
    assert len(found) > 100
    return sorted(found)


def changed_by(names: list[str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", LOOKS, *names],
        cwd=ROOT,
        env={**os.environ, **environment("http://127.0.0.1:9")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_no_module_of_ours_changes_the_process_that_imports_it() -> None:
    assert changed_by(modules()) == {}


def test_what_changes_the_process_is_seen() -> None:
    """main.py is where a program starts, and makes functions-framework serve with our own protocol, and no commands."""
    assert changed_by(["main"]).keys() == {"worker", "socket for commands"}


@pytest.mark.parametrize("arguments", [["run", "no-such-file.yaml"], ["up", "--data", "/dev/null/data"]])
def test_a_command_that_runs_workflows_makes_room_for_those_that_call_deeply(arguments: list[str]) -> None:
    program = "import atexit, sys, cli.main; atexit.register(lambda: print(sys.getrecursionlimit())); cli.main.main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "10000\n")


def test_who_has_more_room_keeps_it() -> None:
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(20_000)
        raise_recursion_limit()
        assert sys.getrecursionlimit() == 20_000
    finally:
        sys.setrecursionlimit(before)
