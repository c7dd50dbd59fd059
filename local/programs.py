"""The deployed programs, ingress and steps, as `mando up` starts them beside the local cloud.  The form says which."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey

from local import auth
from local.appengine.service import Service
from local.children import Program
from local.form import DEFAULT_FORM, Form
from local.project import (
    BUCKET,
    HOST,
    PROJECT,
    QUEUE,
    REPLY_AUDIENCE,
    REPLY_QUEUE,
    ROOT,
    STEPS_AUDIENCE,
    STEPS_URL,
    URGENT_QUEUE,
    WORKFLOW,
    Ports,
    account,
    reply_place,
    url,
)


def programs(
    ports: Ports,
    data: Path,
    key: PrivateKey,
    discord_public_key: str,
    bot_token: str,
    app_engine: Service,
    form: Form = DEFAULT_FORM,
) -> list[Program]:
    """All that run in this form, but a reply step at an address.  key seals Discord's tokens; the logs are in data."""
    started = [_ingress(ports, data, key, discord_public_key, form)]
    draws = _drawing_settings(ports, key, bot_token, form)
    if form.steps == "functions":
        started.append(_function("steps", "generate_image", ports.steps, data, draws))
    else:
        started.append(_app_engine(ports, data, app_engine, draws))
    if form.reply_is_function:
        replies = reply_settings(ports, key, bot_token, form)
        started.append(_function("reply", "reply_discord", ports.reply, data, replies))
    return started


def _ingress(ports: Ports, data: Path, key: PrivateKey, discord_public_key: str, form: Form) -> Program:
    environment = {
        "DISCORD_PUBLIC_KEY": discord_public_key,
        "SEAL_PUBLIC_KEY": key.public_key.encode(Base64Encoder).decode(),
        "QUEUE": QUEUE,
        "REPLY_QUEUE": REPLY_QUEUE,
        "WORKFLOW": WORKFLOW,
        "TASK_SERVICE_ACCOUNT": account("mando-tasks"),
        "TASKS_CALL": form.tasks_call,
        "STEPS_URL": STEPS_URL,
        "CLOUD_TASKS_ENDPOINT": url(ports.cloud),
    }
    return _function("ingress", "handle_request", ports.ingress, data, environment)


def _function(name: str, target: str, port: int, data: Path, environment: Mapping[str, str]) -> Program:
    """A Cloud Run function, under functions-framework as there."""
    return Program(
        name=name,
        command=[_installed("functions-framework"), f"--target={target}", f"--host={HOST}", f"--port={port}"],
        environment=environment,
        folder=ROOT,
        health_url=f"{url(port)}/health",
        log_path=data / f"{name}.log",
    )


def _app_engine(ports: Ports, data: Path, app_engine: Service, environment: Mapping[str, str]) -> Program:
    """The App Engine service, started by the entrypoint that app.yaml names, behind App Engine's front end."""
    front = shlex.quote(str(ROOT / "local" / "appengine" / "front.py"))
    command, *arguments = shlex.split(yaml.safe_load((ROOT / "app.yaml").read_text())["entrypoint"])
    return Program(
        name="steps",
        command=[_installed(command), *arguments],
        environment={
            **environment,
            "GUNICORN_CMD_ARGS": f"--bind={HOST}:{ports.steps} --config={front}",
            "MANDO_FRONT": app_engine.secret,
            "GAE_ENV": "standard",
        },
        folder=ROOT,
        health_url=f"{url(ports.steps)}/health",
        log_path=data / "steps.log",
    )


def _drawing_settings(ports: Ports, key: PrivateKey, bot_token: str, form: Form) -> dict[str, str]:
    """Of the host of /generate-image, and of /reply-discord if that is there too."""
    settings = _settings_of_steps(ports, key, bot_token, form) | {"TASKS_CALL": form.tasks_call}
    queues = form.app_engine_queues([QUEUE, REPLY_QUEUE, URGENT_QUEUE])
    if queues:
        settings["APP_ENGINE_QUEUES"] = ",".join(queue.rpartition("/")[2] for queue in queues)
    return settings


def reply_settings(ports: Ports, key: PrivateKey, bot_token: str, form: Form) -> dict[str, str]:
    """Of the host of /reply-discord, where it is another one; no App Engine task reaches it."""
    own = {"AUDIENCE": REPLY_AUDIENCE, "TASKS_CALL": form.reply_tasks_call}
    return _settings_of_steps(ports, key, bot_token, form) | own


def _settings_of_steps(ports: Ports, key: PrivateKey, bot_token: str, form: Form) -> dict[str, str]:
    """What they have wherever they run."""
    reply_url, reply_audience = reply_place(form)
    return {
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "BUCKET": BUCKET,
        "AUDIENCE": STEPS_AUDIENCE,
        "STEPS_SERVICE_ACCOUNT": account("mando-steps"),
        "WORKFLOW_SERVICE_ACCOUNT": account(form.steps_caller),
        "SEAL_PRIVATE_KEY": key.encode(Base64Encoder).decode(),
        "DISCORD_BOT_TOKEN": bot_token,
        "DISCORD_API": f"{url(ports.cloud)}/api/v10",
        "OIDC_CERTS_URL": f"{url(ports.cloud)}{auth.CERTS_PATH}",
        "STORAGE_EMULATOR_HOST": url(ports.cloud),
        "CLOUD_TASKS_ENDPOINT": url(ports.cloud),
        "REPLY_QUEUE": REPLY_QUEUE,
        "URGENT_QUEUE": URGENT_QUEUE,
        "STEPS_URL": STEPS_URL,
        "REPLY_URL": reply_url,
        "REPLY_AUDIENCE": reply_audience,
    }


def _installed(program: str) -> str:
    return str(Path(sys.executable).parent / program)
