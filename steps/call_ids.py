"""The ids of a call, for its line in the log: of the interaction, the execution and the task.  Called by app.py.

What has not the form of an id is left out: the headers may be anybody's.
"""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers

from service.requests import header

_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,500}")
_COUNT = re.compile(r"[0-9]{1,4}")


def call_ids(headers: Headers) -> Mapping[str, str | int | None]:
    """interaction_id is None where it is missing; the others are left out."""
    ids: dict[str, str | int | None] = {"interaction_id": _read(headers, "X-Dedup-Key", _SNOWFLAKE)}
    if execution := _read(headers, "X-Execution", _UUID):  # workflows/mando.yaml
        ids["execution"] = execution
    for kind in ("X-CloudTasks", "X-AppEngine"):
        if task := _read(headers, f"{kind}-TaskName", _NAME):
            ids["task"] = task
            if queue := _read(headers, f"{kind}-QueueName", _NAME):
                ids["queue"] = queue
            ids["attempt"] = int(_read(headers, f"{kind}-TaskRetryCount", _COUNT) or 0) + 1
    return ids


def _read(headers: Headers, name: str, pattern: re.Pattern[str]) -> str | None:
    value = header(headers, name) or ""
    return value if pattern.fullmatch(value) else None
