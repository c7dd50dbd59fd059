"""`mando register` against a stand-in of the three calls of Discord's API that it makes."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from aiohttp import web

from cli.main import run
from tests.deploy.discord import Discord
from tests.servers import serving
from tests.storage.serving import serving_app

TOKEN = "the-bots-token"
NAMES = ["mando", "Mandala of this message"]


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[Discord]:
    stand_in = Discord([])
    app = web.Application()
    app.add_routes(stand_in.routes())
    with serving_app(app) as base_url:
        monkeypatch.setenv("DISCORD_API", f"{base_url}/api/v10")
        monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
        yield stand_in


def test_the_command_and_the_endpoint_are_put_in_place_however_often(
    discord: Discord, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["register", "--endpoint", "https://ingress.example"]) == 0
    assert [command["name"] for command in discord.commands] == NAMES
    assert discord.endpoint == "https://ingress.example"
    assert discord.changes == ["set the endpoint"]
    assert "interactions go to https://ingress.example" in capsys.readouterr().out


def test_a_server_gets_the_command_for_itself(discord: Discord) -> None:
    assert run(["register", "--guild", "197038439483310086"]) == 0
    assert discord.commands == []
    assert [command["name"] for command in discord.guild_commands["197038439483310086"]] == NAMES
    assert discord.endpoint is None


def test_what_discord_refuses_is_said_in_its_words(discord: Discord, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["register", "--endpoint", "http://ingress.example"]) == 1
    said = capsys.readouterr().err
    assert "cannot send interactions to http://ingress.example: Discord answered 400" in said
    assert "Scheme must be one of" in said


def test_a_wrong_token_is_not_shown(
    discord: Discord, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", "a-wrong-token")
    assert run(["register"]) == 1
    said = capsys.readouterr()
    assert "cannot read the application: Discord answered 401 (is DISCORD_BOT_TOKEN" in said.err
    assert "a-wrong-token" not in said.err + said.out


def test_a_missing_token_is_asked_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISCORD_BOT_TOKEN", raising=False)
    assert run(["register"]) == 2
    assert "DISCORD_BOT_TOKEN is not set" in capsys.readouterr().err


def test_a_guild_that_is_no_id_is_refused_before_anything_is_sent(
    discord: Discord, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["register", "--guild", "../../x"]) == 2
    assert "--guild: '../../x' is not the id of a server" in capsys.readouterr().err


def test_an_unreachable_discord_is_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_API", "http://127.0.0.1:9/api/v10")
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    assert run(["register"]) == 1
    assert "cannot read the application: ConnectionError" in capsys.readouterr().err


APPLICATION = {"id": "1146847361212375051", "name": "mando"}


@contextmanager
def answering(status: int, body: bytes, headers: Mapping[str, str], call: int = 0) -> Iterator[str]:
    """The address of a Discord that gives this answer to the call of that number, and good ones to the others."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            good = json.dumps([{"name": name} for name in NAMES] if self.command == "PUT" else APPLICATION).encode()
            is_told, number = len(calls) == call, len(calls)
            calls.append(f"{number} {self.command}")
            content = body if is_told else good
            self.send_response(status if is_told else 200)
            for name, value in headers.items() if is_told else ():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_PATCH = answer  # noqa: N815 -- the names that http.server calls

        def log_message(self, *_: object) -> None: ...

    with serving(Handler) as url:
        yield f"{url}/api/v10"


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (
            200,
            b"<html><title>A portal</title></html>",
            {"Content-Type": "text/html"},
            "answered 200 with a page of HTML, no JSON",
        ),
        (200, b"", {}, "answered 200 without a body, no JSON"),
        (204, b"", {}, "answered 204 without a body, no JSON"),
        (200, b"\xff\xfe", {"Content-Type": "application/json"}, "no JSON"),
        (
            301,
            b"",
            {"Location": "/api/v10/users/@me"},
            "answered 301 (go to /api/v10/users/@me; is DISCORD_API right?)",
        ),
        (307, b"<html>", {"Location": "https://elsewhere.example/"}, "answered 307 (go to https://elsewhere.example/"),
        (400, b'{"code": 50035,\n "message": "Invalid Form Body"}', {}, 'answered 400 {"code": 50035, "message"'),
        (401, b'{"code": 0, "message": "401: Unauthorized"}', {}, "answered 401 (is DISCORD_BOT_TOKEN"),
        (403, b"<!DOCTYPE html>\n<html>" + b"x" * 9000, {}, "answered 403 with a page of HTML"),
        (403, b"error code: 1015\n", {}, "answered 403 error code: 1015"),
        (404, b"", {}, "answered 404 without a body"),
        (429, b'{"retry_after": 1.5, "global": false}', {}, "(too many calls; wait 1.5 s)"),
        (429, b"error code: 1015", {"Retry-After": "3"}, "(too many calls; wait 3 s)"),
        (429, b"[]", {}, "(too many calls; wait some minutes)"),
        (500, b"\n", {}, "answered 500 without a body"),
    ],
    ids=str,
)
@pytest.mark.parametrize("call", [0, 1, 2])
def test_whatever_discord_answers_is_one_line(
    call: int,
    status: int,
    body: bytes,
    headers: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    with answering(status, body, headers, call) as url:
        monkeypatch.setenv("DISCORD_API", url)
        assert run(["register", "--endpoint", "https://ingress.example"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert len(error) < 800
    assert TOKEN not in error


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'{"id": "../../x"}', b"5"], ids=str)
@pytest.mark.parametrize(("call", "said"), [(0, "without its id"), (1, "without the list of commands")])
def test_json_that_is_not_what_was_asked_for_is_one_line(
    call: int, said: str, body: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    with answering(200, body, {}, call) as url:
        monkeypatch.setenv("DISCORD_API", url)
        assert run(["register"]) == 1
    error = capsys.readouterr().err
    assert f"Discord answered {said}" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("token", ["mandala-\N{LOTUS}", "a\nb"], ids=ascii)
def test_a_token_that_no_header_can_hold_is_one_line_without_it(
    token: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_BOT_TOKEN", token)
    with answering(200, b"", {}) as url:
        monkeypatch.setenv("DISCORD_API", url)
        assert run(["register"]) == 1
    error = capsys.readouterr().err
    assert "cannot read the application" in error
    assert error.count("\n") == 1
    assert token not in error


def test_a_discord_that_says_nothing_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.register._TIMEOUT_S", 0.1)
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DISCORD_API", f"http://127.0.0.1:{silent.getsockname()[1]}/api/v10")
        assert run(["register"]) == 1
    assert "cannot read the application: ReadTimeout" in capsys.readouterr().err
