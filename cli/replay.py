"""`mando replay`: start executions again with the same argument, on this machine or in the cloud.

It is safe to repeat: the picture is the same object, and the reply is an edit of the same message.
"""

import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click
from tqdm import tqdm

from cli import options
from cli.errors import CannotStart, Failed
from cli.executions import Execution, Executions, NoAnswer
from cli.options import duration, name_segment, option, positive_number
from local.project import PROJECT
from local.waiting import REPLAY_LABEL

_NAME = re.compile(r"(?:projects/[^/]+/locations/[^/]+/workflows/[^/]+/executions/)?[0-9a-f-]{36}")
_POLL_S = 0.5
# Of a member's token.  It is not known whether a task that is gone has shown its reply.  If it has, a replay shows the
# same message as long as the token lives, and a second one later.
_TOKEN_LIFE = timedelta(minutes=15)


@dataclass(slots=True)
class Replay:
    """An execution, and the execution that repeats it in its last known state."""

    original: Execution
    repeated: Execution

    @property
    def is_under_way(self) -> bool:
        return self.repeated.state in ("ACTIVE", "QUEUED")

    def __str__(self) -> str:
        words = f"{self.original.id} as {self.repeated.id}: {self.repeated.state}"
        task = self.repeated.waits_in
        why = self.repeated.context.partition("\n")[0] if task is None else f"waits in the task {task}"
        return f"{words}, {why}" if why else words


@click.command()
@click.argument("execution", required=False)
@option("--failed", is_flag=True, help="every failed execution that no later one has repeated with success")
@option("--waiting", is_flag=True, help="every request of the last 15 minutes that an execution left to a task")
@option("--since", type=duration, default="1h", metavar="1h", help="how far back they look")
@option("--rate", type=positive_number, default=5.0, metavar="R", help="how many to start a second")
@option("--workflow", type=name_segment, default="mando", metavar="NAME", help="whose executions")
@options.port("replay", "where `mando up` runs")
@option("--project", type=name_segment, metavar="ID", help="a project of Google Cloud, instead of this machine")
@option("--location", type=name_segment, default="us-central1", metavar="REGION", help="where the workflow is")
def command(
    execution: str | None,
    failed: bool,
    waiting: bool,
    since: timedelta,
    rate: float,
    workflow: str,
    port: int,
    project: str | None,
    location: str,
) -> int:
    """EXECUTION is an id or a full name.

    Exit codes: 0 each SUCCEEDED, 1 not each, 2 none was started.
    """
    if [execution is not None, failed, waiting].count(True) != 1:
        raise CannotStart("name one execution, or say --failed or --waiting")
    if execution is not None and not _NAME.fullmatch(execution):
        raise CannotStart(f"{execution!r} is no execution: expected an id such as 3f0c…, or its full name")
    parent = f"projects/{project or PROJECT}/locations/{location}/workflows/{workflow}"
    try:
        executions = Executions.of_this_machine(port) if project is None else Executions.of_google()
        if failed:
            chosen = _newest(executions, parent, since, lambda one: one.state == "FAILED")
        elif waiting:
            chosen = _newest(executions, parent, min(since, _TOKEN_LIFE), lambda one: one.waits_in is not None)
        else:
            assert execution is not None  # noqa: S101 -- one of the three
            chosen = [executions.get(execution if "/" in execution else f"{parent}/executions/{execution}")]
    except NoAnswer as error:
        raise CannotStart(str(error)) from None
    replays = _replay_all(executions, chosen, rate)
    if failed or waiting:
        counts = Counter(replay.repeated.state for replay in replays)
        print(f"{len(replays)} replayed" + "".join(f", {count} {state}" for state, count in sorted(counts.items())))
    return 0 if all(replay.repeated.state == "SUCCEEDED" for replay in replays) else 1


def _newest(
    executions: Executions, workflow: str, since: timedelta, is_wanted: Callable[[Execution], bool]
) -> list[Execution]:
    """The newest execution of each argument, if it is wanted.  Oldest first."""
    seen: set[str] = set()
    found = []
    began_at = datetime.now(UTC) - since
    for execution in executions.list_executions(workflow, f'startTime>"{began_at:%Y-%m-%dT%H:%M:%SZ}"'):
        argument = _in_one_form(execution.argument)
        if argument not in seen and is_wanted(execution):
            found.append(execution)
        seen.add(argument)
    return found[::-1]


def _in_one_form(argument: str) -> str:
    """A task of the workflow starts an execution with the same JSON, written in another way."""
    try:
        return json.dumps(json.loads(argument), sort_keys=True)
    except (ValueError, RecursionError):
        return argument


def _replay_all(executions: Executions, chosen: list[Execution], rate_per_s: float) -> list[Replay]:
    """Start the executions at that rate, wait until each has ended, and print its state."""
    replays: list[Replay] = []
    try:
        _start_and_follow(executions, chosen, rate_per_s, replays)
    except NoAnswer as error:
        if not replays:
            raise CannotStart(str(error)) from None
        raise Failed(f"{error}; {len(replays)} of {len(chosen)} were started") from None
    finally:
        for replay in replays:
            print(replay)
    return replays


def _start_and_follow(
    executions: Executions, chosen: list[Execution], rate_per_s: float, replays: list[Replay]
) -> None:
    """Append each started replay to replays, and poll all until they end.  Raises NoAnswer."""
    waiting, began_s = deque(chosen), time.monotonic()
    with tqdm(total=len(chosen), unit=" executions", disable=None) as bar:
        while waiting or any(replay.is_under_way for replay in replays):
            while waiting and time.monotonic() >= began_s + len(replays) / rate_per_s:
                original = waiting.popleft()
                repeated = executions.create(original.workflow, original.argument, {REPLAY_LABEL: original.id})
                replays.append(Replay(original, repeated))
            for replay in replays:
                if replay.is_under_way:
                    replay.repeated = executions.get(replay.repeated.name)
            ended = sum(not replay.is_under_way for replay in replays)
            bar.update(ended - bar.n)
            time.sleep(min(_POLL_S, 1 / rate_per_s) if waiting else _POLL_S if ended < len(replays) else 0)
