"""A wrong environment is one message that lists everything."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from nacl.public import PrivateKey

from service.environment import ConfigError, Secret, SecretUnavailable
from service.step_tasks import StepTasks
from steps.config import SETTINGS, Config, read_config
from tests.steps.service import TOLD

KEY = b64encode(bytes(range(32))).decode()  # the same in each process, for the tests' names hold it


def config(**environ: str) -> Config:
    set_ = {"GOOGLE_CLOUD_PROJECT": "demo", "SEAL_PRIVATE_KEY": KEY, **TOLD, **environ}
    return read_config(set_, read_secret=no_secrets)


def no_secrets(version: str) -> Secret:
    raise AssertionError(f"asked for {version}")


KEYS = (PrivateKey(b64decode(KEY)),)


def test_all_else_that_is_not_secret_follows_from_the_project() -> None:
    assert config() == Config(
        project="demo",
        version="local",
        bucket="demo-mandalas",
        audience="mando-steps",
        workflow_service_account="mando-workflow@demo.iam.gserviceaccount.com",
        step_tasks=StepTasks(TOLD["STEPS_URL"], "mando-steps", "mando-steps@demo.iam.gserviceaccount.com"),
        reply_queue=TOLD["REPLY_QUEUE"],
        urgent_queue=TOLD["URGENT_QUEUE"],
        seal_private_keys=KEYS,
        delivery="attach",
        discord_api="https://discord.com/api/v10",
        certs_url="https://www.googleapis.com/oauth2/v1/certs",
        bot_token=None,
    )


@pytest.mark.parametrize(
    ("tasks_call", "url", "has_workflow"),
    [
        (None, TOLD["STEPS_URL"], True),
        ("workflow", TOLD["STEPS_URL"], True),
        ("http", TOLD["STEPS_URL"], False),
        ("app-engine", "", False),
    ],
)
def test_the_tasks_that_the_steps_make_act_as_themselves_in_every_form(
    tasks_call: str | None, url: str, has_workflow: bool
) -> None:
    read = config(AUDIENCE="a", GAE_ENV="standard", **({"TASKS_CALL": tasks_call} if tasks_call else {}))
    assert read.step_tasks == StepTasks(url, "a", "mando-steps@demo.iam.gserviceaccount.com")
    assert (read.has_workflow, read.tasks_endpoint) == (has_workflow, None)


def test_tasks_for_app_engine_reach_steps_there_alone() -> None:
    with pytest.raises(ConfigError, match="TASKS_CALL=app-engine is for steps on App Engine"):
        config(TASKS_CALL="app-engine")


@pytest.mark.parametrize("tasks_call", ["workflow", "http", "app-engine"])
def test_without_an_address_or_a_queue_the_steps_do_not_start(tasks_call: str) -> None:
    needed = {"REPLY_QUEUE", "URGENT_QUEUE", *(["STEPS_URL"] if tasks_call != "app-engine" else [])}
    told = {"TASKS_CALL": tasks_call, "GAE_ENV": "standard"}
    with pytest.raises(ConfigError) as caught:
        config(STEPS_URL="", REPLY_QUEUE="", URGENT_QUEUE="", **told)
    assert {line.split()[0] for line in str(caught.value).splitlines()[1:]} == needed
    for wrong in ("q", "projects/p/locations/l/queues/", "projects/p/locations/l/queues/q/tasks/t", "$QUEUE"):
        for name in ("REPLY_QUEUE", "URGENT_QUEUE"):
            with pytest.raises(ConfigError, match=r"1 setting is wrong\n  .*not a queue's full name"):
                config(**told, **{name: wrong})


@pytest.mark.parametrize("tasks_call", ["http", "app-engine"])
@pytest.mark.parametrize(("said", "audience"), [({}, "a"), ({"REPLY_AUDIENCE": "b"}, "b")])
def test_replies_elsewhere_are_called_there_over_http_whatever_calls_this_step(
    tasks_call: str, said: dict[str, str], audience: str
) -> None:
    """Source: Cloud Tasks v2, AppEngineHttpRequest: it reaches a service of App Engine and nothing else."""
    elsewhere = "https://reply.example"
    read = config(TASKS_CALL=tasks_call, REPLY_URL=elsewhere, AUDIENCE="a", **said)
    assert read.step_tasks == StepTasks(elsewhere, audience, "mando-steps@demo.iam.gserviceaccount.com")
    assert read.audience == "a"
    with pytest.raises(ConfigError, match="REPLY_URL  not an http:// or https:// address without a path"):
        config(REPLY_URL=f"{elsewhere}/path")


def test_tasks_of_app_engine_are_believed_elsewhere_too() -> None:
    """Source: App Engine, "Runtime environment": GAE_ENV is standard there."""
    queues = "create-image-queue, reply-discord-queue"
    assert config(APP_ENGINE_QUEUES=queues, GAE_ENV="standard").app_engine_queues == (
        *("create-image-queue", "reply-discord-queue"),
    )
    assert config(GAE_ENV="standard").app_engine_queues == ()
    for environ in ({}, {"GAE_ENV": ""}, {"GAE_ENV": "flex"}, {"GAE_ENV": "Standard"}):
        with pytest.raises(ConfigError, match="1 setting is wrong\n  APP_ENGINE_QUEUES is for App Engine: elsewhere"):
            config(APP_ENGINE_QUEUES=queues, **environ)
    for wrong in ("projects/p/locations/l/queues/q", "a,,b", "q,", "*"):
        with pytest.raises(ConfigError, match="not short names of queues"):
            config(APP_ENGINE_QUEUES=wrong, GAE_ENV="standard")


@pytest.mark.parametrize(
    ("environ", "version"), [({}, "local"), ({"GAE_VERSION": "20260131t120000"}, "20260131t120000")]
)
def test_discord_reads_which_version_calls_it(environ: dict[str, str], version: str) -> None:
    """Source: Discord, "User Agent"; App Engine, "Runtime environment"."""
    assert config(**environ).user_agent == f"DiscordBot (https://demo.appspot.com, {version})"


def test_no_setting_takes_the_place_of_another() -> None:
    read = config(
        GAE_VERSION="20260131t120000",
        BUCKET="other-bucket",
        AUDIENCE=" another ",
        WORKFLOW_SERVICE_ACCOUNT="a@b",
        STEPS_SERVICE_ACCOUNT="c@d",
        STEPS_URL="http://127.0.0.1:8082",
        REPLY_QUEUE="projects/p/locations/l/queues/q",
        URGENT_QUEUE="projects/p/locations/l/queues/u",
        CLOUD_TASKS_ENDPOINT="http://127.0.0.1:8080",
        DELIVERY="link",
        DISCORD_API="http://discord.example/api/",
        OIDC_CERTS_URL="http://issuer.example/certs",
    )
    assert read == Config(
        project="demo",
        version="20260131t120000",
        bucket="other-bucket",
        audience="another",
        workflow_service_account="a@b",
        step_tasks=StepTasks("http://127.0.0.1:8082", "another", "c@d"),
        reply_queue="projects/p/locations/l/queues/q",
        urgent_queue="projects/p/locations/l/queues/u",
        seal_private_keys=KEYS,
        delivery="link",
        discord_api="http://discord.example/api",
        certs_url="http://issuer.example/certs",
        bot_token=None,
        tasks_endpoint="http://127.0.0.1:8080",
    )


def test_every_wrong_setting_is_named_with_what_was_expected() -> None:
    with pytest.raises(ConfigError) as caught:
        config(BUCKET="-", DELIVERY="pigeon", DISCORD_API="ftp://x")
    lines = str(caught.value).splitlines()
    assert lines[0] == "mando steps: 3 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == ["BUCKET", "DELIVERY", "DISCORD_API"]
    assert "not attach or link" in lines[2]


def test_a_missing_project_is_said() -> None:
    with pytest.raises(ConfigError, match="GOOGLE_CLOUD_PROJECT  missing"):
        read_config({}, read_secret=no_secrets)


class Secrets:
    """In the place of Secret Manager: gives this text and notes which version was asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def read(self, version: str) -> Secret:
        self.asked.append(version)
        return Secret(self.text)


