"""Measure what the story of each request costs: processor time and disk for each, and the answers with 10,000 kept.

There is no peer: nobody else records the same.
"""

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench.report import alone
from bench.report.figure import OURS, Effort, Figure
from local.story.reading import Query, StoryReading
from local.story.recorder import Recorder
from local.story.span import DISCORD, GENERATE, INGRESS, REPLY, WORKFLOW, Span
from local.story.store import StoryStore

REQUESTS = 10_000
AT_ONCE = 50  # begun between two turns of the event loop
_FIRST_ID = 1_575_507_627_733_942_272
_EXECUTION = "6e6c56d4-b2cd-4bd1-9dd2-37bf173b8de2"
_QUEUE = "projects/demo/locations/us-central1/queues/create-image-queue"


def measure(effort: Effort) -> Iterator[Figure]:
    requests = effort.of(REQUESTS, 200)
    used_ms, kept_kib, reads_ms = [], [], defaultdict[str, list[float]](list)
    for number in range(effort.of(3)):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "story.sqlite"
            store = StoryStore(file)
            used_ms.append(asyncio.run(_used_ms(store, requests)))
            kept_kib.append(sum(one.stat().st_size for one in file.parent.iterdir()) / 1024 / requests)
            if number == 0:
                for name, read in _reads(StoryReading(store), requests):
                    reads_ms[name] += (_ms(read) for _ in range(effort.of(20)))
            store.close()
    yield Figure("the story of a request: recorded", "ms of CPU", "less", {OURS: used_ms})
    yield Figure("the story of a request: kept", "KiB", "less", {OURS: kept_kib})
    for name, took_ms in reads_ms.items():
        yield Figure(f"{requests:,} stories kept: {name}", "ms", "less", {OURS: took_ms})


async def _used_ms(store: StoryStore, requests: int) -> float:
    """Of a core, for each request."""
    recorder, began_s = Recorder(store, time.time), time.process_time()
    for number in range(requests):
        _record(recorder, _FIRST_ID + number)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    store.write()
    return 1000 * (time.process_time() - began_s) / requests


def _record(recorder: Recorder, interaction: int) -> None:
    """What the parts tell of a request that nothing went wrong with."""
    now_s, task = time.time(), f"{_QUEUE}/tasks/02b0e75d4ad37ebf-{interaction}"
    recorder.ask(interaction, member="You", member_id="1", words=f"words: sea {interaction}", command="mando")
    number = recorder.begin(delivery := Span(interaction, "delivery", INGRESS, now_s))
    recorder.note(Span(interaction, "task", "create-image-queue", now_s, now_s, WORKFLOW, task=task, next_s=now_s))
    recorder.end(number, replace(delivery, end_s=now_s, status=200))
    attempt = Span(interaction, "attempt", "create-image-queue", now_s, None, WORKFLOW, attempt=1, task=task)
    execution = Span(interaction, "execution", WORKFLOW, now_s, execution=_EXECUTION, revision="000001-39a")
    numbers = recorder.begin(attempt), recorder.begin(execution)
    recorder.end(numbers[0], replace(attempt, end_s=now_s, status=200))
    for target in (GENERATE, REPLY):
        call = Span(interaction, "call", WORKFLOW, now_s, None, target, execution=_EXECUTION, step="main.draw")
        number = recorder.begin(call)
        if target == REPLY:
            recorder.show(interaction, "7", is_picture=True)
            recorder.note(Span(interaction, "edit", DISCORD, now_s, now_s, REPLY, status=200))
        recorder.end(number, replace(call, end_s=now_s, status=200))
    recorder.drew(interaction, "pictures/bbd10122b36efa975fffed789d59758e.png", "{}")
    recorder.end(numbers[1], replace(execution, end_s=now_s, outcome="SUCCEEDED"))


def _reads(reading: StoryReading, requests: int) -> Iterator[tuple[str, Callable[[], object]]]:
    last = _FIRST_ID + requests - 1
    yield "the newest page", lambda: reading.requests(Query())
    yield "a search that one fits", lambda: reading.requests(Query(text=f"sea {_FIRST_ID}"))
    yield "one story", lambda: reading.one(last)
    yield "counts of kinds", reading.counts


def _ms(read: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    read()
    return 1000 * (time.perf_counter() - began_s)


if __name__ == "__main__":
    alone.main(measure, __doc__)
