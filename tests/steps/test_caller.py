"""Whose clock counts when an ID token is checked, and what the issuer's certificates may be.

The issuer signs for real and its certificates come over HTTP; only google-auth's clock is the test's.
"""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest

from steps.caller import CLOCK_SKEW_S, CallerCheck, _without_token
from steps.errors import PermanentError, RetryableError
from tests.issuer import issuer
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.service import ACCOUNT, AUDIENCE, OWN_ACCOUNT, a_config
from tests.steps.statuses import status_of

ISSUED = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Issued:
    """One token, and a check whose clock stands where the test puts it."""

    def __init__(self, script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setattr("steps.certificates.FETCH_WITHIN_S", 60)  # a busy machine takes its time
        self.token = issuer().id_token(AUDIENCE, ACCOUNT, ISSUED)
        self.life_s = claims_of(self.token)["exp"] - int(ISSUED.timestamp())
        self.check = CallerCheck(a_config(f"{script.url}/certs"))
        script.answers = [json_answer(200, issuer().certificates())]

    async def at(self, seconds: float) -> None:
        """Check so long after the token was issued."""
        now = (ISSUED + timedelta(seconds=seconds)).replace(tzinfo=None)
        self._monkeypatch.setattr("google.auth._helpers.utcnow", lambda: now)
        await self.check.check(f"Bearer {self.token}", None)


def claims_of(token: str) -> dict[str, int]:
    part = token.split(".")[1]
    claims: dict[str, int] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest.fixture
def issued(script: Scripted, monkeypatch: pytest.MonkeyPatch) -> Issued:
    return Issued(script, monkeypatch)


@pytest.mark.parametrize(
    ("email", "is_taken"), [(ACCOUNT, True), (OWN_ACCOUNT, True), ("mando-tasks@demo.iam.gserviceaccount.com", False)]
)
async def test_the_workflow_may_call_and_so_may_the_tasks_that_the_steps_make(
    issued: Issued, email: str, *, is_taken: bool
) -> None:
    issued.token = issuer().id_token(AUDIENCE, email, ISSUED)
    if is_taken:
        await issued.at(1)
        return
    with pytest.raises(PermanentError) as caught:
        await issued.at(1)
    assert (caught.value.reason, caught.value.kind) == ("refused", "caller")


@pytest.mark.parametrize("early_s", [0, 1, 9, 10])
async def test_a_token_of_an_issuer_whose_clock_is_a_little_ahead_is_taken(issued: Issued, early_s: float) -> None:
    """Source: google-auth, clock_skew_in_seconds: none unless given."""
    await issued.at(-early_s)


@pytest.mark.parametrize("late_s", [-1, 0, 1, 9, 10])
async def test_a_token_is_taken_a_little_after_its_end(issued: Issued, late_s: float) -> None:
    await issued.at(issued.life_s + late_s)


@pytest.mark.parametrize("beyond_s", [11, 60, 3600, 10**8])
async def test_a_clock_that_is_further_off_is_not_believed(issued: Issued, beyond_s: float) -> None:
    assert CLOCK_SKEW_S == 10
    for seconds, said in ((-beyond_s, "too early"), (issued.life_s + beyond_s, "expired")):
        with pytest.raises(PermanentError, match=said) as caught:
            await issued.at(seconds)
        assert status_of(caught.value) == 401


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>", {"Content-Type": "text/html"}),
        Answer(200, b"[]"),
        Answer(200, b"\xff\xfe"),
        Answer(200, b"[" * 100_000),
        Answer(200),
        Answer(502, b"<html>"),
        Answer(404, b"{}"),
        Answer(closes=True),
    ],
    ids=range(8),
)
async def test_certificates_that_are_none_are_no_fault_of_the_token(
    issued: Issued, script: Scripted, answer: Answer
) -> None:
    script.answers = [answer]
    with pytest.raises(RetryableError, match="certificates"):
        await issued.at(0)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("queues", "named", "is_taken"),
    [
        (("q", "r"), "q", True),
        (("q", "r"), "r", True),
        (("q", "r"), None, False),
        (("q", "r"), "", False),
        (("q", "r"), "s", False),
        (("q", "r"), "Q", False),
        (("q", "r"), "q,r", False),  # the header came twice
        (("q", "r"), "projects/demo/locations/us-central1/queues/q", False),
        ((), "q", False),
        ((), "", False),
        ((), None, False),
    ],
)
async def test_a_task_of_another_queue_needs_a_token(
    queues: tuple[str, ...], named: str | None, *, is_taken: bool
) -> None:
    """Source: Cloud Tasks, "Create App Engine task handlers", request headers: the queue's short name."""
    config = a_config("http://127.0.0.1:1/certs", app_engine_queues=queues)
    for authorization in (None, "Bearer forged"):
        if is_taken:
            await CallerCheck(config).check(authorization, named)
            continue
        with pytest.raises(PermanentError) as caught:
            await CallerCheck(config).check(authorization, named)
        assert (caught.value.reason, caught.value.kind) == ("unauthenticated", "caller")


@pytest.mark.parametrize(
    ("characters", "said"),
    [
        (4096, "the token is not valid: Can't parse segment"),
        (4097, "the token is not valid: more than 4096 characters"),
    ],
)
async def test_a_token_of_4096_characters_is_looked_at_and_a_longer_one_is_not(characters: int, said: str) -> None:
    authorization = f"Bearer {'A' * (characters - 17)}.AAAA.AAAA"
    assert len(authorization) == characters
    with pytest.raises(PermanentError) as caught:
        await CallerCheck(a_config("http://127.0.0.1:1/certs")).check(authorization, None)
    assert (status_of(caught.value), str(caught.value), caught.value.kind) == (401, said, "caller")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("Can't parse segment: b'secret'", "more"), "Can't parse segment"),
        (ValueError("x" * 100), "x" * 100),
        (ValueError("x" * 101), "x" * 100),
        (ValueError(), "ValueError"),
    ],
)
def test_of_what_google_says_of_a_token_nothing_is_told_that_may_be_quoted_from_it(error: Exception, said: str) -> None:
    assert _without_token(error) == said
