"""More /mando than can be drawn: the ingress says so at once, accepts what it can keep, and shares it out."""

import re
from pathlib import Path

from tests.chaos.promise import settle
from tests.servers import wait_until
from tests.system.up import Up, copy_of_sources, edited, mando_up


def words(up: Up, interaction_id: str) -> str:
    (message,) = up.get(f"api/client/interactions/{interaction_id}")["messages"]
    shown: str = message["content"]
    return shown


def test_a_long_line_is_told_and_one_that_is_too_long_refused_and_what_was_accepted_comes(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "queue.yaml", r"rate: \d+/s", "rate: 2/s")
    edited(root, "queue.yaml", r"bucket_size: \d+", "bucket_size: 1")
    edited(root, "ingress/limits.yaml", r"look_every_s: \d+", "look_every_s: 0.1")
    edited(root, "ingress/limits.yaml", r"tell_after_s: \d+", "tell_after_s: 2")
    edited(root, "ingress/limits.yaml", r"refuse_after_s: \d+", "refuse_after_s: 4")
    with mando_up(tmp_path / "data", root) as up:
        sent = [up.interact() for _ in range(60)]
        said = [one["messages"][0]["content"] for one in sent]
        ids = [one["id"] for one in sent]
        assert said[0] == ""
        told = [one for one, text in zip(ids, said, strict=True) if "Your mandala comes <t:" in text]
        refused = [one for one, text in zip(ids, said, strict=True) if re.search("come too late.*try again", text)]
        assert told
        assert len(refused) > 20
        tally = settle(up, ids)
        assert tally.broken == []
        assert tally.pictures == len(ids) - len(refused)
        assert all("come too late" in words(up, one) for one in refused)


def test_one_member_cannot_fill_the_queue(tmp_path: Path) -> None:
    with mando_up(tmp_path / "data") as up:
        eager = [up.interact(user_id="77") for _ in range(10)]
        other = up.interact(user_id="78")
        told = [one["messages"][0]["content"] for one in eager]
        assert told[:6] == [""] * 6
        assert all(
            re.fullmatch(r"That was a lot of mandalas\. Please ask again <t:\d+:R>\.", text) for text in told[6:]
        )
        assert other["messages"][0]["state"] == "thinking"
        assert settle(up, [one["id"] for one in [*eager, other]]).pictures == 7


def test_a_paused_queue_is_said(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "ingress/limits.yaml", r"look_every_s: \d+", "look_every_s: 0.1")
    edited(root, "queue.yaml", r"rate: \d+/s", "rate: 0/s")
    with mando_up(tmp_path / "data", root) as up:
        up.interact()

        def is_said() -> bool:
            return "taking a break" in up.interact()["messages"][0]["content"]

        wait_until(is_said, "the ingress knows that the queue is paused")
