"""Checks after every fault: each acknowledged interaction has one visible outcome, and no secret is in any file."""

import json
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.servers import wait_until
from tests.system.up import PLACE, Up

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """The outcomes of the interactions that were sent; broken: a sentence for each violation."""

    sent: int
    acknowledged: int
    pictures: int
    failure_replies: int
    broken: list[str] = field(default_factory=list)


Written = defaultdict[str, set[str]]  # an object's name → every generation that was seen of it


def settle(
    up: Up, ids: Sequence[str], deadline_s: float = 120, written: Written | None = None, lost_too: bool = True
) -> Tally:
    """Wait until no work is left, then count.

    written: object generations that were seen earlier.  A second generation of a name is an overwritten picture.
    lost_too: wait also for work on interactions whose acknowledgement never reached Discord.  It takes 30 s: so long
    the steps expect the acknowledgement (steps/reply.py).
    """
    seen: Written = defaultdict(set) if written is None else written
    # A look asks for all objects, executions and messages: more often, it would take the processor that it waits for.
    what = f"the outcome of {len(ids)} interactions"
    wait_until(lambda: _is_quiet(up, ids, seen, lost_too), what, deadline_s, every_s=0.2)
    return count(up, ids, seen)


def answered(up: Up, ids: Sequence[str], deadline_s: float = 60) -> None:
    """Wait until these have an outcome; other work may go on."""
    wait_until(lambda: _all_have_an_outcome(up, ids), f"the outcome of {len(ids)} interactions", deadline_s)


def count(up: Up, ids: Sequence[str], written: Written | None = None) -> Tally:
    """The outcomes of these interactions; written: the generations seen in the bucket."""
    pictures = failure_replies = acknowledged = 0
    broken = []
    for one in ids:
        messages = _messages(up, one)
        if _is_lost(messages):
            continue  # Discord told the member itself that the application did not answer
        acknowledged += 1
        shown = [message for message in messages if message["state"] == "replied"]
        if len(shown) != 1:
            broken.append(f"{one} has {len(shown)} visible replies")
        elif any("image" in embed for embed in shown[0]["embeds"]):
            pictures += 1
        elif shown[0]["content"] or shown[0]["embeds"]:
            failure_replies += 1
        else:
            broken.append(f"{one} has an empty reply")
    if not acknowledged:
        broken.append("nothing was acknowledged, so nothing was tried")
    for name, generations in (written or {}).items():
        if len(generations) > 1:
            broken.append(f"the object {name} was written {len(generations)} times")
    broken += _leaks(up)
    return Tally(len(ids), acknowledged, pictures, failure_replies, broken)


def _is_quiet(up: Up, ids: Sequence[str], written: Written, lost_too: bool) -> bool:
    try:
        for name, generation in up.objects().items():
            written[name].add(generation)
        if any(queue["waiting"] for queue in up.get("ops/state")["queues"]):
            return False
        for one in _with_work(up):
            if lost_too or not _is_lost(_messages(up, one)):
                return False
        return _all_have_an_outcome(up, ids)
    except requests.RequestException:
        return False


def _with_work(up: Up) -> Iterator[str]:
    """The interactions whose executions have not ended."""
    page = up.get(f'v1/{PLACE}/workflows/mando/executions?view=FULL&filter=state="ACTIVE" OR state="QUEUED"')
    for execution in page.get("executions", []):
        yield json.loads(execution["argument"])["interaction_id"]


def _messages(up: Up, one: str) -> list[Json]:
    messages: list[Json] = up.get(f"api/client/interactions/{one}")["messages"]
    return messages


def _is_lost(messages: Sequence[Json]) -> bool:
    """Whether all that the member sees is that the application did not answer."""
    return bool(messages) and all(message["state"] == "failed" for message in messages)


def _all_have_an_outcome(up: Up, ids: Sequence[str]) -> bool:
    every = [_messages(up, one) for one in ids]
    return all(messages and all(one["state"] != "thinking" for one in messages) for messages in every)


def _leaks(up: Up) -> list[str]:
    """Files outside Discord's own that hold a token in plain text: logs, tasks, arguments, journals, histories."""
    with tempfile.TemporaryDirectory() as folder:  # a copy: SQLite cannot open a file of another mount namespace
        for path in up.data.glob("discord.sqlite*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / "discord.sqlite")) as database:
            tokens = [row[0].encode() for row in database.execute("SELECT token FROM interactions")]
    assert tokens
    files = [up.printed, *(path for path in up.data.rglob("*") if path.is_file() and "discord" not in path.name)]
    leaks = []
    for path in files:
        content = path.read_bytes()
        leaks += [f"{path.name} holds the token of an interaction" for token in tokens if token in content]
    return leaks


def send(up: Up, count: int, deliveries: int = 1) -> list[str]:
    """The ids of so many new interactions."""
    return [up.interact(deliveries)["id"] for _ in range(count)]


def break_next(up: Up, **fault: Any) -> None:
    requests.post(f"{up.base}/faults", json=fault, timeout=10).raise_for_status()


def mend(up: Up) -> None:
    requests.delete(f"{up.base}/faults", timeout=10).raise_for_status()
