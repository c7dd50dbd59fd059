"""What a 429 says, whom it holds back, and how many invalid requests this process allows itself.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from service.environment import Secret
from steps.discord import Discord
from steps.errors import PermanentError, RetryableError
from steps.rate_limits import _MOST_INVALID, RateLimit, read_rate_limit
from tests.servers import ROOT
from tests.steps.scripted import Answer, Scripted, json_answer

LIMITED = {"message": "You are being rate limited.", "retry_after": 64.57, "global": False}
SHOWN = json_answer(200, {"id": "9"})
CLOUDFLARE = {"Content-Type": "text/plain; charset=UTF-8", "Server": "cloudflare"}
BLOCKED = Answer(429, b"error code: 1015", {**CLOUDFLARE, "Retry-After": "3"})
FORBIDDEN = json_answer(403, {"message": "internal network error", "code": 40333})

GLOBAL = [
    json_answer(429, {"retry_after": 2.5, "global": True}),
    json_answer(429, {"retry_after": 2.5}, {"X-RateLimit-Global": "true"}),
    json_answer(429, {"retry_after": 2.5, "global": False}, {"X-RateLimit-Scope": "global"}),
]


class Member:
    """One of two members, whose calls go through one process with a clock of the test's."""

    def __init__(self, discord: Discord, token: str) -> None:
        self._discord, self._token = discord, Secret(token)

    def shows(self) -> bool:
        return self._discord.edit_original("7", self._token, {"content": ""}, None) == "9"

    def waits_s(self) -> float | None:
        with pytest.raises(RetryableError) as caught:
            self.shows()
        return caught.value.retry_after_s


class Process:
    def __init__(self, script: Scripted) -> None:
        self.script = script
        self.now_s = 100.0
        self.discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot"), monotonic_s=lambda: self.now_s)
        self.ada, self.ben = Member(self.discord, "ada"), Member(self.discord, "ben")

    def post(self) -> str:
        return self.discord.post("5", {"content": ""}, nonce="1", png=None)


@pytest.fixture
def process(script: Scripted) -> Process:
    return Process(script)


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
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "yesterday"}, 300),
        ({"Retry-After": "Wed, 99 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 300),
        ({"Retry-After": "3, 5"}, 300),
        ({"Retry-After": ""}, 300),
    ],
)
def test_a_date_is_read_by_the_answers_own_clock(headers: dict[str, str], waits_s: float) -> None:
    """Source: RFC 9110, Retry-After: seconds or a date."""
    assert read_rate_limit(headers, None).retry_after_s == waits_s


@pytest.mark.parametrize("body", [b"error code: 1015", b"", b"[]", b'{"code": 0, "message": "You are being blocked"}'])
def test_a_block_that_names_no_end_is_waited_out_for_minutes_by_whom_it_hit(process: Process, body: bytes) -> None:
    """Source: discord-api-docs #5810, #7040: no Retry-After; one member's calls alone."""
    process.script.answers = [Answer(429, body, CLOUDFLARE), SHOWN]
    assert process.ada.waits_s() == 300
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
        ({}, None, RateLimit(BLOCKS, 300, is_global=False, is_invalid=True)),
        ({"Server": "cloudflare"}, {"code": 0}, RateLimit(BLOCKS, 300, is_global=False, is_invalid=True)),
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


@pytest.mark.parametrize(("later_s", "is_held"), [(0, True), (2.499, True), (2.5, False), (2.6, False)])
def test_a_global_limit_ends_when_it_said_and_not_before(process: Process, later_s: float, is_held: bool) -> None:
    process.script.answers = [GLOBAL[0], SHOWN]
    process.ada.waits_s()
    process.now_s += later_s
    if is_held:
        assert process.ben.waits_s() == max(0.5, round(2.5 - later_s, 3)), "never shorter than half a second"
    else:
        assert process.ben.shows()


