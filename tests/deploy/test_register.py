"""`mando register` against a stand-in of the three calls of Discord's API that it makes."""

from collections.abc import Iterator

import pytest
from aiohttp import web

from cli.main import run
from tests.deploy.google import Google
from tests.storage.serving import serving_app

TOKEN = "the-bots-token"


@pytest.fixture
def discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    stand_in = Google()
    app = web.Application()
    app.add_routes(stand_in.routes())
    with serving_app(app) as base_url:
        monkeypatch.setenv("DISCORD_API", f"{base_url}/api/v10")
        monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
        yield stand_in


def test_the_command_and_the_endpoint_are_put_in_place_however_often(
    discord: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["register", "--endpoint", "https://ingress.example"]) == 0
    assert [command["name"] for command in discord.commands] == ["mando"]
    assert discord.endpoint == "https://ingress.example"
    assert discord.changes == ["set the endpoint"]
    assert "interactions go to https://ingress.example" in capsys.readouterr().out


def test_a_server_gets_the_command_for_itself(discord: Google) -> None:
    assert run(["register", "--guild", "197038439483310086"]) == 0
    assert discord.commands == []
    assert [command["name"] for command in discord.guild_commands["197038439483310086"]] == ["mando"]
    assert discord.endpoint is None


def test_what_discord_refuses_is_said_in_its_words(discord: Google, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["register", "--endpoint", "http://ingress.example"]) == 1
    said = capsys.readouterr().err
    assert "cannot send interactions to http://ingress.example: Discord answered 400" in said
    assert "Scheme must be one of" in said


def test_a_wrong_token_is_not_shown(
    discord: Google, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
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
    discord: Google, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["register", "--guild", "../../x"]) == 2
    assert "--guild '../../x' is not the id of a server" in capsys.readouterr().err


def test_an_unreachable_discord_is_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_API", "http://127.0.0.1:9/api/v10")
    monkeypatch.setenv("DISCORD_BOT_TOKEN", TOKEN)
    assert run(["register"]) == 1
    assert "cannot read the application: ConnectionError" in capsys.readouterr().err
