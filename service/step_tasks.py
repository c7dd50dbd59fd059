"""A task that calls a step: App Engine's kind, or over HTTP with an ID token.

The steps make such tasks for the next attempt of a reply.  Where there is no workflow (TASKS_CALL is not workflow) they
make the first one too, and the ingress those for /generate-image.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.environment import Setting, matching
from service.trace import HEADER, traceparent

WORKFLOW, HTTP, APP_ENGINE = "workflow", "http", "app-engine"
# Of a task's call of a step.  A picture takes about 0.1 s, a reply a second; what hangs is repeated soon.
DEADLINE_S = 30

host_url = matching(r"(https?://[^\s/]+)?", "an http:// or https:// address without a path")

SETTINGS = {
    "TASKS_CALL": Setting(
        "what tasks call: the workflow, or the steps themselves, over HTTP or as App Engine tasks",
        APP_ENGINE,
        matching(f"{WORKFLOW}|{HTTP}|{APP_ENGINE}", f"{WORKFLOW}, {HTTP} or {APP_ENGINE}"),
        default=WORKFLOW,
    ),
    "STEPS_URL": Setting(
        "where tasks reach the steps; App Engine's tasks need no address",
        "https://my-project.uc.r.appspot.com",
        host_url,
        default="",
    ),
    "CLOUD_TASKS_ENDPOINT": Setting(
        "where Cloud Tasks answers when it is not Google's",
        "http://127.0.0.1:8080",
        lambda text: text or None,
        default="",
    ),
}


@dataclass(frozen=True, slots=True)
class StepTasks:
    """How tasks call the steps.  url is "" for App Engine tasks, which bear no token."""

    url: str
    audience: str
    service_account: str

    def task(
        self, name: str, path: str, interaction_id: str, body: Mapping[str, Any], at: str | None = None
    ) -> dict[str, Any]:
        """The task that calls that step, as Cloud Tasks' REST takes it.  name: its full name; at: when, in RFC 3339.

        Source: Cloud Tasks v2, "REST Resource: projects.locations.queues.tasks": bytes are base64.
        """
        request = {
            "httpMethod": "POST",
            "headers": {
                "Content-Type": "application/json",
                "X-Dedup-Key": interaction_id,
                HEADER: traceparent(interaction_id),
            },
            "body": base64.b64encode(json.dumps(body, ensure_ascii=False).encode()).decode(),
        }
        named = {"name": name, "dispatchDeadline": f"{DEADLINE_S}s"}
        if at is not None:
            named["scheduleTime"] = at
        if not self.url:
            return {**named, "appEngineHttpRequest": {**request, "relativeUri": path}}
        token = {"serviceAccountEmail": self.service_account, "audience": self.audience}
        return {**named, "httpRequest": {**request, "url": f"{self.url}{path}", "oidcToken": token}}


def is_elsewhere(values: Mapping[str, str]) -> bool:
    """Whether /reply-discord has another host than the step that draws; App Engine tasks do not reach it."""
    return bool(values.get("REPLY_URL")) and values["REPLY_URL"] != values.get("STEPS_URL")


def step_tasks(values: Mapping[str, Any], audience: str, service_account: str) -> StepTasks:
    """Of the values of SETTINGS, and of REPLY_URL where there is one."""
    if is_elsewhere(values):
        return StepTasks(values["REPLY_URL"], audience, service_account)
    return StepTasks("" if values["TASKS_CALL"] == APP_ENGINE else values["STEPS_URL"], audience, service_account)


def problems(environ: Mapping[str, str], *needs_url: str) -> list[str]:
    """What is wrong with these settings together.  needs_url: the values of TASKS_CALL that need STEPS_URL."""
    tasks_call = environ.get("TASKS_CALL") or WORKFLOW
    if tasks_call in needs_url and not environ.get("STEPS_URL"):
        return [f"STEPS_URL is missing; TASKS_CALL={tasks_call} needs it"]
    return []


def task_id(interaction_id: str) -> str:
    """The dedup key: hash-prefixed, since Cloud Tasks slows down on names that count upwards, as Discord's ids do."""
    prefix = hashlib.sha256(interaction_id.encode()).hexdigest()[:16]
    return f"{prefix}-{interaction_id}"
