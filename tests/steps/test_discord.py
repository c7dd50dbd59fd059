"""What Discord may answer, and which of the two kinds of errors it becomes."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from schemas.environment import Secret
from steps.discord import DISCORD_ERRORS, Discord
from steps.errors import NotYetAcknowledged, PermanentError, RetryableError, TokenExpired
from tests.servers import free_port, serving

TOKEN = Secret("aW50ZXJhY3Rpb246secret")
BLOCKED = b"error code: 1015"


class ScriptedDiscord(BaseHTTPRequestHandler):
    """Answers every PATCH and POST with `status` and `body`, and keeps what it was sent."""

    status = 200
    body = b""
    seen: dict[str, str | bytes] = {}  # noqa: RUF012 -- one server, one dict

    def do_PATCH(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        given = self.headers["Authorization"] or ""
        self.seen.update(path=self.path, user_agent=self.headers["User-Agent"], authorization=given, body=sent)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.do_PATCH()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def discord() -> Iterator[Discord]:
    with serving(ScriptedDiscord) as url:
        yield Discord(f"{url}/api/v10", "DiscordBot (https://demo.appspot.com, 0.1)")


def edit(discord: Discord, status: int, body: object) -> str:
    ScriptedDiscord.status = status
    ScriptedDiscord.body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return discord.edit_original("7", TOKEN, {"content": "", "attachments": [{"id": 0}]}, b"\x89PNG")


def test_the_reply_is_one_multipart_edit_of_the_original_message(discord: Discord) -> None:
    assert edit(discord, 200, {"id": "99"}) == "99"
    assert ScriptedDiscord.seen["path"] == "/api/v10/webhooks/7/aW50ZXJhY3Rpb246secret/messages/@original"
    assert ScriptedDiscord.seen["user_agent"] == "DiscordBot (https://demo.appspot.com, 0.1)"
    body = ScriptedDiscord.seen["body"]
    assert isinstance(body, bytes)
    for part in (b'name="payload_json"', b"application/json", b'name="files[0]"; filename="mandala.png"', b"\x89PNG"):
        assert part in body


@pytest.mark.parametrize(("key", "verdict"), DISCORD_ERRORS.items())
def test_each_error_in_the_table_is_of_its_kind(discord: Discord, key: tuple[int, int | None], verdict: str) -> None:
    status, code = key
    expected = {"retry": RetryableError, "early": NotYetAcknowledged, "expired": TokenExpired}.get(
        verdict, PermanentError
    )
    with pytest.raises(expected) as caught:
        edit(discord, status, {"code": code, "message": "…"} if code else b"<html>")
    if isinstance(caught.value, PermanentError):
        assert caught.value.status == {"gone": 410, "refused": 403, "bug": 400}[verdict]


def test_after_a_global_rate_limit_this_process_calls_nobody_until_it_is_over() -> None:
    clock = {"s": 100.0}
    with serving(ScriptedDiscord) as url:
        discord = Discord(f"{url}/api/v10", "mando", monotonic_s=lambda: clock["s"])
        with pytest.raises(RetryableError):
            edit(discord, 429, {"retry_after": 2.5, "global": True})
        clock["s"] += 1
        ScriptedDiscord.seen.clear()
        with pytest.raises(RetryableError) as caught:
            edit(discord, 200, {"id": "9"})
        assert (caught.value.retry_after_s, ScriptedDiscord.seen) == (1.5, {})
        clock["s"] += 1.5
        assert edit(discord, 200, {"id": "9"}) == "9"


def test_a_limit_of_one_interaction_pauses_no_other(discord: Discord) -> None:
    with pytest.raises(RetryableError):
        edit(discord, 429, {"retry_after": 2.5, "global": False})
    assert edit(discord, 200, {"id": "9"}) == "9"


def test_a_bot_posts_with_its_token_and_an_enforced_nonce() -> None:
    with serving(ScriptedDiscord) as url:
        discord = Discord(f"{url}/api/v10", "mando", Secret("bot-token"))
        ScriptedDiscord.status, ScriptedDiscord.body = 200, b'{"id": "9"}'
        assert discord.post("5", {"content": "<@1>"}, nonce="77", png=None) == "9"
    assert ScriptedDiscord.seen["path"] == "/api/v10/channels/5/messages"
    assert ScriptedDiscord.seen["authorization"] == "Bot bot-token"
    assert b'"nonce": "77", "enforce_nonce": true' in ScriptedDiscord.seen["body"]


def test_a_rate_limit_says_how_long_to_wait(discord: Discord) -> None:
    with pytest.raises(RetryableError) as caught:
        edit(discord, 429, {"message": "You are being rate limited.", "retry_after": 64.57, "global": False})
    assert caught.value.retry_after_s == 64.57


@pytest.mark.parametrize(
    "body", [BLOCKED, {"code": 0, "message": "You are being blocked"}, b"", [], {"retry_after": "1"}]
)
def test_a_block_of_our_address_is_waited_out_for_minutes(discord: Discord, body: object) -> None:
    with pytest.raises(RetryableError) as caught:
        edit(discord, 429, body)
    assert caught.value.retry_after_s == 300


@pytest.mark.parametrize("body", [b"", b"<html>", [], {"id": 5}])
def test_an_answer_that_is_no_message_is_asked_for_again(discord: Discord, body: object) -> None:
    with pytest.raises(RetryableError):
        edit(discord, 200, body)


@pytest.mark.parametrize("status", [418, 302, 499])
def test_a_status_that_nobody_announced_is_not_repeated(discord: Discord, status: int) -> None:
    with pytest.raises(PermanentError):
        edit(discord, status, {"code": 12345})


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 530])
def test_a_failure_of_discord_itself_is_tried_again(discord: Discord, status: int) -> None:
    with pytest.raises(RetryableError):
        edit(discord, status, b"<html>")


def test_no_error_shows_the_token() -> None:
    discord = Discord(f"http://127.0.0.1:{free_port()}/api/v10", "DiscordBot (https://demo.appspot.com, 0.1)")
    with pytest.raises(RetryableError) as caught:
        edit(discord, 200, {})
    chain = [caught.value, caught.value.__cause__] + (
        [] if caught.value.__suppress_context__ else [caught.value.__context__]
    )
    assert not any(TOKEN.reveal() in str(error) for error in chain)
    assert TOKEN.reveal() not in repr(TOKEN)
