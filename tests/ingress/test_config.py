"""A wrong environment and a wrong limits.yaml are one message that says what is expected; a right one is read."""

import importlib.util
from base64 import b64encode
from pathlib import Path

import pytest
from nacl.public import PublicKey
from nacl.signing import VerifyKey

from ingress.config import Config, read_config
from ingress.limits import read_limits
from service.environment import ConfigError
from tests.ingress.function import DISCORD, STEPS_KEY, environment
from tests.servers import ROOT

QUEUE = "projects/demo/locations/us-central1/queues/create-image-queue"
REPLY_QUEUE = "projects/demo/locations/us-central1/queues/reply-discord-queue"
WORKFLOW = "projects/demo/locations/us-central1/workflows/mando"
ACCOUNT = "mando-tasks@demo.iam.gserviceaccount.com"


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in environment("http://127.0.0.1:8080").items() if key != name}


def test_no_setting_takes_the_place_of_another() -> None:
    assert read_config(environment("http://127.0.0.1:8080")) == Config(
        public_key=VerifyKey(bytes.fromhex(DISCORD.public_key_hex)),
        seal_public_key=PublicKey(bytes(STEPS_KEY.public_key)),
        queue=QUEUE,
        reply_queue=REPLY_QUEUE,
        workflow=WORKFLOW,
        task_service_account=ACCOUNT,
        tasks_endpoint="http://127.0.0.1:8080",
        limits=read_limits(),
    )


KEY = b64encode(bytes(range(32))).decode()  # the same in each process, for the tests' names hold it
PUBLIC_KEY = "the application's Public Key, 64 hexadecimal digits, from Discord's developer portal, e.g. a0b1…"
SEAL_KEY = "the public half of the steps' sealing key, as `mando keys` prints it, e.g. q83v…="
QUEUE_NAME = f"the queue that paces the pictures, e.g. {QUEUE.replace('demo', 'my-project')}"
REPLY_QUEUE_NAME = f"the queue in which replies wait, e.g. {REPLY_QUEUE.replace('demo', 'my-project')}"
WORKFLOW_NAME = f"the workflow that a task starts, e.g. {WORKFLOW.replace('demo', 'my-project')}"
EXAMPLE = ACCOUNT.replace("demo", "my-project")
EMAIL = f"the service account as which a task starts the workflow, or calls a step, e.g. {EXAMPLE}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DISCORD_PUBLIC_KEY", "", f"missing; {PUBLIC_KEY}"),
        ("DISCORD_PUBLIC_KEY", "ab" * 31, f"The key must be exactly 32 bytes long; {PUBLIC_KEY}"),
        ("DISCORD_PUBLIC_KEY", "ab" * 33, f"The key must be exactly 32 bytes long; {PUBLIC_KEY}"),
        ("SEAL_PUBLIC_KEY", "", f"missing; {SEAL_KEY}"),
        ("SEAL_PUBLIC_KEY", "c2hvcnQ=", f"The public key must be exactly 32 bytes long; {SEAL_KEY}"),
        ("SEAL_PUBLIC_KEY", f"{KEY[:9]}*{KEY[9:]}", f"Only base64 data is allowed; {SEAL_KEY}"),
        ("QUEUE", "create-image-queue", f"not the full name of a queue; {QUEUE_NAME}"),
        ("REPLY_QUEUE", "", f"missing; {REPLY_QUEUE_NAME}"),
        ("REPLY_QUEUE", "reply-discord-queue", f"not the full name of a queue; {REPLY_QUEUE_NAME}"),
        ("WORKFLOW", "mando", f"not the full name of a workflow; {WORKFLOW_NAME}"),
        ("TASK_SERVICE_ACCOUNT", "mando-tasks", f"not an email address; {EMAIL}"),
    ],
)
def test_a_setting_that_is_wrong_is_named_with_what_was_expected(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(environment("http://127.0.0.1:8080") | {name: value})
    assert str(caught.value) == f"mando ingress: 1 setting is wrong\n  {name}  {said}"


def test_an_ingress_that_is_told_nothing_ends_at_once_with_exit_code_2_and_says_all_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else it would serve without a key, or end without a word."""
    for name in environment(""):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("an_ingress_without_settings", ROOT / "ingress" / "main.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(SystemExit) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert caught.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "mando ingress: 6 settings are wrong"
    assert [line.split()[:2] for line in lines[1:]] == [
        [name, "missing;"] for name in environment("") if name != "CLOUD_TASKS_ENDPOINT"
    ]


def test_limits_that_are_wrong_stand_in_the_same_message_as_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("backlog: {}\n")
    with pytest.raises(ConfigError) as caught:
        read_config({**environment("http://127.0.0.1:9"), "QUEUE": "q"}, file)
    count, queue, limits = str(caught.value).splitlines()
    assert count == "mando ingress: 2 settings are wrong"
    assert queue.startswith("  QUEUE  not the full name of a queue")
    assert limits.startswith("  limits.yaml is wrong: limits must contain")


def test_what_is_read_has_the_limits_of_the_file() -> None:
    config = read_config(environment("http://127.0.0.1:9"))
    assert config.limits.per_minute > 0
    assert config.tasks_endpoint == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"TASKS_CALL": "cron"}, "TASKS_CALL  not workflow, http or app-engine"),
        ({"TASKS_CALL": "http"}, "STEPS_URL is missing; TASKS_CALL=http needs it"),
        ({"TASKS_CALL": "http", "STEPS_URL": "steps"}, "STEPS_URL  not an http:// or https:// address"),
        ({"WORKFLOW": ""}, "WORKFLOW  missing"),
    ],
)
def test_what_tasks_call_is_half_said(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(environment("http://127.0.0.1:8080") | changed)
    assert said in str(caught.value)
