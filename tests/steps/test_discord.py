"""What Discord may answer, and which of the two kinds of errors it becomes."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.environment import Secret
from steps.discord import Discord
from steps.errors import Blocked, NotYetAcknowledged, PermanentError, RetryableError, TokenExpired
from steps.verdicts import DISCORD_ERRORS, verdict_of
from tests.servers import free_port
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.statuses import status_of

TOKEN = Secret("aW50ZXJhY3Rpb246secret")
SHOWN = json_answer(200, {"id": "99"})
HTML = {"Content-Type": "text/html"}
STATUS_OF = {"gone": 410, "refused": 403, "bug": 400}
KIND_OF = {"retry": RetryableError, "early": NotYetAcknowledged, "blocked": Blocked, "expired": TokenExpired}


@pytest.fixture
def discord(script: Scripted) -> Discord:
    return Discord(f"{script.url}/api/v10", "DiscordBot (https://demo.appspot.com, 0.1)", Secret("bot-token"))


def edit(discord: Discord, token: Secret = TOKEN) -> str:
    return discord.edit_original("7", token, {"content": "", "attachments": [{"id": 0}]}, b"\x89PNG", "42")


def error_of(discord: Discord, script: Scripted, answer: Answer) -> Exception:
    script.answers = [answer]
    with pytest.raises((RetryableError, PermanentError, TokenExpired)) as caught:
        edit(discord)
    return caught.value


def test_the_reply_is_one_multipart_edit_of_the_original_message(discord: Discord, script: Scripted) -> None:
    script.answers = [SHOWN]
    assert edit(discord) == "99"
    (asked,) = script.asked
    assert asked.path == "/api/v10/webhooks/7/aW50ZXJhY3Rpb246secret/messages/@original"
    assert asked.headers["User-Agent"] == "DiscordBot (https://demo.appspot.com, 0.1)"
    for part in (b'name="payload_json"', b"application/json", b'name="files[0]"; filename="mandala.png"', b"\x89PNG"):
        assert part in asked.body


def test_a_bot_posts_with_its_token_and_an_enforced_nonce(discord: Discord, script: Scripted) -> None:
    assert discord.post("5", {"content": "<@1>"}, nonce="77", png=None) == "9"
    (asked,) = script.asked
    assert asked.path == "/api/v10/channels/5/messages"
    assert asked.headers["Authorization"] == "Bot bot-token"
    assert b'"nonce": "77", "enforce_nonce": true' in asked.body


# Written down a second time, so that a code that is lost or changed there is seen here.
# Source: Discord, "Opcodes and Status Codes"; what is observed has its thread in steps/verdicts.py.
CODES = {
    "early": [10015],
    "gone": [10008, 10003, 10062, 50083],
    "expired": [50027],
    "blocked": [40333],
    "retry": [40004, 40006, 40062, 20016, 20028, 20029, 110001, 130000],
    "bug": [40005, 50045],
}


def test_no_code_of_discord_is_lost_and_none_is_taken_for_its_neighbour() -> None:
    assert sorted(DISCORD_ERRORS) == sorted(code for codes in CODES.values() for code in codes)


@pytest.mark.parametrize(
    ("code", "verdict"), [(code, verdict) for verdict, codes in CODES.items() for code in codes] + [(None, "blocked")]
)
def test_each_error_in_the_table_is_of_its_kind(
    discord: Discord, script: Scripted, code: int | None, verdict: str
) -> None:
    """The page gives most codes without their status.  Without a code it is the network in front of Discord."""
    for status in (400, 401, 403, 404, 500) if code is not None else (403,):
        answer = json_answer(status, {"code": code, "message": "…"}) if code is not None else Answer(status, b"<", HTML)
        error = error_of(discord, script, answer)
        assert type(error) is KIND_OF.get(verdict, PermanentError)
        assert not isinstance(error, PermanentError) or status_of(error) == STATUS_OF[verdict]
        assert str(error) == f"Discord answered {status}/{code}"
        assert getattr(error, "kind", "discord") == "discord"


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (401, 40001, "refused"), (401, None, "refused"), (403, 0, "refused"), (403, 12345, "refused"),
        (401, 0, "refused"), (401, 50014, "refused"), (403, 50001, "refused"), (403, 50013, "refused"),
        (400, 50035, "bug"), (400, 50006, "bug"), (400, 50041, "bug"), (400, 40060, "bug"), (400, 200000, "bug"),
        (404, 0, "gone"), (404, None, "gone"), (404, 10002, "gone"), (405, 0, "bug"), (405, None, "bug"),
        (400, 0, "bug"), (400, None, "bug"), (413, None, "bug"), (418, 12345, "bug"), (499, None, "bug"),
        (302, None, "bug"), (304, None, "bug"), (408, None, "retry"), (425, None, "retry"),
        *((status, None, "retry") for status in (500, 502, 503, 504, *range(520, 531), 599)),
        (500, 0, "retry"), (503, 130000, "retry"), (502, 12345, "retry"),
    ],
)  # fmt: skip
def test_what_the_table_does_not_name_goes_by_its_status(status: int, code: int | None, verdict: str) -> None:
    """Source: Discord, "HTTP Response Codes"; Cloudflare, "5xx errors", for 520 to 530."""
    assert verdict_of(status, code) == verdict


@pytest.mark.parametrize("code", [None, "10015", [10015], {"code": 1}, 10015.0, True, -1, 10**400])
def test_a_code_that_is_no_whole_number_is_none(discord: Discord, script: Scripted, code: Any) -> None:
    error = error_of(discord, script, json_answer(400, {"code": code, "message": TOKEN.reveal()}))
    assert isinstance(error, PermanentError)
    assert TOKEN.reveal() not in str(error)


BODIES = [b"", b"<html>", b"[]", b"1", b"\xff\xfe", b"{", b"[" * 100_000, b'{"id": 5}', b'{"id": "five"}', b"9" * 5000]


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_an_answer_that_is_no_message_is_asked_for_again(
    discord: Discord, script: Scripted, body: bytes, status: int
) -> None:
    """The edit may be done, so it is no failure that a member is told of."""
    assert type(error_of(discord, script, Answer(status, b"" if status == 204 else body))) is RetryableError


@pytest.mark.parametrize(
    "answer",
    [
        Answer(closes=True),
        Answer(200, b'{"id"', length=100),
        Answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
        Answer(200, b"zz", {"Transfer-Encoding": "chunked"}),
    ],
    ids=["closed", "cut", "no gzip", "no chunks"],
)
def test_a_broken_answer_is_asked_for_again(discord: Discord, script: Scripted, answer: Answer) -> None:
    assert type(error_of(discord, script, answer)) is RetryableError
    assert len(script.asked) == 1  # the workflow repeats, nobody else


def test_a_redirection_is_not_followed(discord: Discord, script: Scripted) -> None:
    """It would carry the picture, and where a bot posts its token, to another address."""
    answer = Answer(307, b"", {"Location": f"{script.url}/elsewhere"})
    assert isinstance(error_of(discord, script, answer), PermanentError)
    assert len(script.asked) == 1


def test_no_cookie_goes_from_one_members_call_to_the_next(discord: Discord, script: Scripted) -> None:
    script.answers = [json_answer(200, {"id": "9"}, {"Set-Cookie": "__cf_bm=abc; Path=/"})]
    edit(discord)
    edit(discord, Secret("another"))
    assert "Cookie" not in script.asked[1].headers


def test_a_netrc_does_not_replace_the_bots_token(
    script: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot-token"))
    discord.post("5", {"content": ""}, nonce="77", png=None)
    edit(discord)
    assert script.asked[0].headers["Authorization"] == "Bot bot-token"
    assert "Authorization" not in script.asked[1].headers


def test_no_error_shows_the_token() -> None:
    discord = Discord(f"http://127.0.0.1:{free_port()}/api/v10", "DiscordBot (https://demo.appspot.com, 0.1)")
    with pytest.raises(RetryableError) as caught:
        edit(discord)
    chain = [caught.value, caught.value.__cause__] + (
        [] if caught.value.__suppress_context__ else [caught.value.__context__]
    )
    assert not any(TOKEN.reveal() in str(error) for error in chain)
    assert TOKEN.reveal() not in repr(TOKEN)
    assert TOKEN.reveal() not in json.dumps(str(TOKEN))
