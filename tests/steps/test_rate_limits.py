"""What a 429 says, and for how long it is waited.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from steps.rate_limits import RateLimit, read_rate_limit
from tests.steps.process import BLOCKED, CLOUDFLARE, LIMITED, SHOWN, Process
from tests.steps.scripted import Answer, json_answer


@pytest.mark.parametrize(
    ("answer", "waits_s"),
    [
        (json_answer(429, LIMITED, {"Retry-After": "65", "X-RateLimit-Reset-After": "64.57"}), 64.57),
        (json_answer(429, {"message": "…", "global": False}, {"Retry-After": "65"}), 65),
        (json_answer(429, {"retry_after": None}, {"Retry-After": "2"}), 2),
        (json_answer(429, {"retry_after": [3]}, {"Retry-After": "2"}), 2),
        (json_answer(429, {"message": "…"}, {"X-RateLimit-Reset-After": "1.5"}), 1.5),
        # The bucket's reset need not be the limit's that was hit: Discord's own example of a shared limit.
        (json_answer(429, {}, {"Retry-After": "1337", "X-RateLimit-Reset-After": "64.57"}), 900),
        (json_answer(429, LIMITED | {"retry_after": "2"}), 2),
        (BLOCKED, 3),
        (Answer(429, b"<html>1015</html>", {"Content-Type": "text/html", "Retry-After": "120"}), 120),
        (json_answer(429, {"code": 0, "message": "You are being blocked"}, {"Retry-After": "7"}), 7),
    ],
)
def test_what_the_answer_says_is_waited(process: Process, answer: Answer, waits_s: float) -> None:
    process.script.answers = [answer]
    assert process.ada.waits_s() == waits_s


@pytest.mark.parametrize(
    ("asked", "waits_s"),
    [
        (-0.2, 0.5), (0, 0.5), (0.0, 0.5), ("-3", 0.5), (1e9, 900), (10**30, 900), ("2", 2),
        (float("nan"), 1), (float("inf"), 1), (float("-inf"), 1), (None, 1), ([], 1), ({}, 1), (True, 1), (False, 1),
        ("soon", 1), ("nan", 1), (10**400, 1),
    ],
)  # fmt: skip
def test_a_wait_is_a_number_within_what_can_help(process: Process, asked: Any, waits_s: float) -> None:
    """unsure: what Discord means by 0 and less; peers try again at once."""
    process.script.answers = [json_answer(429, {"retry_after": asked, "global": False})]
    assert process.ada.waits_s() == waits_s


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.5),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "yesterday"}, 60),
        ({"Retry-After": "Wed, 99 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 60),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 -0000"}, 60),
        (
            {"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            60,
        ),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}, 60),
        ({"Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
        ({"Retry-After": "3, 5"}, 60),
        ({"Retry-After": ""}, 60),
    ],
)
def test_a_date_is_read_by_the_answers_own_clock(headers: dict[str, str], waits_s: float) -> None:
    """Source: RFC 9110, Retry-After: seconds or a date."""
    assert read_rate_limit(headers, None).retry_after_s == waits_s


@pytest.mark.parametrize("body", [b"error code: 1015", b"", b"[]", b'{"code": 0, "message": "You are being blocked"}'])
def test_a_block_that_names_no_end_is_waited_out_for_a_minute_by_whom_it_hit(process: Process, body: bytes) -> None:
    """Source: discord-api-docs #5810, #7040: no Retry-After; one member's calls alone."""
    process.script.answers = [Answer(429, body, CLOUDFLARE), SHOWN]
    assert process.ada.waits_s() == 60
    assert process.ben.shows()


LIMITS, BLOCKS = "Discord limits our rate", "Discord's network blocks our address for now"


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        ({}, {"retry_after": 2}, RateLimit(LIMITS, 2, is_global=False, is_invalid=True)),
        ({}, {"retry_after": None}, RateLimit(LIMITS, 1, is_global=False, is_invalid=True)),
        ({"X-RateLimit-Scope": "user"}, {}, RateLimit(LIMITS, 1, is_global=False, is_invalid=True)),
        ({"X-RateLimit-Scope": "SHARED"}, {}, RateLimit(LIMITS, 1, is_global=False, is_invalid=False)),
        ({"x-ratelimit-bucket": "abc"}, None, RateLimit(LIMITS, 1, is_global=False, is_invalid=True)),
        ({"X-RateLimit-Scope": "Global"}, {}, RateLimit(LIMITS, 1, is_global=True, is_invalid=True)),
        ({"X-RateLimit-Global": "True"}, {}, RateLimit(LIMITS, 1, is_global=True, is_invalid=True)),
        ({"X-RateLimit-Global": "false"}, {"global": "true"}, RateLimit(LIMITS, 1, is_global=False, is_invalid=True)),
        ({"Date": "x", "X-RateLimit-Limit": "5"}, None, RateLimit(LIMITS, 1, is_global=False, is_invalid=True)),
        ({}, None, RateLimit(BLOCKS, 60, is_global=False, is_invalid=True)),
        ({"Server": "cloudflare"}, {"code": 0}, RateLimit(BLOCKS, 60, is_global=False, is_invalid=True)),
        ({"Retry-After": "7"}, None, RateLimit(BLOCKS, 7, is_global=False, is_invalid=True)),
        ({"Retry-After": "7"}, {"retry_after": 8}, RateLimit(LIMITS, 8, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 0.499}, RateLimit(LIMITS, 0.5, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 0.5}, RateLimit(LIMITS, 0.5, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 0.501}, RateLimit(LIMITS, 0.501, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 899.9}, RateLimit(LIMITS, 899.9, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 900}, RateLimit(LIMITS, 900, is_global=False, is_invalid=True)),
        ({}, {"retry_after": 900.1}, RateLimit(LIMITS, 900, is_global=False, is_invalid=True)),
    ],
)
def test_a_limit_of_discord_is_never_taken_for_a_block_nor_a_block_for_a_limit(
    headers: dict[str, str], body: Any, said: RateLimit
) -> None:
    """All that is read from a 429, whole."""
    assert read_rate_limit(CaseInsensitiveDict(headers), body) == said


HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Date", "X-RateLimit-Reset-After", "X-RateLimit-Scope", "X-RateLimit-Global"]),
    st.text(max_size=30) | st.floats().map(str) | st.datetimes().map(lambda at: f"{at:%a, %d %b %Y %H:%M:%S GMT}"),
)
BODY = (
    st.none()
    | st.text()
    | st.dictionaries(
        st.sampled_from(["retry_after", "global", "code"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    )
)


@given(headers=HEADERS, body=BODY)
def test_whatever_a_429_says_the_wait_is_a_number_of_seconds_that_can_help(headers: dict[str, str], body: Any) -> None:
    assert 0.5 <= read_rate_limit(headers, body).retry_after_s <= 900
