"""The deployed programs, ingress and steps, as `mando up` starts them beside the local cloud.

A new program is one function here and one line in programs().
"""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import yaml
from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey

from local import auth
from local.appengine.service import Service
from local.children import Program
from local.project import (
    BUCKET,
    HOST,
    PROJECT,
    QUEUE,
    REPLY_QUEUE,
    ROOT,
    STEPS_AUDIENCE,
    URGENT_QUEUE,
    WORKFLOW,
    Ports,
    account,
    url,
)


def programs(
    ports: Ports,
    data: Path,
    key: PrivateKey,
    discord_public_key: str,
    bot_token: str,
    app_engine: Service,
    tasks_call: str = "workflow",
) -> list[Program]:
    """All of them.  key seals Discord's tokens; the log files are in data.

    tasks_call: what a task calls: workflow, http or app-engine (service/step_tasks.py).
    """
    all_of_them = (_ingress(ports, data, key, discord_public_key), _steps(ports, data, key, bot_token, app_engine))
    form = _form(ports, tasks_call)
    return [replace(program, environment={**program.environment, **form}) for program in all_of_them]


def _form(ports: Ports, tasks_call: str) -> dict[str, str]:
    """The settings in which the forms differ."""
    form = {
        "TASKS_CALL": tasks_call,
        "STEPS_URL": url(ports.steps),
        "REPLY_QUEUE": REPLY_QUEUE,
        "URGENT_QUEUE": URGENT_QUEUE,
        "CLOUD_TASKS_ENDPOINT": url(ports.cloud),
    }
    if tasks_call != "workflow":
        form["WORKFLOW_SERVICE_ACCOUNT"] = account("mando-tasks")  # as which tasks call the steps
    if tasks_call == "app-engine":
        form["APP_ENGINE_QUEUES"] = ",".join(queue.rpartition("/")[2] for queue in (QUEUE, REPLY_QUEUE, URGENT_QUEUE))
    return form


def _ingress(ports: Ports, data: Path, key: PrivateKey, discord_public_key: str) -> Program:
    """The Cloud Run function, under functions-framework as there."""
    framework = _installed("functions-framework")
    return Program(
        name="ingress",
        command=[framework, "--target=handle_request", f"--host={HOST}", f"--port={ports.ingress}"],
        environment={
            "DISCORD_PUBLIC_KEY": discord_public_key,
            "SEAL_PUBLIC_KEY": key.public_key.encode(Base64Encoder).decode(),
            "QUEUE": QUEUE,
            "WORKFLOW": WORKFLOW,
            "TASK_SERVICE_ACCOUNT": account("mando-tasks"),
        },
        folder=ROOT,
        health_url=url(ports.ingress),
        log_path=data / "ingress.log",
    )


def _steps(ports: Ports, data: Path, key: PrivateKey, bot_token: str, app_engine: Service) -> Program:
    """The App Engine service, started by the entrypoint that app.yaml names, behind App Engine's front end."""
    front = shlex.quote(str(ROOT / "local" / "appengine" / "front.py"))
    command, *arguments = shlex.split(yaml.safe_load((ROOT / "app.yaml").read_text())["entrypoint"])
    return Program(
        name="steps",
        command=[_installed(command), *arguments],
        environment={
            "GUNICORN_CMD_ARGS": f"--bind={HOST}:{ports.steps} --config={front}",
            "MANDO_FRONT": app_engine.secret,
            "GAE_ENV": "standard",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BUCKET": BUCKET,
            "AUDIENCE": STEPS_AUDIENCE,
            "WORKFLOW_SERVICE_ACCOUNT": account("mando-workflow"),
            "STEPS_SERVICE_ACCOUNT": account("mando-steps"),
            "SEAL_PRIVATE_KEY": key.encode(Base64Encoder).decode(),
            "DISCORD_BOT_TOKEN": bot_token,
            "DISCORD_API": f"{url(ports.cloud)}/api/v10",
            "OIDC_CERTS_URL": f"{url(ports.cloud)}{auth.CERTS_PATH}",
            "STORAGE_EMULATOR_HOST": url(ports.cloud),
        },
        folder=ROOT,
        health_url=f"{url(ports.steps)}/health",
        log_path=data / "steps.log",
    )


def _installed(program: str) -> str:
    return str(Path(sys.executable).parent / program)