@pytest.mark.parametrize(("count", "is_full"), [(998, False), (999, False), (1000, True), (1001, True)])
@pytest.mark.parametrize(("later_s", "is_over"), [(0, False), (599.999, False), (600, True)])
def test_a_thousand_invalid_requests_in_ten_minutes_are_the_last(
    process: Process, count: int, is_full: bool, later_s: float, is_over: bool
) -> None:
    for _ in range(count):
        process.discord._brake.count_invalid()
    process.now_s += later_s
    process.script.answers = [SHOWN]
    if is_full and not is_over:
        assert process.ada.waits_s() == max(0.5, round(600 - later_s, 3))
    else:
        assert process.ada.shows()


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Scope": "user"}, {"X-RateLimit-Scope": "shared"}])
def test_a_limit_that_is_not_global_holds_back_nobody_else(process: Process, headers: dict[str, str]) -> None:
    process.script.answers = [json_answer(429, LIMITED, headers), BLOCKED, SHOWN]
    assert process.ada.waits_s() == 64.57
    assert process.ada.waits_s() == 3
    assert process.ben.shows()


@pytest.mark.parametrize("answer", GLOBAL)
def test_after_a_global_limit_nobody_is_called_until_it_is_over(process: Process, answer: Answer) -> None:
    process.script.answers = [answer, SHOWN]
    assert process.ada.waits_s() == 2.5
    process.now_s += 1
    assert process.ben.waits_s() == 1.5
    assert len(process.script.asked) == 1
    process.now_s += 1.5
    assert process.ben.shows()


def test_a_shorter_global_limit_does_not_end_a_longer_one(process: Process) -> None:
    process.discord._brake.hold("address", 60)
    process.discord._brake.hold("address", 1)
    process.now_s += 30
    assert process.ada.waits_s() == 30


def test_a_global_limit_never_holds_longer_than_a_token_lives(process: Process) -> None:
    process.script.answers = [json_answer(429, {"retry_after": 1e9, "global": True}), SHOWN]
    assert process.ada.waits_s() == 900
    process.now_s += 900
    assert process.ben.shows()


def test_the_bots_global_limit_holds_back_no_reply(process: Process) -> None:
    """Source: Discord, "Global Rate Limit": interaction endpoints are not bound to the bot's."""
    process.script.answers = [GLOBAL[0], SHOWN]
    with pytest.raises(RetryableError):
        process.post()
    assert process.ada.shows()
    with pytest.raises(RetryableError):
        process.post()


@pytest.mark.parametrize(
    "invalid",
    [BLOCKED, json_answer(429, LIMITED), FORBIDDEN, json_answer(401, {"code": 0}), json_answer(401, {"code": 50027})],
)
def test_this_process_stops_before_invalid_requests_ban_its_address(process: Process, invalid: Answer) -> None:
    """Source: Discord, "Invalid Request Limit": 401, 403 and 429 count, 10,000 in 10 minutes."""
    for _ in range(_MOST_INVALID - 1):
        process.discord._brake.count_invalid()
    process.script.answers = [invalid]
    with pytest.raises(Exception, match="Discord"):
        process.ada.shows()
    process.script.answers = [SHOWN]
    process.now_s += 100
    assert process.ben.waits_s() == 500
    assert len(process.script.asked) == 1
    process.now_s += 500
    assert process.ben.shows()


@pytest.mark.parametrize(
    "harmless",
    [
        json_answer(429, LIMITED, {"X-RateLimit-Scope": "shared"}),
        json_answer(404, {"code": 10008}),
        json_answer(400, {"code": 50035}),
        Answer(502, b"<html>"),
    ],
)
def test_what_does_not_count_as_invalid_stops_nobody(process: Process, harmless: Answer) -> None:
    """Source: Discord, "Invalid Request Limit": a 429 of scope shared is not counted."""
    for _ in range(_MOST_INVALID - 1):
        process.discord._brake.count_invalid()
    process.script.answers = [harmless, SHOWN]
    with pytest.raises((RetryableError, PermanentError)):
        process.ada.shows()
    assert process.ben.shows()


def test_all_processes_together_stay_below_the_limit_of_one_address() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    words = app["entrypoint"].split()
    workers = int(words[words.index("--workers") + 1])
    assert _MOST_INVALID * workers * app["automatic_scaling"]["max_instances"] < 10_000


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
