"""More /mando than can be drawn: the ingress says so at once, accepts what it can keep, and shares it out."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.chaos.promise import Tally, settle
from tests.servers import wait_until
from tests.system.up import Up, copy_of_sources, edited, mando_up, resume


def words(up: Up, interaction_id: str) -> str:
    (message,) = up.get(f"api/client/interactions/{interaction_id}")["messages"]
    shown: str = message["content"]
    return shown


SLOWLY = "rate: 6/m"  # so slow that few leave the line while a test sends, also where sending is slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_of_sources(tmp_path_factory.mktemp("sources"))
    edited(root, "queue.yaml", r"rate: 80/s", SLOWLY)
    edited(root, "queue.yaml", r"bucket_size: \d+", "bucket_size: 1")
    edited(root, "ingress/limits.yaml", r"look_every_s: \d+", "look_every_s: 0.1")
    edited(root, "ingress/limits.yaml", r"tell_after_s: \d+", "tell_after_s: 40")
    edited(root, "ingress/limits.yaml", r"refuse_after_s: \d+", "refuse_after_s: 80")
    return root


@pytest.fixture(scope="module")
def up(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("up") / "data", root) as running:
        yield running


def set_rate(up: Up, root: Path, rate: str) -> None:
    """As an operator does; `mando up` says when it is in force."""
    said = len(up.output())
    edited(root, "queue.yaml", r"rate: \d+/[sm]", rate)
    wait_until(lambda: "is live" in up.output()[said:], f"{rate} is in force")


def settled(up: Up, root: Path, ids: Sequence[str]) -> Tally:
    """The tally when the line, which now moves fast, is empty; the next test finds it slow again."""
    set_rate(up, root, "rate: 80/s")
    resume(up, "create-image-queue")
    tally = settle(up, ids)
    wait_until(lambda: up.interact()["messages"][0]["state"] == "thinking", "the ingress knows that nobody waits")
    set_rate(up, root, SLOWLY)
    return tally


def test_a_long_line_is_told_and_one_that_is_too_long_refused_and_what_was_accepted_comes(up: Up, root: Path) -> None:
    sent = [up.interact() for _ in range(24)]
    said = [one["messages"][0]["content"] for one in sent]
    ids = [one["id"] for one in sent]
    assert said[0] == ""
    told = [one for one, text in zip(ids, said, strict=True) if "Your mandala comes <t:" in text]
    refused = [one for one, text in zip(ids, said, strict=True) if re.search("come too late.*try again", text)]
    assert told
    assert len(refused) > 5
    tally = settled(up, root, ids)
    assert tally.broken == []
    assert tally.pictures == len(ids) - len(refused)
    assert all("come too late" in words(up, one) for one in refused)


def test_one_member_cannot_fill_the_queue(up: Up, root: Path) -> None:
    set_rate(up, root, "rate: 60/s")
    eager = [up.interact(user_id="77") for _ in range(10)]
    other = up.interact(user_id="78")
    told = [one["messages"][0]["content"] for one in eager]
    assert told[:6] == [""] * 6
    assert all(re.fullmatch(r"That was a lot of mandalas\. Please ask again <t:\d+:R>\.", text) for text in told[6:])
    assert other["messages"][0]["state"] == "thinking"
    assert settled(up, root, [one["id"] for one in [*eager, other]]).pictures == 7


def test_a_paused_queue_is_said(up: Up, root: Path) -> None:
    set_rate(up, root, "rate: 0/s")
    sent = [up.interact()]

    def is_said() -> bool:
        sent.append(up.interact())
        return "taking a break" in sent[-1]["messages"][0]["content"]

    wait_until(is_said, "the ingress knows that the queue is paused")
    assert settled(up, root, [one["id"] for one in sent]).broken == []
