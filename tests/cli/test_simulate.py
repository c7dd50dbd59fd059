"""`mando simulate`: its options, its exit codes, its file."""

import json
from pathlib import Path

import pytest

from cli.main import run
from tests.house.files import ROOT

SHORT = ["simulate", str(ROOT), "--rate", "2", "--for", "5s"]


def test_it_prints_the_verdict_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SHORT) == 0
    assert capsys.readouterr().out.startswith("Promise kept: each of 10 acknowledged requests got its picture")


def test_it_exits_with_1_where_a_request_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Discord is back for the last seconds of the token's life, too late to try again."""
    assert run([*SHORT, "--scenario", "discord-down", "--down", "14m58s", "--at", "0s"]) == 1
    assert "Promise broken" in capsys.readouterr().out


def test_the_file_holds_the_numbers(tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    assert run([*SHORT, "--poisson", "--seed", "7", "--json", str(file)]) == 0
    said = json.loads(file.read_text())
    assert said["seed"] == 7
    assert said["sent"] == said["pictures"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--rate", "0"], "--rate"),
        (["--for", "soon"], "--for"),
        (["--for", "0s"], "--for"),
        (["--scenario", "no-such"], "--scenario"),
        (["--scenario", "cold", "--down", "5s"], "--down"),
        (["--down", "5m"], "nothing fails without --scenario"),
        (["--at", "5m"], "nothing fails without --scenario"),
        (["--scenario", "discord-down", "--at", "6s"], "--at: no request comes after 5s"),
        (["--model", "no-such.yaml"], "--model"),
        (["--model", "cluod"], "--model: unknown model 'cluod', expected cloud, local or a file that ends in .yaml"),
        (["--arrivals", "a.json"], "--rate: the requests are those of --arrivals; leave one out"),
        (["--day", "100"], "--rate: the requests are those of --day; leave one out"),
        (["--rate", "0.001"], "--rate"),
    ],
)
def test_a_wrong_option_is_said_and_exits_with_2(
    wrong: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*SHORT, *wrong]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--day", "100"]])
def test_wrong_arrivals_are_said(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", str(ROOT), "--arrivals", "no-such.json", *more]) == 2
    assert "mando simulate: --arrivals: " in capsys.readouterr().err


def test_a_folder_without_a_project_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_mistake_in_the_files_is_said_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("workflows", "ingress", "deploy"):
        (tmp_path / folder).mkdir()
    for name in ("workflows/mando.yaml", "ingress/limits.yaml", "deploy/deployment.yaml", "app.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    (tmp_path / "queue.yaml").write_text("queue:\n- name: create-image-queue\n  rate: fast\n")
    assert run(["simulate", str(tmp_path)]) == 2
    assert "queue.yaml:3:9:" in capsys.readouterr().err
