"""Pages of names against a plain model of what they should hold."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.storage.errors import StorageError
from local.storage.listing import list_objects
from local.storage.objects import ObjectStore
from local.storage.resource import Settings

names = st.lists(st.sampled_from(["a", "b", "a/", "a/a/", "/", "é", "𝄞"]), min_size=1, max_size=4).map("".join)


def expected(every: set[str], prefix: str, delimiter: str, start: str, end: str) -> list[str]:
    """Google's words: the names with that prefix, those that go on with the delimiter folded into one."""
    entries = set()
    for name in every:
        if name.startswith(prefix) and name >= start and (not end or name < end):
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            entries.add((name[: cut + len(delimiter)], "prefix") if cut >= 0 else (name, "object"))
    return sorted(f"{kind} {entry}" for entry, kind in entries)


@settings(max_examples=60, deadline=None)
@given(
    every=st.sets(names, max_size=12),
    prefix=st.just("") | names,
    delimiter=st.sampled_from(["", "/", "a/"]),
    start=st.just("") | names,
    end=st.just("") | names,
    page_size=st.integers(1, 5),
)
def test_all_pages_together_are_what_the_model_says(
    tmp_path_factory: pytest.TempPathFactory,
    every: set[str],
    prefix: str,
    delimiter: str,
    start: str,
    end: str,
    page_size: int,
) -> None:
    store = a_store(tmp_path_factory.mktemp("bucket"), every)
    query = {"prefix": prefix, "delimiter": delimiter, "maxResults": str(page_size)}
    query |= {"startOffset": start} if start else {}
    query |= {"endOffset": end} if end else {}
    found: list[str] = []
    while True:
        page = list_objects(store, "pictures", query)
        assert len(page.objects) + len(page.prefixes) <= page_size
        found += [f"object {each.name}" for each in page.objects]
        found += [f"prefix {each}" for each in page.prefixes]
        if page.next_token is None:
            break
        query["pageToken"] = page.next_token
    store.close()
    assert sorted(found) == expected(every, prefix, delimiter, start, end)


def test_names_come_in_the_order_of_their_utf8_bytes(tmp_path: Path) -> None:
    store = a_store(tmp_path, {"é", "a", "Z", "𝄞", "a/1"})
    assert [each.name for each in list_objects(store, "pictures", {}).objects] == ["Z", "a", "a/1", "é", "𝄞"]
    store.close()


@pytest.mark.parametrize("query", [{"pageToken": "§"}, {"maxResults": "many"}, {"maxResults": "-1"}])
def test_a_bad_query_is_refused_by_name(tmp_path: Path, query: dict[str, str]) -> None:
    store = a_store(tmp_path, set())
    with pytest.raises(StorageError, match=f"Invalid value for {next(iter(query))}"):
        list_objects(store, "pictures", query)
    store.close()


def a_store(root: Path, every: set[str]) -> ObjectStore:
    store = ObjectStore(root, now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    store.buckets.ensure("pictures")
    for name in every:
        store.create("pictures", name, Settings(), store.receive())
    return store


def test_the_last_of_all_names_is_not_listed(tmp_path: Path) -> None:
    names = {"a", "\U0010ffff", "\U0010ffffb", "c/1", "c/\U0010ffff", "d"}
    store = a_store(tmp_path, names)
    assert [each.name for each in list_objects(store, "pictures", {}).objects] == sorted(names)
    folded = list_objects(store, "pictures", {"delimiter": "/"})
    assert (folded.prefixes, len(folded.objects)) == (["c/"], 4)
    store.close()