LATEST = "projects/demo/secrets/mando-seal-private-key/versions/latest"
OTHER = "projects/other/secrets/x/versions/3"


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, [LATEST]),
        ({"SEAL_PRIVATE_KEY": ""}, [LATEST]),
        ({"SEAL_PRIVATE_KEY_SECRET": OTHER}, [OTHER]),
        ({"SEAL_PRIVATE_KEY": KEY, "SEAL_PRIVATE_KEY_SECRET": OTHER}, []),
    ],
    ids=str,
)
def test_the_key_comes_from_secret_manager_unless_it_is_given(environ: dict[str, str], asked: list[str]) -> None:
    secrets = Secrets(KEY)
    read = read_config({"GOOGLE_CLOUD_PROJECT": "demo", **TOLD, **environ}, secrets.read)
    assert (read.seal_private_keys, secrets.asked) == (KEYS, asked)


@pytest.mark.parametrize(
    ("environ", "token", "asked"),
    [
        ({}, None, []),
        ({"DISCORD_BOT_TOKEN": "abc\n"}, "abc", []),  # the line's end in a file is no part of it
        ({"DISCORD_BOT_TOKEN_SECRET": OTHER}, "from the secret", [OTHER]),
        ({"DISCORD_BOT_TOKEN": "abc", "DISCORD_BOT_TOKEN_SECRET": OTHER}, "abc", []),
        ({"DISCORD_BOT_TOKEN": "", "DISCORD_BOT_TOKEN_SECRET": ""}, None, []),
    ],
    ids=str,
)
def test_the_bots_token_is_the_one_that_is_given_or_the_secret_that_is_named_or_none(
    environ: dict[str, str], token: str | None, asked: list[str]
) -> None:
    secrets = Secrets("from the secret")
    read = read_config({"GOOGLE_CLOUD_PROJECT": "demo", "SEAL_PRIVATE_KEY": KEY, **TOLD, **environ}, secrets.read)
    assert (read.bot_token.reveal() if read.bot_token else None, secrets.asked) == (token, asked)


