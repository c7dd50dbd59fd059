"""In which order calls are made, which are left out, and where it stops: with a gcloud that notes what it is asked."""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from deploy.call import Call, Query
from deploy.form import settings
from deploy.perform import CallFailed, perform
from deploy.script import script
from local.form import DEFAULT_FORM
from tests.deploy.project import CALLS
from tests.servers import ROOT

PRETENDER = """
import json, os, sys
folder, words = sys.argv[1], sys.argv[2:]
with open(os.path.join(folder, "asked.jsonl"), "a") as asked:
    asked.write(json.dumps(words) + "\\\\n")
answers = json.load(open(os.path.join(folder, "answers.json")))
for start, (status, text) in answers.items():
    if " ".join(words).startswith(start):
        (sys.stderr if text.startswith("ERROR") else sys.stdout).write(text)
        sys.exit(status)
""".replace("\\\\n", "\\n")
SETTINGS = {
    "PROJECT": "my-project",
    "LOCATION": "europe-west1",
    "APP_REGION": "europe-west",
    "DISCORD_PUBLIC_KEY": "ab" * 32,
    "SEAL_PUBLIC_KEY": "key=",
    **settings(DEFAULT_FORM),
}
# What gcloud answers in a project where nothing is yet: every question of an `unless` fails.
EMPTY = {
    "app describe --format=value(serviceAccount)": (0, "mando-build@my-project.iam.gserviceaccount.com\n"),
    "app describe --format": (0, "my-project.ew.r.appspot.com\n"),
    "app describe": (1, ""),
    "iam service-accounts describe": (1, ""),
    "storage buckets describe": (1, ""),
    "secrets describe": (1, ""),
    "secrets versions access": (1, ""),
    "functions describe": (0, "https://ingress.example\n"),
}
FULL = {
    "app describe --format=value(serviceAccount)": (0, "my-project@appspot.gserviceaccount.com\n"),
    "app describe --format": (0, "my-project.ew.r.appspot.com\n"),
    "secrets versions access": (0, "the key\n"),
    "functions describe": (0, "https://ingress.example\n"),
}
# A project that has queues of others, and was deployed by an older mando.
USED = {
    **FULL,
    "tasks queues list": (0, "theirs\nanother\n"),
    "tasks queues describe create-image-queue": (1, ""),
    "tasks queues get-iam-policy": (0, "roles/cloudtasks.viewer\n"),
}


