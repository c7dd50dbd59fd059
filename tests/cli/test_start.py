"""How the command starts and ends: what it imports, what it completes, where its output goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import COMMANDS
from tests.servers import ROOT

HEAVY = {"aiohttp", "grpc", "google.auth", "google.protobuf", "requests", "yaml", "nacl", "local", "PIL", "mandala"}


def imported_by(*argv: str) -> set[str]:
    """The modules that this command line imports."""
    code = f"import sys, json; from cli.main import run; run({list(argv)!r}); json.dump([*sys.modules], sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(ran.stderr))


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["env"]])
def test_what_needs_no_room_imports_none(argv: list[str]) -> None:
    assert imported_by(*argv) & HEAVY == set()


def test_drawing_imports_what_draws_and_nothing_else(tmp_path: Path) -> None:
    assert imported_by("draw", "x", "-o", str(tmp_path / "x.png")) & HEAVY == {"mandala", "PIL"}


def in_bash(script: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """With `mando` on the path."""
    program = folder / "mando"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n')
    program.chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        (["mando", ""], list(COMMANDS)),
        (["mando", "re"], ["replay", "register"]),
        (["mando", "env", "--"], ["--port", "--unset", "--help"]),
        (["mando", "run", "w.yaml", "--history", "d"], ["detailed"]),
    ],
)
def test_the_line_in_the_readme_makes_bash_complete(line: list[str], completed: list[str], tmp_path: Path) -> None:
    (setup,) = [one for one in (ROOT / "README.md").read_text().splitlines() if "bash_source" in one]
    words = " ".join(f"'{word}'" for word in line)
    script = f"{setup}\nCOMP_WORDS=({words}) COMP_CWORD={len(line) - 1}\n_mando_completion mando\n"
    ran = in_bash(script + 'printf "%s\\n" "${COMPREPLY[@]}"', tmp_path)
    assert (ran.stdout.split(), ran.stderr) == (completed, "")


def test_a_reader_that_has_seen_enough_ends_the_command_without_a_word(tmp_path: Path) -> None:
    ran = in_bash("mando env | head -c 1 && mando draw x --design | true", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_output_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    ran = in_bash("mando env > /dev/full", tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "mando: cannot write what it prints: No space left on device\n")


@pytest.mark.parametrize(
    ("variables", "port"), [({"MANDO_PORT": "9001"}, 9001), ({"MANDO_ENV_PORT": "9002", "MANDO_PORT": "9001"}, 9002)]
)
def test_the_port_can_be_told_to_all_commands_and_to_one(variables: dict[str, str], port: int, tmp_path: Path) -> None:
    ran = in_bash("mando env", tmp_path, **variables)
    assert f"http://127.0.0.1:{port}/" in ran.stdout
