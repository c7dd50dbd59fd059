"""What a member is shown when Discord does not take the edit: more tries, a message of the bot, or a plain reason."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from nacl.public import PrivateKey

from schemas.reply import Reply
from service.environment import Secret
from service.sentences import say
from steps.bucket import PictureBucket
from steps.discord import Discord
from steps.errors import NotYetAcknowledged, PermanentError, RetryableError
from steps.reply import BLOCKED_WAITS_S, reply
from steps.seal import Unsealer
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.service import INTERACTION_TOKEN, PICTURE, QUEUES, Neighbours, Steps, request_body
from tests.steps.statuses import status_of

KEY = PrivateKey.generate()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
UNKNOWN = json_answer(404, {"message": "Unknown Webhook", "code": 10015})
EXPIRED = json_answer(401, {"message": "Invalid Webhook Token", "code": 50027})
BLOCKED = json_answer(403, {"message": "internal network error", "code": 40333})
POSTED = json_answer(200, {"id": "55"})
NO_BUCKET = cast(PictureBucket, None)  # a failure message needs no bucket


def shown(
    script: Scripted,
    age_s: float = 60,
    order: Mapping[str, Any] | None = None,
    bucket: PictureBucket = NO_BUCKET,
    bot: bool = True,
    attempt: int = 1,
    **changes: Any,
) -> str:
    """The message of an order, a failure message by default; the request came age_s ago."""
    request = request_body(KEY, NOW - timedelta(seconds=age_s)) | changes
    discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot-token") if bot else None)
    whole = Reply.from_json({"request": request, **(order or {"failure": "unavailable"})})
    return reply(whole, bucket, discord, Unsealer([KEY]), "attach", NOW, attempt).message_id


def paths(script: Scripted) -> list[str]:
    return [asked.path.removeprefix("/api/v10").replace(INTERACTION_TOKEN, "TOKEN") for asked in script.asked]


def posted(script: Scripted) -> dict[str, Any]:
    part = script.asked[-1].body.partition(b"application/json\r\n\r\n")[2].partition(b"\r\n--")[0]
    message: dict[str, Any] = json.loads(part)
    return message


EDIT, POST = "/webhooks/7/TOKEN/messages/@original", "/channels/5/messages"


@pytest.mark.parametrize("age_s", [0, 29, -29])
def test_an_unknown_webhook_is_early_while_the_acknowledgement_may_be_on_its_way(
    script: Scripted, age_s: float
) -> None:
    """Source: discord-api-docs #7220: it clears within about 10 s."""
    script.answers = [UNKNOWN]
    with pytest.raises(NotYetAcknowledged):
        shown(script, age_s)
    assert paths(script) == [EDIT]


@pytest.mark.parametrize("age_s", [30, 120, -3600, -(10**9)])
def test_an_unknown_webhook_for_good_is_answered_by_the_bot(script: Scripted, age_s: float) -> None:
    """The member has read that the application did not respond; a clock that is far off says nothing."""
    script.answers = [UNKNOWN, POSTED]
    assert shown(script, age_s) == "55"
    assert paths(script) == [EDIT, POST]
    message = posted(script)
    assert message["content"] == f"<@42> {say('unavailable', 'en-GB')}"
    assert message["allowed_mentions"] == {"users": ["42"]}
    assert (message["nonce"], message["enforce_nonce"]) == ("77", True)


def test_the_picture_too_is_posted_where_the_webhook_is_unknown_for_good(
    script: Scripted, pictures: PictureBucket
) -> None:
    picture = {"object": f"pictures/{'0' * 32}.png", "title": "t", "description": "d", "colour": 1}
    script.answers = [Answer(200, b"\x89PNG"), UNKNOWN, POSTED]
    assert shown(script, order={"picture": picture}, bucket=pictures) == "55"
    assert posted(script)["content"] == "<@42>"
    assert posted(script)["embeds"][0]["title"] == "t"
    assert b"\x89PNG" in script.asked[-1].body


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bot": False}, "set DISCORD_BOT_TOKEN"),
        ({"channel_id": None}, "names no channel to post to"),
        ({"options": {"size_px": 2048}}, "a print is for the member alone"),
    ],
)
def test_where_nothing_can_be_shown_the_reason_says_what_is_missing(
    script: Scripted, changes: dict[str, Any], said: str
) -> None:
    script.answers = [UNKNOWN]
    with pytest.raises(PermanentError, match=said) as caught:
        shown(script, **changes)
    assert status_of(caught.value) == 410
    assert "our acknowledgement never reached it" in str(caught.value)


