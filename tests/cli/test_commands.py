"""The `mando` command as a person types it."""

import json
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from base64 import b64decode
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from PIL import Image

import mandala
from cli.commands import COMMANDS, run
from tests.command import mando
from tests.servers import ROOT


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_takes(command: str) -> None:
    helped = mando(command, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith(f"Usage: mando {command} ")


def test_the_version_is_the_one_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = mando("--version")
    assert (said.returncode, said.stdout) == (0, f"mando {project['version']}\n")


def test_draw_writes_the_same_picture_for_the_same_words(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        drawn = mando("draw", "my", "cat", "--size", "128", "-o", str(tmp_path / name))
        assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (128, 128)


@pytest.mark.parametrize(
    ("name", "more", "format", "size", "is_animated"),
    [
        ("cat.png", ["--ratio", "2:1"], "PNG", (64, 32), False),
        ("cat.gif", [], "GIF", (64, 64), True),
        ("cat.webp", [], "WEBP", (64, 64), True),
        ("cats.jpg", ["--sheet", "7"], "JPEG", (6 * 64, 2 * 64), False),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(
    tmp_path: Path, name: str, more: list[str], format: str, size: tuple[int, int], is_animated: bool
) -> None:
    assert run(["draw", "cat", "--size", "64", *more, "-o", str(tmp_path / name)]) == 0
    with Image.open(tmp_path / name) as picture:
        assert (picture.format, picture.size, getattr(picture, "is_animated", False)) == (format, size, is_animated)


def test_a_printed_design_is_drawn_as_its_words_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design, ours, again = (tmp_path / name for name in ("cat.json", "ours.svg", "again.svg"))
    assert run(["draw", "cat", "--design"]) == 0
    design.write_text(capsys.readouterr().out)
    assert run(["draw", "cat", "--size", "64", "-o", str(ours)]) == 0
    assert run(["draw", "--design", str(design), "--size", "64", "-o", str(again)]) == 0
    assert ours.read_text().startswith("<svg")
    assert ours.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["my cat"], "my-cat.png"),
        (["my", "cat", "--size", "64"], "my-cat.png"),
        (["Größe, über alles!"], "Größe-über-alles.png"),
        (["../../etc/passwd"], "etc-passwd.png"),
        (["🐱"], "mandala.png"),
        (["--palette", "jade"], "mandala.png"),
        (["cat", "--sheet", "2", "--size", "64"], "cat-sheet.png"),
        (["a" * 300], "a" * 48 + ".png"),
    ],
)
def test_without_a_file_the_words_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["draw", *words]) == 0
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert capsys.readouterr().out.startswith(f"{name}: ")


def test_a_file_that_the_words_name_is_written_over_only_by_its_own_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for code in (0, 0):
        assert run(["draw", "cat", "--size", "64"]) == code
    photo = Path("cat.png")
    photo.write_bytes(b"a photo")
    capsys.readouterr()
    assert run(["draw", "cat", "--size", "64"]) == 2
    said = capsys.readouterr().err
    assert said == "mando draw: --output: cat.png is another file; -o cat.png writes over it\n"
    assert photo.read_bytes() == b"a photo"
    assert run(["draw", "cat", "--size", "64", "-o", "cat.png"]) == 0
    assert photo.read_bytes() != b"a photo"


def test_draw_alone_lists_every_palette_and_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["draw"]) == 0
    listed = re.findall(r"[a-z]+", capsys.readouterr().out)
    assert {*mandala.PALETTES, *mandala.FAMILIES} <= set(listed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", "{" * 3000, '{"seed": 1}'])
def test_a_file_that_is_no_design_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    design = tmp_path / "cat.json"
    design.write_text(content)
    assert run(["draw", "--design", str(design), "-o", str(tmp_path / "cat.png")]) == 2
    assert capsys.readouterr().err.startswith(f"mando draw: --design: {design}: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.tiff"], "--output: 'x.tiff' does not end in .png"),
        (["--size", "33", "-o", "x.png"], "--size: 33"),
        (["--size", "9999", "-o", "x.png"], "--size: 9999"),
        (["--palette", "plaid", "-o", "x.png"], "--palette: 'plaid' is none of"),
        (["--ratio", "2:1", "-o", "x.gif"], "--ratio: 2:1 is for .png and .svg; a sheet or a .gif is square"),
        (["--symmetry", "1", "-o", "x.png"], "--symmetry: 1 is none of"),
        (["-o", "/nowhere/x.png"], "--output: cannot write /nowhere/x.png: No such file or directory"),
    ],
)
def test_draw_names_the_option_that_is_wrong(arguments: list[str], message: str) -> None:
    wrong = mando("draw", *arguments)
    assert wrong.returncode == 2
    assert message in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_run_prints_the_execution_and_virtual_time_passes_sleeps_at_once(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(
        "main:\n  params: [a]\n  steps:\n"
        "  - s:\n      call: sys.sleep\n      args: {seconds: 500}\n"
        '  - r:\n      return: ${a.x + int(sys.get_env("N"))}\n'
    )
    ran = mando("run", str(file), "--data", '{"x": 1}', "--env", "N=41", "--virtual-time")
    execution = json.loads(ran.stdout)
    assert (ran.returncode, execution["state"], execution["result"]) == (0, "SUCCEEDED", "42")
    assert 500 <= float(execution["duration"].removesuffix("s")) < 510
    failed = mando("run", str(file), "--env", "N=41", "--virtual-time")
    assert (failed.returncode, json.loads(failed.stdout)["state"]) == (1, "FAILED")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere.yaml"], "cannot read /nowhere.yaml"),
        (["--data", "{"], "--data: The argument is not valid JSON"),
        (["--env", "N"], "--env: 'N' is not of the form NAME=VALUE"),
    ],
)
def test_run_says_what_it_cannot_run(arguments: list[str], message: str) -> None:
    file = [] if arguments[0].endswith(".yaml") else ["workflows/mando.yaml"]
    wrong = mando("run", *file, *arguments)
    assert wrong.returncode == 2
    assert message in wrong.stderr


def test_keys_makes_a_pair_that_only_its_owner_can_read_and_never_overwrites_one(tmp_path: Path) -> None:
    path = tmp_path / "seal.key"
    made = mando("keys", "-o", str(path))
    private = PrivateKey(b64decode(path.read_text()))
    assert b64decode(made.stdout.removeprefix("SEAL_PUBLIC_KEY=")) == bytes(private.public_key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = mando("keys", "-o", str(path))
    assert (again.returncode, "File exists" in again.stderr) == (2, True)


def test_env_sets_what_gcloud_needs_and_unset_takes_it_back_as_it_was() -> None:
    command = shlex.join([sys.executable, "-m", "cli.main", "env", "--port", "9000"])
    script = f"""
        set -eu
        export CLOUDSDK_CORE_PROJECT="it's mine"
        before=$(env | grep -v '^_=' | sort)
        eval "$({command})"
        eval "$({command})"
        echo "$CLOUDSDK_CORE_PROJECT $CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"
        eval "$({command} --unset)"
        [ "$before" = "$(env | grep -v '^_=' | sort)" ] && echo as before
    """
    ran = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["demo http://127.0.0.1:9000/storage/v1/", "as before"], ran.stderr


def test_an_option_can_be_an_environment_variable_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli.main", "draw", "x", "-o", str(tmp_path / "x.png")]
    ran = subprocess.run(command, cwd=ROOT, env={"MANDO_DRAW_SIZE": "64"}, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size == (64, 64)
