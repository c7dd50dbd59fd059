"""What is recorded of a request's way: spans.  Pure.  Made by the taps (taps.py), kept by store.py.

A span is written when it begins and again when it ends.  Times are seconds since the epoch.
"""

import re
from dataclasses import dataclass
from typing import Literal

from local.discord.snowflake import time_of_id

What = Literal[
    "delivery",  # Discord sends the interaction to the ingress
    "task",  # a task was created; next_s: when it is due
    "attempt",  # a queue sends a task; next_s: when it will be sent again
    "refusal",  # a queue did not take a task
    "execution",  # of the workflow
    "call",  # an HTTP call of an execution
    "sleep",  # of an execution; next_s: when it ends
    "edit",  # a call to Discord that shows or changes the reply
]

# The parts of a way that are no queue.
DISCORD, INGRESS, WORKFLOW, GENERATE, REPLY = "discord", "ingress", "workflow", "generate-image", "reply-discord"

MOST_BODY_CHARACTERS = 2_000
MOST_ID = 2**63 - 1  # what SQLite holds; Discord's ids reach it in the year 2084
_OF_A_TASK = re.compile(r"(?:[^/]*/)*.+-([1-9][0-9]{16,18})(?:-r[0-9]{1,4})?")
_ID = re.compile(r"[0-9]{15,19}")


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a request's way.  end_s is None while it goes on.

    part: who works: one of the names above, or the queue's short name.  target: the part that a task or a call goes to.
    outcome: "" or a word of the part: an execution's state, "put off".  sentence: what went wrong, in one sentence;
    body: the raw answer behind it.  attempt counts from 1.  execution: its id; task: its full name; step: ROUTINE.STEP.
    """

    interaction: int
    what: What
    part: str
    begin_s: float
    end_s: float | None = None
    target: str = ""
    is_error: bool = False
    status: int | None = None
    outcome: str = ""
    sentence: str = ""
    body: str = ""
    attempt: int = 0
    execution: str = ""
    task: str = ""
    step: str = ""
    revision: str = ""
    original: str = ""  # the id of the execution that this one repeats
    next_s: float | None = None


def interaction_in(text: str) -> int | None:
    """The id of an interaction, or of a member, in digits; None if that is none."""
    return int(text) if _ID.fullmatch(text) and int(text) <= MOST_ID else None


def interaction_of_task(name: str) -> int | None:
    """The interaction that a task's name ends with; None if it has none.  Cloud Tasks' own names are digits alone.

    Source: service/step_tasks.py, steps/task_call.py and workflows/mando.yaml, which make the names.
    """
    found = _OF_A_TASK.fullmatch(name)
    return interaction_in(found[1]) if found else None


def asked_at_s(interaction: int) -> float:
    """When the member asked: an interaction's id holds it."""
    return time_of_id(str(interaction)).timestamp()


def queue_of_task(name: str) -> str:
    """The short name of the queue of a task, whose full name this is; "" of none."""
    return name.partition("/tasks/")[0].rpartition("/")[2]


def target_of(url: str) -> str:
    """The part that a call goes to; "" for one that is not on a request's way."""
    path = url.partition("?")[0]
    for end, part in ((f"/{GENERATE}", GENERATE), (f"/{REPLY}", REPLY), ("/executions", WORKFLOW)):
        if path.endswith(end):
            return part
    return path.split("/")[-2] if path.endswith("/tasks") else ""
