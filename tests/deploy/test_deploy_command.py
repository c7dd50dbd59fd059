"""`mando deploy` itself: what it says of wrong arguments, what --dry-run prints, what it lets gcloud upload."""

import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from cli.main import run
from tests.deploy.project import PARTS
from tests.gcloud import require_gcloud
from tests.servers import ROOT


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "seal.key"
    file.write_text(b64encode(bytes(PrivateKey(b"k" * 32))).decode() + "\n")
    return file


def test_all_that_is_missing_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mando deploy: ")
    for option in ("--project", "--discord-public-key", "--seal-key"):
        assert f"  {option} " in said


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--project", "My_Project", "'My_Project' is not the Google Cloud project"),
        ("--location", "$(reboot)", "'$(reboot)' is not where all of it runs, e.g. us-central1"),
        ("--discord-public-key", "abc", "'abc' is not the application's Public Key"),
        ("--seal-key", "/nowhere/seal.key", "cannot read /nowhere/seal.key: No such file"),
        ("--seal-key", "/dev/zero", "holds no key"),
        ("--seal-key", __file__, "holds no key; make one with `mando keys"),
    ],
)
def test_a_wrong_argument_is_named_with_an_example(
    capsys: pytest.CaptureFixture[str], key_file: Path, option: str, value: str, said: str
) -> None:
    right = {"--project": "my-project", "--discord-public-key": "ab" * 32, "--seal-key": str(key_file)}
    words = [word for pair in {**right, option: value}.items() for word in pair]
    assert run(["deploy", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_dry_run_prints_a_script_that_bash_can_read(capsys: pytest.CaptureFixture[str], key_file: Path) -> None:
    words = ["--project", "my-project", "--location", "europe-west1", "--seal-key", str(key_file)]
    assert run(["deploy", "--dry-run", *words]) == 0
    printed = capsys.readouterr().out
    assert "\nPROJECT=my-project\nLOCATION=europe-west1\nAPP_REGION=europe-west\n" in printed
    public_key = b64encode(bytes(PrivateKey(b"k" * 32).public_key)).decode()
    assert f"\nSEAL_PUBLIC_KEY={public_key}\n" in printed
    assert key_file.read_text().strip() not in printed
    subprocess.run(["bash", "-n"], input=printed, text=True, check=True)


@pytest.mark.parametrize("command", ["doctor", "destroy"])
def test_what_works_on_a_project_says_all_that_is_wrong_at_once(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run([command, "--location", "$(reboot)"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"mando {command}: ")
    assert "  --project   missing; the Google Cloud project" in said
    assert "'$(reboot)' is not where all of it runs" in said


@pytest.mark.parametrize("part", PARTS)
def test_each_part_alone_is_a_script_that_defines_all_that_it_uses(
    capsys: pytest.CaptureFixture[str], part: str
) -> None:
    assert run(["deploy", "--dry-run", "--only", part]) == 0
    printed = capsys.readouterr().out
    used = set(re.findall(r"\$([A-Z_]+)", printed))
    assert used <= set(re.findall(r"^([A-Z_]+)=", printed, flags=re.MULTILINE))
    purposes = [line.removeprefix("# ") for line in printed.splitlines()[1:] if line.startswith("# ")]
    assert purposes[-len(PARTS[part]) :] == [call.purpose for call in PARTS[part]]


def test_a_part_asks_only_for_what_it_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["deploy", "--only", "queues"]) == 2
    said = capsys.readouterr().err
    assert "  --project " in said
    assert "--seal-key" not in said
    assert "--discord-public-key" not in said


def test_the_first_of_several_keys_is_the_one_to_seal_with(capsys: pytest.CaptureFixture[str], key_file: Path) -> None:
    newer = PrivateKey(b"n" * 32)
    key_file.write_text(f"{b64encode(bytes(newer)).decode()},{key_file.read_text()}")
    run(["deploy", "--dry-run", "--seal-key", str(key_file)])
    assert f"SEAL_PUBLIC_KEY={b64encode(bytes(newer.public_key)).decode()}\n" in capsys.readouterr().out


def test_only_what_runs_in_the_cloud_is_uploaded(tmp_path: Path) -> None:
    require_gcloud()
    shutil.copy(ROOT / ".gcloudignore", tmp_path)
    wanted = [
        "main.py",
        "requirements.txt",
        "ingress/main.py",
        "mandala/design.py",
        "schemas/request.json",
        "steps/app.py",
    ]
    unwanted = ["seal.key", ".env", "app.yaml", "tests/x.py", ".mando/data", "local/x.py", "steps/__pycache__/app.pyc"]
    for name in wanted + unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    command = ["gcloud", "meta", "list-files-for-upload", str(tmp_path)]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sorted(listed.stdout.split()) == sorted(wanted)
