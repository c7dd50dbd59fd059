"""Converts a task to a row of the store and back."""

import json
from dataclasses import asdict
from typing import Any

from local.tasks.rules import RetryConfig
from local.tasks.task import AppEngineRequest, AttemptResult, HttpRequest, LastAttempt, Task, TaskRequest, Token

COLUMNS = "number, task_id, request, retry, created_s, schedule_s, attempts, responses, refusals, first_attempt_s, last"


def pack_request(request: TaskRequest) -> bytes:
    """A line of JSON, then the body unchanged.  Only a request to App Engine has a relative_uri."""
    head = {name: value for name, value in asdict(request).items() if name != "body"}
    return json.dumps(head).encode() + b"\n" + request.body


def pack_retry(retry: RetryConfig | None) -> str | None:
    return json.dumps(asdict(retry)) if retry else None


def pack_last(last: LastAttempt) -> str:
    return json.dumps(asdict(last))


def unpack(queue: str, row: tuple[Any, ...]) -> Task:
    """The task of a row that has COLUMNS."""
    number, task_id, request, retry, created_s, schedule_s, attempts, responses, refusals, first_attempt_s, last = row
    return Task(
        number=number,
        queue=queue,
        task_id=task_id,
        request=_request(request),
        created_s=created_s,
        schedule_s=schedule_s,
        attempts=attempts,
        responses=responses,
        refusals=refusals,
        first_attempt_s=first_attempt_s,
        last=_last(last) if last else None,
        retry=RetryConfig(**json.loads(retry)) if retry else None,
    )


def _request(packed: bytes) -> TaskRequest:
    head, _, body = packed.partition(b"\n")
    fields = json.loads(head)
    if "relative_uri" in fields:
        return AppEngineRequest(**fields, body=body)
    token = Token(**fields.pop("token")) if fields["token"] else fields.pop("token")
    return HttpRequest(**fields, body=body, token=token)


def _last(packed: str) -> LastAttempt:
    fields = json.loads(packed)
    result = fields.pop("result")
    return LastAttempt(**fields, result=AttemptResult(**result) if result else None)
