"""`mando fault`: break something of a running `mando up` on purpose, list what is broken, mend it."""

import time
from datetime import timedelta
from typing import Any

import click
import requests

from cli import options
from cli.errors import CannotStart
from cli.options import duration, name_segment, option, whole_number
from local.project import url
from local.story.words import seconds

_TIMEOUT_S = 10


@click.command()
@click.argument("target", required=False)
@click.argument("kind", required=False)
@option(
    "--count", type=whole_number(1), metavar="N", help="how many calls are hit; without it and --for: until --clear"
)
@option(
    "--for",
    "for_",
    type=duration,
    envvar="MANDO_FAULT_FOR",
    metavar="2m",
    help="how long it lasts; a scenario: its own length",
)
@option("--after", is_flag=True, help="the call does its work, and only its answer is lost")
@option("--scenario", type=name_segment, metavar="NAME", help="an incident, as `mando simulate` knows it, in real time")
@option("--list", "lists", is_flag=True, help="print what is broken, and the scenarios")
@option("--clear", is_flag=True, help="mend all, or only what is named besides; the clocks too if all")
@options.port("fault", "where `mando up` runs")
def command(
    target: str | None,
    kind: str | None,
    count: int | None,
    for_: timedelta | None,
    after: bool,
    scenario: str | None,
    lists: bool,
    clear: bool,
    port: int,
) -> int:
    """TARGET is a call: discord, storage, workflow, generate, reply, queue, reply_queue, tasks.  KIND is how it fails:
    a status, timeout, reset, slow, garbage, or twice.

    It prints what is broken afterwards.  Exit code 2: nothing was changed.
    """
    is_fault = target is not None and not clear
    if [is_fault, scenario is not None and not clear, lists, clear].count(True) != 1 or (is_fault and kind is None):
        raise CannotStart("name a TARGET and a KIND, or say --scenario NAME, --list or --clear")
    at = f"{url(port)}/faults"
    if clear:
        chosen = {"target": target, "kind": kind, "scenario": scenario}
        _ask("DELETE", at, params={name: value for name, value in chosen.items() if value})
    elif not lists:
        asked: dict[str, Any] = {"scenario": scenario} if scenario else {"target": target, "kind": kind, "after": after}
        asked |= {"count": count} if count else {}
        asked |= {"for_s": for_.total_seconds()} if for_ else {}
        _ask("POST", at, json=asked)
    _print(_ask("GET", at), _ask("GET", f"{at}/scenarios"), with_all=lists)
    return 0


def _print(faults: list[dict[str, Any]], scenarios: list[dict[str, Any]], *, with_all: bool) -> None:
    for one in faults:
        how = f"{one['target']} {one['kind']}{' after its work' if one['after'] else ''}"
        print(f"broken    {how}, {_how_long(one)}")
    for one in scenarios:
        if one["ends_s"] is not None:
            print(f"going on  {one['name']}: {one['title']}")
        elif with_all:
            print(f"scenario  {one['name']}: {one['title']}")
    if not faults and not any(one["ends_s"] is not None for one in scenarios):
        print("nothing is broken")


def _how_long(fault: dict[str, Any]) -> str:
    if fault["count"] is not None:
        return f"{fault['count']} more"
    return f"for another {seconds(fault['ends_s'] - time.time())}" if "ends_s" in fault else "until it is cleared"


def _ask(method: str, address: str, **asked: Any) -> Any:
    """The JSON of the answer.  Raises CannotStart."""
    try:
        answer = requests.request(method, address, timeout=_TIMEOUT_S, **asked)
        found = answer.json()
    except (requests.RequestException, ValueError):
        raise CannotStart(
            f"no `mando up` answers at {address.rpartition('/faults')[0]}; --port says where it runs"
        ) from None
    if answer.status_code >= 400:
        raise CannotStart(str(found["error"]["message"]))
    return found
