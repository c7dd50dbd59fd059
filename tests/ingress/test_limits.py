"""How much the ingress takes on: the members' shares, and limits.yaml."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.limits import MemberRateLimit, read_limits
from service.environment import ConfigError

GOOD = "backlog: {look_every_s: 5, tell_after_s: 30, refuse_after_s: 600}\nmember: {per_minute: 6}\n"


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab"), st.booleans()), max_size=60), st.integers(1, 4))
def test_no_member_gets_more_than_their_share_in_any_minute(asks: list[tuple[float, str, bool]], share: int) -> None:
    """What the queue did not take is given back, and counts no more."""
    members, now_s = MemberRateLimit(share), 0.0
    granted: dict[str, list[float]] = {"a": [], "b": []}
    for number, (gap_s, user, is_taken) in enumerate(asks):
        now_s += gap_s
        lately = [at_s for at_s in granted[user] if at_s + 60 > now_s]
        wait_s = members.charge(user, str(number), now_s)
        if wait_s == 0 and is_taken:
            granted[user].append(now_s)
        elif wait_s == 0:
            members.refund(user, str(number))
        assert (wait_s == 0) == (len(lately) < share)
        assert 0 <= wait_s <= 60.001


def test_an_interaction_that_comes_again_counts_once() -> None:
    members = MemberRateLimit(1)
    assert [members.charge("a", "1", 0), members.charge("a", "1", 1), members.charge("a", "2", 2)] == [0, 0, 58]


def test_an_interaction_counts_as_long_as_one_of_its_deliveries_was_taken() -> None:
    members = MemberRateLimit(1)
    assert [members.charge("a", "1", 0), members.charge("a", "1", 0)] == [0, 0]
    members.refund("a", "1")
    assert members.charge("a", "2", 1) == 59
    members.refund("a", "1")
    assert members.charge("a", "2", 1) == 0
    members.refund("nobody", "3")


@pytest.mark.parametrize(("later_s", "waits_s"), [(0, 60), (1, 59), (59.5, 0.5), (60, 0), (60.5, 0)])
def test_a_share_is_whole_again_a_minute_after_it_was_used_and_not_before(later_s: float, waits_s: float) -> None:
    members = MemberRateLimit(2)
    assert [members.charge("a", name, 100.0) for name in ("1", "2")] == [0, 0]
    assert members.charge("a", "3", 100.0 + later_s) == waits_s


def test_what_is_allowed_at_the_very_end_of_the_minute_counts_too() -> None:
    members = MemberRateLimit(2)
    assert [members.charge("a", name, 100.0) for name in ("1", "2")] == [0, 0]
    assert [members.charge("a", name, 160.0) for name in ("3", "4", "5")] == [0, 0, 60]


def test_a_full_memory_forgets_who_asked_longest_ago_and_keeps_who_asked_last() -> None:
    members = MemberRateLimit(1)
    for number in range(10_001):
        members.charge(str(number), "1", 0.0)
    assert members.charge("10000", "2", 1.0) == 59, "the last one is known"
    assert members.charge("1", "2", 1.0) == 59, "10,000 are remembered"
    assert members.charge("0", "2", 1.0) == 0, "the first one is forgotten"


def test_a_full_memory_keeps_a_member_who_asked_first_and_asks_again() -> None:
    members = MemberRateLimit(2)
    for name in [*map(str, range(10_000)), "0", "new"]:
        members.charge(name, f"{name} now" if name == "new" else name, 0.0)
    members.charge("0", "another", 0.0)
    assert members.charge("0", "a third", 1.0) == 59


def test_the_limits_that_we_ship_leave_time_before_the_tokens_end() -> None:
    limits = read_limits()
    assert limits.tell_after_s < limits.refuse_after_s <= 900 - 240


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("600", "901"), "refuse_after_s must be smaller than or equal to 840"),
        (GOOD.replace("per_minute: 6", "per_minute: 0"), "per_minute must be bigger than or equal to 1"),
        (GOOD.replace("look_every_s: 5, ", ""), "look_every_s"),
        (GOOD + "more: 1\n", "more"),
        ("a: [", "limits.yaml is wrong"),
        ("", "limits must be object"),
    ],
)
def test_wrong_limits_are_one_message_that_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_limits(path)


def test_limits_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"limits\.yaml is wrong"):
        read_limits(tmp_path / "limits.yaml")
