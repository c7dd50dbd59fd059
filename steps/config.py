"""Environment → Config, or one message that lists all that is wrong.  Read once, when the process starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nacl.public import PrivateKey

from service import step_tasks
from service.environment import QUEUE_NAME, Secret, Setting, email, matching, read_environment
from service.step_tasks import StepTasks
from steps.seal import parse_private_keys

Delivery = Literal["attach", "link"]
_APP_ENGINE = "standard"  # Source: App Engine, "Runtime environment": GAE_ENV, which app.yaml cannot change


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the steps.  app_engine_queues: whose App Engine tasks may call without a token.

    step_tasks: how the tasks that the steps make call them.  They go into reply_queue, and into urgent_queue near the
    token's end.  has_workflow: else the steps make a reply's first task too.
    """

    project: str
    version: str
    bucket: str
    audience: str
    workflow_service_account: str
    step_tasks: StepTasks
    reply_queue: str
    urgent_queue: str
    seal_private_keys: tuple[PrivateKey, ...]
    delivery: Delivery
    discord_api: str
    certs_url: str
    bot_token: Secret | None = None
    app_engine_queues: tuple[str, ...] = ()
    has_workflow: bool = True
    tasks_endpoint: str | None = None

    @property
    def user_agent(self) -> str:
        """Of our calls to Discord.  Source: Discord, "User Agent": DiscordBot ($url, $versionNumber)."""
        return f"DiscordBot (https://{self.project}.appspot.com, {self.version})"


_URL = matching(r"https?://[^\s/]+(/[^\s?#]*)?", "an http:// or https:// address")
_QUEUE = matching(QUEUE_NAME, "a queue's full name")


def _parse_bot_token(text: str) -> Secret | None:
    """None if there is none; a file's line end is removed."""
    return Secret(text.strip()) if text else None


def _parse_queues(text: str) -> tuple[str, ...]:
    queue = matching(r"[A-Za-z0-9-]{1,100}", "short names of queues")
    return tuple(queue(name.strip()) for name in text.split(",")) if text else ()


# Defaults follow from the project's id where possible.
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": Setting("App Engine sets it; elsewhere it is the project's id", "my-project"),
    # Source: App Engine, "Runtime environment": GAE_VERSION.  The package is not installed there.
    "GAE_VERSION": Setting("App Engine sets it: the version of this service", "20260131t120000", default="local"),
    "BUCKET": Setting(
        "the bucket that holds the pictures",
        "my-project-mandalas",
        matching(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "a bucket's name"),
        default="{GOOGLE_CLOUD_PROJECT}-mandalas",
    ),
    "AUDIENCE": Setting(
        "the audience that the workflow's tokens must name", "mando-steps", str.strip, default="mando-steps"
    ),
    "WORKFLOW_SERVICE_ACCOUNT": Setting(
        "the account that may call the steps, beside their own",
        "mando-workflow@my-project.iam.gserviceaccount.com",
        email,
        default="mando-workflow@{GOOGLE_CLOUD_PROJECT}.iam.gserviceaccount.com",
    ),
    "STEPS_SERVICE_ACCOUNT": Setting(
        "the steps' own account, as which the tasks that they make call them",
        "mando-steps@my-project.iam.gserviceaccount.com",
        email,
        default="mando-steps@{GOOGLE_CLOUD_PROJECT}.iam.gserviceaccount.com",
    ),
    "APP_ENGINE_QUEUES": Setting(
        "the queues whose App Engine tasks may call without a token, a comma between two; on App Engine only",
        "create-image-queue,reply-discord-queue,urgent-reply-queue",
        _parse_queues,
        default="",
    ),
    "REPLY_QUEUE": Setting(
        "the queue in which replies wait",
        "projects/my-project/locations/us-central1/queues/reply-discord-queue",
        _QUEUE,
    ),
    "URGENT_QUEUE": Setting(
        "the queue in which replies wait whose token ends soon",
        "projects/my-project/locations/us-central1/queues/urgent-reply-queue",
        _QUEUE,
    ),
    **step_tasks.SETTINGS,
    "REPLY_URL": Setting(
        "where tasks reach /reply-discord; without it, and if it is STEPS_URL, that is where the other step is",
        "https://mando-reply-1234567890.us-central1.run.app",
        step_tasks.host_url,
        default="",
    ),
    "REPLY_AUDIENCE": Setting("the audience of a task's token there", "mando-reply", str.strip, default="{AUDIENCE}"),
    "SEAL_PRIVATE_KEY_SECRET": Setting(
        "where Secret Manager keeps the private sealing key",
        "projects/my-project/secrets/mando-seal-private-key/versions/latest",
        default="projects/{GOOGLE_CLOUD_PROJECT}/secrets/mando-seal-private-key/versions/latest",
    ),
    "SEAL_PRIVATE_KEY": Setting(
        "the private sealing key, as `mando keys` makes one, a comma between two",
        "q83v…=",
        parse_private_keys,
        stored_at="SEAL_PRIVATE_KEY_SECRET",
    ),
    "DISCORD_BOT_TOKEN_SECRET": Setting(
        "where Secret Manager keeps the bot's token",
        "projects/my-project/secrets/mando-bot-token/versions/latest",
        default="",
    ),
    "DISCORD_BOT_TOKEN": Setting(
        "the bot's token, with which a replay can post after an interaction's token has expired",
        "MTE0…",
        _parse_bot_token,
        default="",
        stored_at="DISCORD_BOT_TOKEN_SECRET",
    ),
    "DELIVERY": Setting(
        "how the picture reaches Discord: uploaded with the reply, or linked from a public bucket",
        "attach",
        matching("attach|link", "attach or link"),
        default="attach",
    ),
    "DISCORD_API": Setting(
        "where Discord's API is", "https://discord.com/api/v10", _URL, default="https://discord.com/api/v10"
    ),
    "OIDC_CERTS_URL": Setting(
        "the certificates of the issuer of the workflow's tokens",
        "https://www.googleapis.com/oauth2/v1/certs",
        _URL,
        default="https://www.googleapis.com/oauth2/v1/certs",
    ),
}


