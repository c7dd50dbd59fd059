"""Discord is down for a while under load: what cannot be shown waits in the queue, and no execution waits for it."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.chaos.promise import Tally, break_next, mend, send, settle
from tests.servers import wait_until
from tests.system.up import Up, pause, the_task

_MEMBERS = 8  # who type at the same time
_EXECUTION_S = 10.0  # a picture, two hiccups' waits of a reply and a new task take 4 s, more on a busy machine
_MANY = 1_000_000  # no fault can hit more calls
_ATTEMPTS = 6  # of a connector, after 429 and 503


def outage_under_load(up: Up, per_s: float, down_s: float) -> Tally:
    """Everybody gets one picture, drawn once; executions end while Discord is still down."""
    break_next(up, target="discord", kind="503")
    ids, most_at_once = _load(up, per_s, down_s)
    wait_until(lambda: not running(up), "all executions end though Discord is down", 60)
    wait_until(lambda: waiting(up, "reply-discord-queue") == len(ids), "all replies wait in the queue", 60)
    mend(up)
    tally = settle(up, ids, deadline_s=180)
    if most_at_once > per_s * _EXECUTION_S:
        tally.broken.append(f"{most_at_once} executions ran at once")
    return _with_one_picture_each(up, ids, tally)


def second_queue_is_closed_too(up: Up, per_s: float, down_s: float, kind: str = "503") -> Tally:
    """No task can be made for a reply: the executions wait themselves, and everybody gets one picture."""
    break_next(up, target="discord", kind="503")
    break_next(up, target="reply_queue", kind=kind, count=_MANY)
    ids, _ = _load(up, per_s, down_s)
    asked = len(ids) * (_ATTEMPTS if kind in ("429", "503") else 1)
    wait_until(lambda: _refusals(up) >= asked, "as many tasks are refused as there are executions", 60)
    if waiting(up, "reply-discord-queue"):
        raise AssertionError("the second queue took a task")
    mend(up)
    return _with_one_picture_each(up, ids, settle(up, ids, deadline_s=180))


def drawing_fails_in_a_paused_queue(up: Up, *more: dict[str, Any]) -> dict[str, Any]:
    """An interaction whose execution runs though its queue is paused, so the task that it makes stays there.

    The queue is paused when it has the request's task: the ingress takes no request for a paused queue.
    more: what else fails from the beginning of the execution.
    """
    break_next(up, target="workflow", kind="503")
    sent = up.interact()
    pause(up, "create-image-queue")
    task = the_task(up, "create-image-queue")
    mend(up)
    for fault in ({"target": "generate", "kind": "503"}, *more):
        break_next(up, **fault)

    def begins() -> bool:  # an order to run a task means nothing while an attempt is under way
        requests.post(f"{up.base}/v2/{task['name']}:run", json={}, timeout=10)
        return bool(up.executions(sent["id"]))

    wait_until(begins, "the execution begins")
    return sent


def _refusals(up: Up) -> int:
    """Tasks that the second queue did not take."""
    return sum(_MANY - one["count"] for one in up.get("faults") if one["target"] == "reply_queue")


def running(up: Up) -> int:
    """Executions that have not ended."""
    counts = up.get("ops/state")["counts"]
    return int(counts.get("ACTIVE", 0) + counts.get("QUEUED", 0))


def waiting(up: Up, queue: str) -> int:
    """Tasks of the queue."""
    (found,) = [one for one in up.get("ops/state")["queues"] if one["name"] == queue]
    return int(found["waiting"])


def drawings(up: Up, ids: Sequence[str]) -> int:
    """Calls of /generate-image for these interactions."""
    entries = (json.loads(line) for line in (up.data / "steps.log").read_text().splitlines())
    return sum(one["message"].startswith("/generate-image ") and one["interaction_id"] in ids for one in entries)


def _load(up: Up, per_s: float, down_s: float) -> tuple[list[str], int]:
    """The ids of the interactions, and the most executions that were seen at once."""
    began_s, most_at_once = time.monotonic(), 0
    with ThreadPoolExecutor(_MEMBERS) as members:
        typing = []
        for number in range(round(per_s * down_s)):
            time.sleep(max(0.0, began_s + number / per_s - time.monotonic()))
            typing.append(members.submit(send, up, 1))
            most_at_once = max(most_at_once, running(up))
    return [one.result()[0] for one in typing], most_at_once


def _with_one_picture_each(up: Up, ids: Sequence[str], tally: Tally) -> Tally:
    if tally.pictures != tally.sent:
        tally.broken.append(f"{tally.sent - tally.pictures} of {tally.sent} got no picture")
    if (drawn := drawings(up, ids)) != tally.sent:
        tally.broken.append(f"{drawn} drawings for {tally.sent} interactions")
    return tally