class Pretender:
    """Programs that write down how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pretend.py").write_text(PRETENDER)
        (folder / "seal key").write_text("the key\n")
        (folder / "app.yaml").write_text((ROOT / "app.yaml").read_text())
        self.answers(EMPTY)
        # It starts hundreds of times, and needs nothing that is installed.
        self.command = (sys.executable, "-I", "-S", str(folder / "pretend.py"), str(folder))
        self.settings = {**SETTINGS, "SEAL_KEY_FILE": str(folder / "seal key")}
        self.said: list[str] = []

    def answers(self, answers: dict[str, tuple[int, str]]) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers))

    def perform(self, calls: Sequence[Call | Query] = CALLS) -> dict[str, str]:
        programs = {"gcloud": self.command, "mando": self.command}
        return perform(self.settings, calls, programs, self.folder, self.said.append)

    def written(self) -> str:
        """app.deployed.yaml, which is gone then."""
        file = self.folder / "app.deployed.yaml"
        text = file.read_text()
        file.unlink()
        return text

    def asked(self) -> list[str]:
        file = self.folder / "asked.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [shlex.join(json.loads(line)) for line in lines]


@pytest.fixture
def pretender(tmp_path: Path) -> Pretender:
    return Pretender(tmp_path)


def test_in_an_empty_project_every_call_is_made_in_order(pretender: Pretender) -> None:
    pretender.perform()
    asked = pretender.asked()
    positions = [
        next(number for number, words in enumerate(asked) if words.startswith(start))
        for start in (
            "services enable",
            "app create --region=europe-west",
            "iam service-accounts create mando-ingress",
            "storage buckets create gs://my-project-mandalas --location=europe-west1",
            "secrets versions add mando-seal-private-key",
            "app deploy queue.yaml",
            "app deploy app.deployed.yaml --service-account=mando-steps@my-project.iam.gserviceaccount.com",
            "workflows deploy mando",
            "functions deploy mando-ingress",
            "register --endpoint=https://ingress.example",
        )
    ]
    assert positions == sorted(positions)
    assert any("STEPS_URL=https://my-project.ew.r.appspot.com," in words for words in asked)


def test_what_is_there_is_not_made_again(pretender: Pretender) -> None:
    pretender.answers(FULL)
    pretender.perform()
    assert not [words for words in pretender.asked() if "create" in words.split() or "versions add" in words]


def test_where_others_have_queues_ours_are_set_one_by_one(pretender: Pretender) -> None:
    pretender.answers(USED)
    pretender.perform()
    asked = pretender.asked()
    assert "app deploy queue.yaml" not in asked
    assert "tasks queues create create-image-queue --location=europe-west1" in asked
    assert not [words for words in asked if words.startswith("tasks queues create reply-discord-queue")]
    assert len([words for words in asked if words.startswith("tasks queues update")]) == 3
    assert [words for words in asked if "remove-iam-policy-binding" in words] != []
    assert "queues of others in this region: theirs another" in pretender.said


def test_an_error_that_is_known_is_explained(pretender: Pretender, capfd: pytest.CaptureFixture[str]) -> None:
    said = "ERROR: Service account creation is not allowed on this project."
    pretender.answers({**EMPTY, "iam service-accounts create": (1, said)})
    with pytest.raises(CallFailed, match=r"(?s)the account of the builds: exit status 1 .*\nthe organisation"):
        pretender.perform()
    assert said in capfd.readouterr().err


def test_another_key_in_the_file_becomes_a_new_version_of_the_secret(pretender: Pretender) -> None:
    pretender.answers({**FULL, "secrets versions access": (0, "an older key\n")})
    pretender.perform()
    assert [words for words in pretender.asked() if "versions add" in words] != []


def test_a_run_that_stopped_half_way_goes_on_and_says_where_it_stopped(pretender: Pretender) -> None:
    pretender.answers({**EMPTY, "app deploy app.deployed.yaml": (1, "")})
    with pytest.raises(CallFailed, match=r"the steps: exit status 1 of gcloud app deploy app\.deployed\.yaml"):
        pretender.perform()
    assert "workflows deploy" not in " ".join(pretender.asked())
    pretender.answers(FULL)
    pretender.perform()
    assert "workflows deploy" in " ".join(pretender.asked())


def test_an_address_that_is_not_answered_stops_it(pretender: Pretender) -> None:
    pretender.answers({**FULL, "app describe --format": (0, "\n")})
    with pytest.raises(CallFailed, match=r"the host of the steps: gcloud app describe .*\nit answered nothing"):
        pretender.perform()


@pytest.mark.parametrize("answers", [EMPTY, FULL, USED], ids=["empty", "full", "used"])
def test_the_printed_script_makes_the_very_same_calls(
    pretender: Pretender, tmp_path: Path, answers: dict[str, tuple[int, str]]
) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for program in ("gcloud", "mando"):
        (bin_folder / program).write_text(f'#!/bin/sh\nexec {shlex.join(pretender.command)} "$@"\n')
        (bin_folder / program).chmod(0o755)
    pretender.answers(answers)
    pretender.perform()
    performed = pretender.asked(), pretender.written()
    done = subprocess.run(
        ["bash"],
        input="\n".join(script(pretender.settings, CALLS)) + "\n",
        cwd=pretender.folder,
        env={"PATH": f"{bin_folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (pretender.asked(), pretender.written()) == performed


def test_the_steps_are_deployed_with_the_settings_of_the_project_and_all_else_that_app_yaml_says(
    pretender: Pretender,
) -> None:
    pretender.perform()
    deployed, ours = yaml.safe_load(pretender.written()), yaml.safe_load((ROOT / "app.yaml").read_text())
    queues = "projects/my-project/locations/europe-west1/queues"
    variables = deployed.pop("env_variables")
    assert variables == {
        "TASKS_CALL": "workflow",
        "WORKFLOW_SERVICE_ACCOUNT": "mando-workflow@my-project.iam.gserviceaccount.com",
        "APP_ENGINE_QUEUES": "",
        "STEPS_URL": "https://my-project.ew.r.appspot.com",
        "REPLY_URL": "https://my-project.ew.r.appspot.com",
        "REPLY_AUDIENCE": "mando-steps",
        "REPLY_QUEUE": f"{queues}/reply-discord-queue",
        "URGENT_QUEUE": f"{queues}/urgent-reply-queue",
    }
    assert ours.pop("env_variables").keys() == variables.keys()
    assert deployed == ours
