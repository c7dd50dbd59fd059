"""What is read of 10,000 requests is read at once, and old requests are forgotten."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.story.reading import Query, StoryReading
from local.story.span import Span
from local.story.store import StoryStore
from local.story.summary import KINDS, Summary

MOST_S = 0.05
NOW_S = 1_795_700_000.0
COUNT = 10_000


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoryStore]:
    store = StoryStore(tmp_path_factory.mktemp("story") / "story.sqlite")
    for number in range(COUNT):
        kind, interaction = KINDS[number % len(KINDS)], 10**18 + number
        reason = "line:q" if kind == "waiting" else ""
        member = f"Member {number % 500}"
        words = f"words: sea {number}"
        store.put_summary(
            replace(
                Summary(interaction, NOW_S + number),
                kind=kind,
                member=member,
                words=words,
                reason=reason,
                has_error=number % 20 == 0,
            )
        )
        store.add(Span(interaction, "execution", "workflow", NOW_S, NOW_S, execution=f"{number:08x}-0000"))
    store.write()
    yield store
    store.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), 50),
        (Query(size=200), 200),
        (Query(kinds=("failed", "told")), 50),
        (Query(only_errors=True), 50),
        (Query(text="sea 77"), 50),
        (Query(text="nothing like it"), 0),
        (Query(text="member 7", size=200), 200),
        (Query(text="00000f00"), 1),
        (Query(text="1000000000000000077"), 1),
        (Query(before=10**18 + 3), 3),
    ],
)
def test_a_page_of_ten_thousand_requests_takes_less_than_50_ms(store: StoryStore, query: Query, found: int) -> None:
    reading = StoryReading(store)
    assert len(reading.requests(query)[0]) == found
    assert _fastest_s(lambda: reading.requests(query)) < MOST_S


def test_counts_and_reasons_take_less_than_50_ms(store: StoryStore) -> None:
    reading = StoryReading(store)
    assert sum(reading.counts().values()) == COUNT
    assert reading.reasons() == {"line:q": reading.counts()["waiting"]}
    assert _fastest_s(reading.counts) + _fastest_s(reading.reasons) < MOST_S


def test_pages_follow_each_other_without_a_gap(store: StoryStore) -> None:
    reading = StoryReading(store)
    seen: list[int] = []
    before = None
    while True:
        page, before = reading.requests(Query(kinds=("shown",), before=before, size=200))
        seen += [one.interaction for one in page]
        if before is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == reading.counts()["shown"]


def test_old_requests_are_forgotten_with_their_spans(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    for number in range(5):
        store.put_summary(Summary(10**18 + number, NOW_S + number))
        store.add(Span(10**18 + number, "task", "q", NOW_S, NOW_S))
        store.carry(10**18 + number, request="{}")
    assert store.oldest_s() is None  # not written yet
    assert store.forget(NOW_S + 3, 2) == 2
    assert store.forget(NOW_S + 3, 2) == 1
    assert store.forget(NOW_S + 3, 2) == 0
    assert store.oldest_s() == NOW_S + 3
    for table in ("summary", "span", "carried"):
        assert store.database.rows(f"SELECT count(*) FROM {table}") == [(2,)]
    store.close()


def test_words_with_half_a_character_are_kept(tmp_path: Path) -> None:
    store = StoryStore(tmp_path / "story.sqlite")
    store.put_summary(replace(Summary(10**18, NOW_S), words="a \ud83d sea"))
    store.carry(10**18, request='{"words": "\ud83d"}')
    assert StoryReading(store).requests(Query(text="sea"))[0][0].interaction == 10**18
    assert store.carried(10**18) == ('{"words": "?"}', None)
    store.close()


def _fastest_s(call: Callable[[], object]) -> float:
    """The fastest of three: others use the processor too."""
    times = []
    for _ in range(3):
        begun_s = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun_s)
    return min(times)
