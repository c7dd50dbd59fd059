"""What is read of 10,000 requests is found with little work, and old requests are forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from local.story.reading import Query, StoryReading
from local.story.span import Span
from local.story.store import StoryStore
from local.story.summary import KINDS, Summary

NOW_S = 1_795_700_000.0
COUNT = 10_000
# Instructions of SQLite.  Where no index helps, each request is looked at once.
INDEXED, ONE_SCAN = COUNT // 10, COUNT * 10
_AT_A_TIME = 100


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
def test_a_page_of_ten_thousand_requests_costs_little(store: StoryStore, query: Query, found: int) -> None:
    with _instructions(store) as counted:
        assert len(StoryReading(store).requests(query)[0]) == found
    assert counted[0] <= (ONE_SCAN if query.text else INDEXED)


def test_counts_and_reasons_cost_one_look_at_each(store: StoryStore) -> None:
    reading = StoryReading(store)
    with _instructions(store) as counted:
        assert sum(reading.counts().values()) == COUNT
        assert reading.reasons() == {"line:q": COUNT // len(KINDS)}
    assert counted[0] <= ONE_SCAN


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


@contextmanager
def _instructions(store: StoryStore) -> Iterator[list[int]]:
    """How many instructions SQLite runs in the block, to the hundred: its work, whatever else the machine does."""
    counted, connection = [0], store.database._connection

    def count() -> int:
        counted[0] += _AT_A_TIME
        return 0

    connection.set_progress_handler(count, _AT_A_TIME)
    try:
        yield counted
    finally:
        connection.set_progress_handler(None, _AT_A_TIME)
