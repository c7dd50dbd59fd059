"""The tasks by which ingress and steps call a step, where no workflow does.  Called by living.py.

Source: ingress/enqueue.py, steps/hand_on.py, service/step_tasks.py.  App Engine tasks bear no token; that changes no
answer of the steps.
"""

import json
from typing import Any

from local.workflows.effects import Auth, HttpCall, Value
from tuning.check.answers import GENERATE, REPLY
from tuning.orders import STEP_TASK_DEADLINE_S, NewTask, TaskKind
from tuning.step_answers import GENERATED

_STEPS = "https://steps.invalid"
_NO_TIME_S = 0.0  # creating a task takes none here


def drawing(request: Value, queue: str, interaction_id: str) -> NewTask:
    return _task(queue, "generate", GENERATE, request, interaction_id)


def reply(request: Value, queue: str, interaction_id: str, *, is_picture: bool) -> NewTask:
    """The first task of a reply: the picture, or the word that there is none."""
    result = {"picture": json.loads(GENERATED.body)} if is_picture else {"failure": "unavailable"}
    kind: TaskKind = "reply" if is_picture else "tell"
    return _task(queue, kind, REPLY, {"request": request, **result}, interaction_id)


def _task(queue: str, kind: TaskKind, path: str, body: Any, interaction_id: str) -> NewTask:
    headers = {"Content-Type": "application/json", "X-Dedup-Key": interaction_id}
    sent = HttpCall("POST", f"{_STEPS}{path}", headers, json.dumps(body).encode(), STEP_TASK_DEADLINE_S, Auth("OIDC"))
    return NewTask(queue, kind, None, interaction_id, sent, _NO_TIME_S)
