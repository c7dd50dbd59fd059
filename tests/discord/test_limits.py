"""How often a token may be used, and what every answer tells of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.discord.engine.limits import CALLS, WINDOW_S, RateLimit
from tests.discord.application import Running


@pytest.fixture
async def here(here: Running) -> Running:
    """The bot is thinking."""
    await here.interact()
    return here


@pytest.fixture
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the windows of the limit: on a slow machine six calls may take longer than one."""
    take = RateLimit.take
    monkeypatch.setattr(RateLimit, "take", lambda limit, key, _: take(limit, key, 1000.0))


@pytest.mark.usefixtures("no_time_passes")
async def test_a_sixth_call_within_two_seconds_is_rate_limited(here: Running) -> None:
    statuses = []
    for _ in range(6):
        async with here.session.get(here.reply_url) as answer:
            statuses.append(answer.status)
            headers, body = answer.headers, await answer.json()
    assert statuses == [200] * 5 + [429]
    assert body["message"] == "You are being rate limited."
    assert body["global"] is False
    assert 0 < body["retry_after"] <= 2
    assert int(headers["Retry-After"]) >= body["retry_after"]
    assert headers["X-RateLimit-Scope"] == "user"
    assert headers["X-RateLimit-Remaining"] == "0"
    assert headers["Content-Type"] == "application/json"
    assert headers["Via"]  # without it, discord.py takes it for Cloudflare's


@pytest.mark.usefixtures("no_time_passes")
async def test_every_answer_about_a_token_tells_what_is_left_of_its_calls(here: Running) -> None:
    """Source: Discord, "Rate Limits": "Header Format"."""
    began_s = time.time() - 0.001  # what is told has milliseconds
    calls = [("GET", 200), ("DELETE", 204), ("GET", 404)]
    for left, (method, status) in zip((4, 3, 2), calls, strict=True):
        async with here.session.request(method, here.reply_url) as answer:
            headers = answer.headers
            assert answer.status == status
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", str(left))
        assert float(headers["X-RateLimit-Reset-After"]) == 2
        assert began_s <= float(headers["X-RateLimit-Reset"]) - 2 <= time.time() + 0.001
        assert headers["X-RateLimit-Bucket"]
        assert "X-RateLimit-Scope" not in headers
    async with here.session.patch(here.reply_url, data=b"{") as answer:
        assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (400, "1")


async def test_a_refused_call_may_come_again_at_another_moment(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the millisecond in the body, in whole seconds that are enough in the header."""
    passed_s = iter([0.0] * 5 + [0.76544])
    take = RateLimit.take
    monkeypatch.setattr(RateLimit, "take", lambda limit, key, _: take(limit, key, 1000.0 + next(passed_s)))
    for _ in range(6):
        async with here.session.get(here.reply_url) as answer:
            headers, body = answer.headers, await answer.json()
    assert body == {"message": "You are being rate limited.", "retry_after": 1.235, "global": False}
    assert (headers["Retry-After"], headers["X-RateLimit-Reset-After"]) == ("2", "1.235")
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", "0")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1)), max_size=60))
def test_no_window_ever_takes_more_calls_than_it_may(calls: list[tuple[str, float]]) -> None:
    limit, now_s, taken = RateLimit(), 0.0, []
    for key, passed_s in calls:
        now_s += passed_s
        allowance = limit.take(key, now_s)
        assert 0 < allowance.reset_after_s <= WINDOW_S + 1e-9
        if allowance.allowed:
            taken.append((key, now_s + allowance.reset_after_s))
    for window in set(taken):
        same = [one for one in taken if one[0] == window[0] and abs(one[1] - window[1]) < 1e-6]
        assert len(same) <= CALLS
