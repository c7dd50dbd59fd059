"""Why something failed, in one sentence."""

import json
from typing import Any

import pytest

from local.story.answers import for_an_operator, gave_up, said_by, why_failed

CLOSED = {"kind": "request", "error": {"status": 400, "message": "the token was sealed\nwith another key"}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Please try again <t:1767268800:R>.", "Please try again 12:00:00 UTC."),
        ("<t:1767268800> <t:99999999999:R>", "12:00:00 UTC 09:46:39 UTC"),
        ("<t:soon:R> <t:1767268800:x>", "<t:soon:R> <t:1767268800:x>"),  # Discord shows these as they are
    ],
)
def test_an_operator_reads_the_hour_and_not_discords_code_for_it(content: str, words: str) -> None:
    assert for_an_operator(content) == words


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (None, "", ""),
        (400, json.dumps(CLOSED), "reply-discord answered 400: the token was sealed with another key"),
        (502, "<html>", "reply-discord answered 502"),
        (502, "[" * 100_000, "reply-discord answered 502"),
    ],
)
def test_an_answer_is_told_with_the_message_in_it(status: int | None, body: str, words: str) -> None:
    assert said_by("reply-discord", status, body) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (json.dumps(CLOSED), "reply-discord gave up: the token was sealed with another key"),
        ('{"message_id": "7"}', ""),
        ("", ""),
    ],
)
def test_a_step_that_gives_up_says_why(body: str, words: str) -> None:
    assert gave_up("reply-discord", body) == words


def error(**payload: Any) -> dict[str, str]:
    return {"context": "no reply\nin step 'not_told'", "payload": json.dumps({"tags": ["NoReply"], **payload})}


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (error(cause={"code": 400, "body": CLOSED}), "no reply, because: the token was sealed with another key"),
        (error(cause={"message": "no connection"}), "no reply, because: no connection"),
        (error(cause={"code": 404, "body": None, "message": "not found"}), "no reply, because: not found"),
        (error(), "no reply"),
        (error(cause="words"), "no reply"),
        ({"context": "an error", "payload": "words"}, "an error"),
        ({}, ""),
    ],
)
def test_a_failed_execution_says_its_cause(failed: dict[str, str], words: str) -> None:
    assert why_failed(failed) == words
