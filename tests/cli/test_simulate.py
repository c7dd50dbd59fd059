"""`mando simulate`: its options, its exit codes, its file."""

import json
import re
from pathlib import Path

import pytest

from cli.main import run
from tests.house.files import ROOT
from tuning.sources import from_folder

SHORT = ["simulate", str(ROOT), "--rate", "2", "--for", "5s"]
# Its first queue sends one task a second.
SLOW_QUEUE = re.sub(r"rate: [0-9]+/s", "rate: 1/s", (ROOT / "queue.yaml").read_text(), count=1)
BUSY = ["--rate", "8", "--for", "4s"]  # more than a queue with one task a second can take


def test_it_prints_the_verdict_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SHORT) == 0
    assert capsys.readouterr().out.startswith("Promise kept: each of 10 acknowledged requests got its picture")


def test_it_exits_with_1_where_a_request_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No execution starts for longer than Discord's tokens live: whoever was acknowledged is not answered."""
    scenario = tmp_path / "no-starts.yaml"
    fault = "{part: executions, kind: error, status: 503, ends: 20m}"
    scenario.write_text(f"title: no starts\nsource: a test\nsure: guess\nfaults:\n- {fault}\n")
    assert run([*SHORT, "--scenario", str(scenario), "--at", "2s"]) == 1
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
        (["--against", "HEAD", "--suggest"], "--suggest: --against is another question; ask one at a time"),
        (["--suggest", "--sensitivity"], "--sensitivity: --suggest is another question"),
        (["--sensitivity", "--map", "rate,down"], "--map: --sensitivity is another question"),
        (["--max-cost", "5"], "--max-cost: is a limit of --suggest"),
        (["--max-told", "5"], "--max-told: is a limit of --suggest"),
        (["--seeds", "3"], "--seeds: nothing is compared without --against or --suggest"),
        (["--map", "rate,down"], "--map: nothing fails without --scenario"),
        (["--map", "rate,down", "--scenario", "cold"], "--map: cold happens in one instant"),
        (["--map", "rate,down", "--scenario", "flap", "--day", "9"], "--map: the rate is an axis"),
        (["--map", "rate,down", "--scenario", "flap", "--json", "x.json"], "--json: --map has no such numbers"),
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


def _copy(folder: Path, **changed: str) -> Path:
    """Our project with other texts.  changed: by the file's name without its end."""
    for name, text in from_folder(ROOT).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(changed.get(file.stem, text))
    return folder


def test_another_version_is_compared_and_the_page_shows_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = _copy(tmp_path / "slow", queue=SLOW_QUEUE)
    page = tmp_path / "page.html"
    assert run([*SHORT, *BUSY, "--against", str(slow), "--seeds", "2", "--html", str(page)]) == 0
    said = capsys.readouterr().out
    assert f"With {slow}: promise kept" in said
    assert "90 % of the seeds" in said
    assert "better" in said
    assert f"<strong>{slow}</strong>" in page.read_text()


def test_a_version_that_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = _copy(tmp_path, queue="queue: fast\n")
    assert run([*SHORT, "--against", str(broken)]) == 2
    assert f"--against: the version '{broken}' cannot be read: queue.yaml:1:8:" in capsys.readouterr().err


def test_a_better_number_is_shown_as_a_diff_with_its_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = _copy(tmp_path, queue=SLOW_QUEUE)
    page = tmp_path / "page.html"
    options = ["--suggest", "--seeds", "2", "--max-cost", "0.2", "--html", str(page)]
    assert run(["simulate", str(slow), *BUSY, *options]) == 0
    said = capsys.readouterr().out
    assert "\n--- a/queue.yaml\n+++ b/queue.yaml\n" in said
    assert "\n-  rate: 1/s " in said
    assert "With these files: promise kept" in said
    assert "\n-  rate: 1/s " in page.read_text()


def test_the_map_is_printed_and_is_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "map.html"
    options = ["--scenario", "discord-down", "--down", "2s", "--map", "rate,down", "--html", str(page)]
    assert run([*SHORT, *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Promise kept in 25 of 25")
    assert "0.5/s" in said
    assert page.read_text().count('role="img"') == 25


def test_the_verdict_says_whether_it_hangs_on_what_nobody_publishes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run([*SHORT, "--sensitivity", "--html", str(page)]) == 0
    sentence = "That the promise is kept hangs on none of the"
    assert sentence in capsys.readouterr().out
    assert sentence in page.read_text()
    assert "\nthe model as it is " in page.read_text()


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
