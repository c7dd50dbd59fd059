"""`mando register`: register our commands with Discord, and the address to which Discord sends interactions.

The bot's token comes from DISCORD_BOT_TOKEN only: every user of the machine can see the arguments of a process.
Source: Discord, "Application Commands" and "Edit Current Application".
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click
import requests

from cli.discord_commands import read_commands
from cli.errors import CannotStart, Failed
from cli.options import option
from cli.version import version

_TIMEOUT_S = 20  # Discord calls the endpoint before it answers, and waits up to 3 s for each of two answers


def _server_id(text: str) -> str:
    if not (text.isascii() and text.isdecimal()):
        raise click.BadParameter(f"{text!r} is not the id of a server, e.g. 197038439483310086")
    return text


@click.command()
@option("--guild", type=_server_id, metavar="ID", help="only for this server, where it appears at once")
@option("--endpoint", metavar="URL", help="also make this the address of interactions (https)")
def command(guild: str | None, endpoint: str | None) -> None:
    token = os.environ.get("DISCORD_BOT_TOKEN", "").strip()
    api = os.environ.get("DISCORD_API", "https://discord.com/api/v10").rstrip("/")
    if not token:
        raise CannotStart("DISCORD_BOT_TOKEN is not set; it is the bot's token, from the developer portal")
    with requests.Session() as session:
        session.headers.update({"Authorization": f"Bot {token}", "User-Agent": f"DiscordBot (mando, {version()})"})
        register(session, api, read_commands(), guild, endpoint)


def register(
    session: requests.Session, api: str, commands: Sequence[Mapping[str, Any]], guild: str | None, endpoint: str | None
) -> None:
    """Make the commands the only ones of their scope; doing it again changes nothing.  Raises Failed."""
    application = _call(session, "GET", f"{api}/applications/@me", "read the application")
    if not isinstance(application, dict) or not str(application.get("id")).isdecimal():
        raise Failed("cannot read the application: Discord answered without its id")
    scope = f"applications/{application['id']}" + (f"/guilds/{guild}" if guild else "")
    registered = _call(session, "PUT", f"{api}/{scope}/commands", "register the commands", commands)
    if not isinstance(registered, list) or len(registered) != len(commands):
        raise Failed("cannot register the commands: Discord answered without the list of commands")
    name = application.get("name", application["id"])
    for command in commands:
        shown = f"/{command['name']}" if command["type"] == 1 else f'"{command["name"]}"'
        print(f"{shown} is registered for {name}" + (f" in server {guild}" if guild else ""))
    if endpoint is not None and application.get("interactions_endpoint_url") != endpoint:
        change = {"interactions_endpoint_url": endpoint}
        _call(session, "PATCH", f"{api}/applications/@me", f"send interactions to {endpoint}", change)
    if endpoint is not None:
        print(f"interactions go to {endpoint}")


def _call(session: requests.Session, method: str, url: str, purpose: str, body: Any = None) -> Any:
    """Discord's JSON.  Redirects are not followed: they would turn a PUT into a GET that changes nothing."""
    try:
        answer = session.request(method, url, json=body, timeout=_TIMEOUT_S, allow_redirects=False)
    except (
        requests.RequestException,
        UnicodeError,
    ) as error:  # UnicodeError: a token or address with a character that no header can hold
        raise Failed(f"cannot {purpose}: {type(error).__name__} at {url}") from None
    if not 200 <= answer.status_code < 300:
        raise Failed(f"cannot {purpose}: Discord answered {answer.status_code} {_describe(answer)}")
    try:
        return answer.json()
    except ValueError:
        raise Failed(f"cannot {purpose}: {url} answered {answer.status_code} {_describe(answer)}, no JSON") from None


def _describe(answer: requests.Response) -> str:
    """The reason in an answer, in one short line."""
    if answer.status_code == 401:
        return "(is DISCORD_BOT_TOKEN the bot's present token?)"
    if answer.status_code == 429:
        return f"(too many calls; wait {_retry_after(answer)})"
    if answer.is_redirect:
        return f"(go to {answer.headers['Location'][:200]}; is DISCORD_API right?)"
    text = " ".join(answer.text.split())[:500]
    if text.startswith("<"):
        return "with a page of HTML"
    return text or "without a body"


def _retry_after(answer: requests.Response) -> str:
    """The wait that the answer asks for.  Cloudflare in front of Discord names it only in the header, or not at all."""
    try:
        seconds = answer.json().get("retry_after")
    except (ValueError, AttributeError):
        seconds = None
    seconds = seconds or answer.headers.get("Retry-After")
    return f"{seconds} s" if seconds else "some minutes"
