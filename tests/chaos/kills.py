"""Kills a random process at a random moment while members type /mando: `mando up`, steps, ingress, or a worker."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from tests.chaos.promise import Tally, settle
from tests.servers import wait_until
from tests.system.up import Up, children_of, four_free_ports, mando_up

_MEMBERS = 4


Victims = Callable[[Up], list[int]]  # the processes one of which dies


def mando_itself(up: Up) -> list[int]:
    return [up.process.pid]


def its_children(up: Up) -> list[int]:
    """The ingress, the steps, and their workers."""
    return children_of(up.process.pid)


def any_process(up: Up) -> list[int]:
    return mando_itself(up) + its_children(up)


def killed(
    data: Path, kills: Sequence[Victims], dice: random.Random, within_s: float = 1.5, lost_too: bool = True
) -> Tally:
    """Kill one of these processes each time, within so long of new interactions, then wait for all outcomes."""
    port = four_free_ports()
    for victims in kills:
        with mando_up(data, port=port) as up:
            _interact_until_killed(up, dice, victims, within_s)
    with mando_up(data, port=port) as up:
        with sqlite3.connect(data / "discord.sqlite") as database:
            ids = [str(row[0]) for row in database.execute("SELECT id FROM interactions ORDER BY id")]
        return settle(up, ids, lost_too=lost_too)


def _interact_until_killed(up: Up, dice: random.Random, victims: Victims, within_s: float) -> None:
    up.interact()  # there is one, however slow the machine is
    ends_s = time.monotonic() + dice.uniform(0.2, within_s)
    with ThreadPoolExecutor(_MEMBERS) as members:
        typing = [members.submit(_type_until, up, ends_s + 0.2) for _ in range(_MEMBERS)]
        time.sleep(max(0.0, ends_s - time.monotonic()))
        victim = dice.choice(victims(up))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        for one in typing:
            one.result()
    if victim == up.process.pid:
        wait_until(lambda: up.process.poll() is not None, "mando up is gone")


def _type_until(up: Up, ends_s: float) -> None:
    """A member who types /mando again and again, also while the process dies."""
    while time.monotonic() < ends_s:
        with suppress(requests.RequestException):
            up.interact()
