"""Every command that README.md and CONTRIBUTING.md show works: it is run here, or it is said who runs it."""

import contextlib
import functools
import io
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.main import run
from tests.house.files import ROOT, ours
from tests.house.pages import commands
from tests.servers import BIN

README, GUIDE = (ROOT / "README.md").read_text(), (ROOT / "CONTRIBUTING.md").read_text()

# What takes long, or would start all tests within a test, and who runs it.
RUN_ELSEWHERE = {
    "make up": "tests/system/test_up.py",
    "make test": ".ci/run",
    "make lint": ".ci/run",
    "make coverage": ".ci/run",
    ".ci/run": ".github/workflows/ci.yml",
    "make format": ".pre-commit-config.yaml",
    "make audit": "tests/deploy/test_audit.py",
    "make bench": "tests/bench/test_short.py",
    "make chaos": "tests/chaos/test_matrix.py",
    "make attack": "tests/attack/test_attack.py",
    "make golden": "tests/mandala/test_golden.py",
    "make mutants ROOM=tasks COUNT=20": "tests/mutants/test_mutants.py",
    "make docs": "tests/deploy/test_diagram.py",
    "mando check": "tests/tuning/test_plots.py",
    "mando simulate --scenario discord-down --down 10m --rate 40 --for 15m": "tests/tuning/test_plots.py",
}
RUN_HERE = [command for command in commands(README) + commands(GUIDE) if command not in RUN_ELSEWHERE]
MAKE = [command for command in commands(README) + commands(GUIDE) if command.startswith("make ")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the same files and one commit, so that no command changes ours."""
    folder = tmp_path_factory.mktemp("copy")
    for file in ours():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, folder / file)
    (folder / ".venv").symlink_to(BIN.parent)
    for words in ("init -q -b main", "add .", "-c user.name=t -c user.email=t@example.com commit -q -m all"):
        subprocess.run(["git", *words.split(" ")], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_that_is_shown_works(command: str, copy: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COVERAGE_"))}
    environment |= {"PYTHONPATH": str(copy), "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com"}
    ended = subprocess.run(
        command, shell=True, cwd=copy, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`(mando [a-z][^`]*)`", README + GUIDE))))
def test_a_command_of_mando_has_the_options_that_are_shown(command: str) -> None:
    _, name, *words = command.split()
    helped = help_of(name)
    assert [word for word in words if word.startswith("-") and word not in helped] == []


def test_something_is_run_here() -> None:
    assert len(RUN_HERE) >= 5


@pytest.mark.parametrize(
    "command", [command for command in commands(README) + commands(GUIDE) if command in RUN_ELSEWHERE]
)
def test_who_runs_the_others_is_there(command: str) -> None:
    assert (ROOT / RUN_ELSEWHERE[command]).exists()
    if not RUN_ELSEWHERE[command].endswith(".py"):
        assert command in (ROOT / RUN_ELSEWHERE[command]).read_text()


@pytest.mark.parametrize("command", MAKE)
def test_a_make_command_starts_what_is_there(command: str) -> None:
    shown = subprocess.run([*command.split(), "-n"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for module in re.findall(r"python -m ([\w.]+)", shown):
        assert find_spec(module), module
    for program in re.findall(r"^(?:exec )?\.venv/bin/(\S+)", shown, re.MULTILINE):
        assert (BIN / program).exists(), program


def test_every_make_target_is_listed_with_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets is not None
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in listed.splitlines()} == set(targets[1].split())


def test_the_launch_configurations_start_what_they_name(tmp_path: Path) -> None:
    """What the debugger would start, started without one."""
    block = re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert block is not None
    one_file, up = json.loads(block[1])["configurations"]
    assert (up["module"], up["args"][0]) == ("cli.main", "up")
    assert find_spec(up["module"])
    assert all(word in help_of("up") for word in up["args"] if word.startswith("--"))
    arguments = [str(ROOT / "tests/house/test_sizes.py") if word == "${file}" else word for word in one_file["args"]]
    assert "passed" in start(one_file["module"], [*arguments, "-v"])


@functools.cache
def help_of(command: str) -> str:
    """What `mando COMMAND --help` prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert run([command, "--help"]) == 0
    return said.getvalue()


def start(module: str, arguments: list[str]) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    ).stdout