SHORT = "c2hvcnQ="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SHORT, "key 1 has 5 bytes, expected 32"),
        (f"{KEY}, {SHORT}", "key 2 has 5 bytes, expected 32"),
        (f"{KEY},", "key 2 has 0 bytes, expected 32"),
        (b64encode(bytes(33)).decode(), "key 1 has 33 bytes, expected 32"),
        ("not base64", "Only base64 data is allowed"),
        (f"{KEY[:9]}*{KEY[9:]}", "Only base64 data is allowed"),
    ],
)
def test_a_key_that_is_none_is_refused_without_being_shown_and_it_is_said_what_is_wrong(text: str, said: str) -> None:
    """Given or read from Secret Manager."""
    wanted = "the private sealing key, as `mando keys` makes one, a comma between two, e.g. q83v…="
    for environ in ({"SEAL_PRIVATE_KEY": text}, {}):
        with pytest.raises(ConfigError) as caught:
            read_config({"GOOGLE_CLOUD_PROJECT": "demo", **TOLD, **environ}, Secrets(text).read)
        assert str(caught.value) == f"mando steps: 1 setting is wrong\n  SEAL_PRIVATE_KEY  {said}; {wanted}"


def test_a_project_a_secret_and_a_setting_that_are_wrong_are_one_message() -> None:
    def read_secret(version: str) -> Secret:
        raise SecretUnavailable(f"cannot read the secret {version}")

    version = "projects/demo/secrets/bot/versions/1"
    with pytest.raises(ConfigError) as caught:
        read_config({**TOLD, "DISCORD_BOT_TOKEN_SECRET": version, "DELIVERY": "pigeon"}, read_secret)
    lines = str(caught.value).splitlines()
    assert lines[0] == "mando steps: 3 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == ["GOOGLE_CLOUD_PROJECT", "DISCORD_BOT_TOKEN", "DELIVERY"]
    assert version in lines[2]


def test_no_variable_is_read_that_is_not_in_the_table() -> None:
    class Watched(dict[str, str]):
        asked: set[str] = set()  # noqa: RUF012 -- one of them

        def get(self, name: str, default: object = None) -> Any:
            self.asked.add(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            self.asked.add(name)
            return super().__getitem__(name)

    read_config(Watched(GOOGLE_CLOUD_PROJECT="demo", SEAL_PRIVATE_KEY=KEY, **TOLD), no_secrets)
    assert Watched.asked == SETTINGS.keys()