def test_a_failure_message_after_the_tokens_end_is_not_posted_with_each_replay(script: Scripted) -> None:
    script.answers = [EXPIRED]
    for age_s in (60, 3600):
        with pytest.raises(PermanentError, match="was not told") as caught:
            shown(script, age_s)
        assert status_of(caught.value) == 410
    assert paths(script) == [EDIT]  # the second one asks nobody


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5, 100])
def test_a_block_by_cloudflare_is_tried_more_and_more_rarely(script: Scripted, attempt: int) -> None:
    """Source: germanoeich/nirn-proxy #14: 403/40333 that passed; each try counts as an invalid request."""
    script.answers = [BLOCKED]
    with pytest.raises(RetryableError) as caught:
        shown(script, attempt=attempt)
    assert caught.value.retry_after_s == (2, 10, 30, 90)[min(attempt, 4) - 1]
    script.answers = [POSTED]
    assert shown(script, attempt=attempt + 1) == "55"


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("name", "retries", "retry_after"),
    [
        *(("a-77", retries, wait_s) for retries, wait_s in (("0", 10), ("1", 30), ("01", 30), ("2", 90), ("999", 90))),
        *(("a-77", malformed, 10) for malformed in ("", "x", "-1", "1.5", "1000", "1, 2", "\xb2")),
        ("a-77-r2", "0", 30),
        ("a-77-r2", "1", 90),
        ("a-77-r3", "0", 90),
        ("a-77-r20", "0", 90),
    ],
)
def test_the_attempts_of_a_replys_tasks_count_after_the_workflows_own(
    steps: Steps, name: str, retries: str, retry_after: float
) -> None:
    """Cloud Tasks makes no task here, so the queue is told to wait.

    Source: Cloud Tasks, "Create HTTP target tasks": TaskRetryCount is 0 at the first attempt.
    """
    Neighbours.tasks_refusal = 503, b"{}"
    Neighbours.refusal = BLOCKED.status, BLOCKED.body
    order = {"request": steps.request(), "failure": "unavailable"}
    task = {"X_CloudTasks_TaskName": name, "X_CloudTasks_TaskRetryCount": retries}
    answer = steps.post("/reply-discord", order, **task)
    assert (answer.status_code, answer.json()["retry_after"]) == (429, retry_after)
    assert retry_after <= int(answer.headers["Retry-After"]) <= 1.5 * retry_after


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("kind", "status"), [("X_CloudTasks", 503), ("X_AppEngine", 429)])
def test_one_reply_that_must_wait_slows_all_tasks_of_its_queue(steps: Steps, kind: str, status: int) -> None:
    """Where no next task can be made.

    Source: Cloud Tasks v2, AppEngineHttpRequest: a 503 throttles the queue, a 429 does not.
    """
    Neighbours.tasks_refusal = 503, b"{}"
    Neighbours.refusal = 503, b"{}"
    order = {"request": steps.request(), "failure": "unavailable"}
    answer = steps.post("/reply-discord", order, **{f"{kind}_TaskName": "a-77", f"{kind}_TaskRetryCount": "1"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (status, 503)
    Neighbours.refusal = BLOCKED.status, BLOCKED.body
    answer = steps.post("/reply-discord", order, **{f"{kind}_TaskName": "a-77", f"{kind}_TaskRetryCount": "1"})
    assert (answer.status_code, answer.json()["retry_after"]) == (429, BLOCKED_WAITS_S[2])


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("kind", ["X_CloudTasks", "X_AppEngine"])
def test_a_task_that_is_delivered_twice_makes_its_next_one_once(steps: Steps, kind: str) -> None:
    """Both have one name, so Cloud Tasks refuses the second: ALREADY_EXISTS is as good as made."""
    Neighbours.refusal = 503, b"{}"
    order = {"request": steps.request(), "failure": "unavailable"}
    for retries in ("0", "1"):
        task = {f"{kind}_TaskName": "a-77-r4", f"{kind}_TaskRetryCount": retries}
        answer = steps.post("/reply-discord", order, **task)
        assert (answer.status_code, answer.json()) == (202, {"waits_in": "a-77-r5"})
        exists = {"error": {"code": 409, "message": "exists", "status": "ALREADY_EXISTS"}}
        Neighbours.tasks_refusal = 409, json.dumps(exists).encode()
    assert [task["name"] for task in Neighbours.tasks] == [f"{QUEUES}/reply-discord-queue/tasks/a-77-r5"] * 2


@pytest.mark.usefixtures("quiet")
def test_a_reply_that_is_shown_asks_nothing_of_cloud_tasks(steps: Steps) -> None:
    order = {"request": steps.request(), "picture": PICTURE}
    for task in ({}, {"X_CloudTasks_TaskName": "a-77"}):
        assert steps.post("/reply-discord", order, **task).status_code == 200
    assert Neighbours.tasks == []


@pytest.mark.usefixtures("quiet")
def test_a_call_of_the_workflow_is_always_the_first_attempt(steps: Steps) -> None:
    Neighbours.refusal = BLOCKED.status, BLOCKED.body
    order = {"request": steps.request(), "failure": "unavailable"}
    answer = steps.post("/reply-discord", order, X_CloudTasks_TaskRetryCount="2")
    assert (answer.status_code, answer.json()["retry_after"]) == (429, BLOCKED_WAITS_S[0])


@pytest.mark.usefixtures("quiet")
def test_what_discord_may_say_of_a_wait_is_always_a_number_for_the_workflow(steps: Steps) -> None:
    for asked in ("-0.2", "0", '"2"', "1e9", "NaN", "null", "[]", "1e400", "9" * 400):
        Neighbours.refusal = 429, f'{{"retry_after": {asked}, "global": false}}'.encode()
        answer = steps.post("/reply-discord", {"request": steps.request(), "failure": "unavailable"})
        assert answer.status_code == 429
        assert 0.5 <= answer.json()["retry_after"] <= 900


@pytest.mark.usefixtures("quiet")
def test_discord_reads_the_version_that_app_engine_deployed(steps: Steps) -> None:
    assert steps.post("/reply-discord", {"request": steps.request(), "failure": "unavailable"}).status_code == 200
    assert Neighbours.user_agent == "DiscordBot (https://demo.appspot.com, 20260131t120000)"