def _is_on_app_engine(environ: Mapping[str, str]) -> bool:
    return environ.get("GAE_ENV") == _APP_ENGINE


def read_config(environ: Mapping[str, str], read_secret: Callable[[str], Secret]) -> Config:
    """Raises ConfigError.  read_secret gets a secret's version by its full name; it raises SecretUnavailable."""
    problems = [] if environ.get("REPLY_URL") else step_tasks.problems(environ, step_tasks.WORKFLOW, step_tasks.HTTP)
    calls_app_engine = environ.get("TASKS_CALL") == step_tasks.APP_ENGINE and not step_tasks.is_elsewhere(environ)
    if calls_app_engine and not _is_on_app_engine(environ):
        problems.append(
            "TASKS_CALL=app-engine is for steps on App Engine: no such task reaches them elsewhere; say http"
        )
    if environ.get("APP_ENGINE_QUEUES") and not _is_on_app_engine(environ):
        problems.append("APP_ENGINE_QUEUES is for App Engine: elsewhere anybody can send what proves such a task")
    values = read_environment("mando steps", SETTINGS, environ, read_secret, problems)
    return Config(
        project=values["GOOGLE_CLOUD_PROJECT"],
        version=values["GAE_VERSION"],
        bucket=values["BUCKET"],
        audience=values["AUDIENCE"],
        workflow_service_account=values["WORKFLOW_SERVICE_ACCOUNT"],
        step_tasks=step_tasks.step_tasks(values, values["REPLY_AUDIENCE"], values["STEPS_SERVICE_ACCOUNT"]),
        reply_queue=values["REPLY_QUEUE"],
        urgent_queue=values["URGENT_QUEUE"],
        seal_private_keys=values["SEAL_PRIVATE_KEY"],
        delivery=values["DELIVERY"],
        discord_api=values["DISCORD_API"].rstrip("/"),
        certs_url=values["OIDC_CERTS_URL"],
        bot_token=values["DISCORD_BOT_TOKEN"],
        app_engine_queues=values["APP_ENGINE_QUEUES"],
        has_workflow=values["TASKS_CALL"] == step_tasks.WORKFLOW,
        tasks_endpoint=values["CLOUD_TASKS_ENDPOINT"],
    )
