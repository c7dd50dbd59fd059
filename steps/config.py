"""Environment → Config, or one message that lists all that is wrong.  Read once, when the process starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nacl.public import PrivateKey

from schemas.environment import ConfigError, Secret, Setting, matching, read_environment
from steps.seal import parse_private_keys

Delivery = Literal["attach", "link"]


@dataclass(frozen=True, slots=True)
class Config:
    """All that the steps are told."""

    project: str
    bucket: str
    audience: str
    workflow_service_account: str
    seal_private_keys: tuple[PrivateKey, ...]
    delivery: Delivery
    discord_api: str
    certs_url: str
    bot_token: Secret | None = None


_URL = matching(r"https?://[^\s/]+(/[^\s?#]*)?", "an http:// or https:// address")


def _settings(project: str) -> dict[str, Setting]:
    """Every setting; what can be told from the project's id need not be set."""
    return {
        "BUCKET": Setting(
            "the bucket that holds the pictures",
            "my-project-mandalas",
            matching(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "a bucket's name"),
            default=f"{project}-mandalas",
        ),
        "AUDIENCE": Setting(
            "the audience that the workflow's tokens must name", "mando-steps", str.strip, default="mando-steps"
        ),
        "WORKFLOW_SERVICE_ACCOUNT": Setting(
            "the only account that may call the steps",
            "mando-workflow@my-project.iam.gserviceaccount.com",
            matching(r"[^@\s]+@[^@\s]+", "an email address"),
            default=f"mando-workflow@{project}.iam.gserviceaccount.com",
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


def read_config(environ: Mapping[str, str], read_secret: Callable[[str], Secret]) -> Config:
    """Raises ConfigError.  read_secret gets a secret's version by its full name."""
    project = environ.get("GOOGLE_CLOUD_PROJECT", "")
    if not project:
        raise ConfigError(
            "mando steps: 1 setting is wrong\n"
            "  GOOGLE_CLOUD_PROJECT  missing; App Engine sets it; elsewhere it is the project's id, e.g. my-project"
        )
    values = read_environment("mando steps", _settings(project), environ)
    return Config(
        project=project,
        bucket=values["BUCKET"],
        audience=values["AUDIENCE"],
        workflow_service_account=values["WORKFLOW_SERVICE_ACCOUNT"],
        seal_private_keys=_seal_private_keys(project, environ, read_secret),
        delivery=values["DELIVERY"],
        discord_api=values["DISCORD_API"].rstrip("/"),
        certs_url=values["OIDC_CERTS_URL"],
        bot_token=_bot_token(environ, read_secret),
    )


def _bot_token(environ: Mapping[str, str], read_secret: Callable[[str], Secret]) -> Secret | None:
    """The bot's token, where one is configured: with it a replay can post after an interaction's token has expired."""
    given, version = environ.get("DISCORD_BOT_TOKEN"), environ.get("DISCORD_BOT_TOKEN_SECRET")
    if given:
        return Secret(given.strip())
    return read_secret(version) if version else None


def _seal_private_keys(
    project: str, environ: Mapping[str, str], read_secret: Callable[[str], Secret]
) -> tuple[PrivateKey, ...]:
    default = f"projects/{project}/secrets/mando-seal-private-key/versions/latest"
    version = environ.get("SEAL_PRIVATE_KEY_SECRET", default)
    given = environ.get("SEAL_PRIVATE_KEY")
    secret = Secret(given) if given else read_secret(version)
    try:
        return parse_private_keys(secret.reveal())
    except ValueError as error:
        source = "SEAL_PRIVATE_KEY" if given else version
        raise ConfigError(f"mando steps: 1 setting is wrong\n  {source}  {error}; make one with `mando keys`") from None
