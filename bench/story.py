"""Measure what the story of each request costs: processor time and disk for each, and the answers with 10,000 kept.

There is no peer: nobody else records the same.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from local.story.reading import Query, StoryReading
from local.story.recorder import Recorder
from local.story.span import DISCORD, GENERATE, INGRESS, REPLY, WORKFLOW, Span
from local.story.store import StoryStore

REQUESTS = 10_000
AT_ONCE = 50  # begun between two turns of the event loop
ROUNDS = 20
_FIRST_ID = 1_575_507_627_733_942_272
_EXECUTION = "6e6c56d4-b2cd-4bd1-9dd2-37bf173b8de2"
_QUEUE = "projects/demo/locations/us-central1/queues/create-image-queue"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder) / "story.sqlite"))


async def _measure(file: Path) -> None:
    store = StoryStore(file)
    recorder, began_s = Recorder(store, time.time), time.process_time()
    for number in range(REQUESTS):
        _record(recorder, _FIRST_ID + number)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    store.write()
    used_s = time.process_time() - began_s
    kilobytes = sum(one.stat().st_size for one in file.parent.iterdir()) / 1024
    print(f"the story of {REQUESTS:,} requests, with a picture each")
    print(f"  recorded          {1000 * used_s / REQUESTS:9.2f} ms of a core for each request")
    print(f"  kept              {kilobytes / REQUESTS:9.1f} KB for each request")
    reading = StoryReading(store)
    for name, read in _reads(reading):
        print(f"  {name:<18}{_median_ms(read):9.2f} ms")
    store.close()


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


def _reads(reading: StoryReading) -> Iterator[tuple[str, Callable[[], object]]]:
    last = _FIRST_ID + REQUESTS - 1
    yield "newest page", lambda: reading.requests(Query())
    yield "search, one fits", lambda: reading.requests(Query(text=f"sea {_FIRST_ID}"))
    yield "one story", lambda: reading.one(last)
    yield "counts of kinds", reading.counts


def _median_ms(read: Callable[[], object]) -> float:
    took_s = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        read()
        took_s.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(took_s)


if __name__ == "__main__":
    main()
