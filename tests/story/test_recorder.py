"""What is kept when the local cloud is stopped in the middle, and what is counted."""

from dataclasses import replace
from pathlib import Path

import pytest

from local.story.reading import StoryReading
from local.story.recorder import Recorder
from local.story.span import Span
from local.story.store import StoryStore
from local.story.words import state_of

ID = 1575507627733942272
NOW_S = 1_795_700_100.0
CALL = Span(ID, "call", "workflow", NOW_S, target="generate-image", execution="e-1")
RUN = Span(ID, "execution", "workflow", NOW_S, outcome="ACTIVE", execution="e-1")


async def test_what_goes_on_when_the_process_ends_is_told_as_stopped_but_for_executions(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    recorder = Recorder(store, lambda: NOW_S)
    for span in (RUN, CALL):
        recorder.begin(span)
    store.begin_outage("discord", "503", NOW_S)
    store.close()
    store = StoryStore(tmp_path / "story.sqlite")
    Recorder(store, lambda: NOW_S + 60)
    found = StoryReading(store).one(ID)
    assert found is not None
    execution, call = found[1]
    assert (execution.end_s, call.end_s, call.is_error) == (None, NOW_S + 60, True)
    assert call.sentence == "the local cloud was stopped meanwhile"
    assert list(store.open_executions()) == ["e-1"]
    assert StoryReading(store).outages(NOW_S) == [("discord", "503", NOW_S, NOW_S + 60)]
    store.close()


async def test_spans_are_written_together_soon_after_the_first(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    recorder = Recorder(store, lambda: NOW_S)
    number = recorder.begin(RUN)
    recorder.end(number, replace(RUN, end_s=NOW_S + 1, outcome="SUCCEEDED"))
    assert store.database.rows("SELECT count(*) FROM span") == [(0,)]
    store.write()
    assert store.database.rows("SELECT count(*) FROM span") == [(1,)]
    assert not store.has_collected
    store.close()


async def test_each_end_of_a_request_is_counted_once_with_its_time_to_reply(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    recorder = Recorder(store, lambda: NOW_S)
    recorder.ask(ID, words="sea")
    recorder.show(ID, "1", is_picture=True)
    recorder.show(ID, "1", is_picture=True)
    (counts,) = StoryReading(store).tallies(NOW_S - 60).values()
    assert counts["outcome:shown"] == 1
    assert sum(count for name, count in counts.items() if name.startswith("reply:")) == 1
    store.close()


async def test_a_request_that_still_stands_in_its_first_queue_waits_since_it_was_asked(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    recorder = Recorder(store, lambda: NOW_S)
    task = "p/queues/create-image-queue/tasks/t"
    recorder.note(Span(ID, "task", "create-image-queue", NOW_S, NOW_S, outcome="line", task=task, next_s=NOW_S))
    summary = store.summary(ID)
    assert summary is not None
    assert state_of(summary, summary.begun_s + 90) == "in create-image-queue, for 90 s"
    store.close()


@pytest.mark.parametrize("why", ["its queue was purged", "its task was deleted"])
async def test_a_request_that_is_cancelled_says_why(tmp_path: Path, why: str) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    recorder = Recorder(store, lambda: NOW_S)
    recorder.note(Span(ID, "task", "q", NOW_S, NOW_S, outcome="line", task="p/queues/q/tasks/t", next_s=NOW_S))
    assert store.held_by("p/queues/q") == store.held_by("p/queues/q", "t") == [ID]
    assert store.held_by("p/queues/r") == store.held_by("p/queues/q", "s") == []
    recorder.cancel(ID, why)
    summary = store.summary(ID)
    assert summary is not None
    assert (summary.kind, summary.error) == ("cancelled", why)
    store.close()
