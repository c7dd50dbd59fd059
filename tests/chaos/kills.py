"""Kills a random process at a random moment while members type /mando: `mando up`, steps, ingress, or a worker."""

import os
import random
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from tests.chaos.promise import Tally, settle
from tests.servers import wait_until
from tests.system.up import Up, children_of, mando_up

_MEMBERS = 4


def killed(data: Path, kills: int, dice: random.Random) -> Tally:
    """Kill a process `kills` times during new interactions, then wait for all outcomes."""
    for _ in range(kills):
        with mando_up(data) as up:
            _interact_until_killed(up, dice)
    with mando_up(data) as up:
        with sqlite3.connect(data / "discord.sqlite") as database:
            ids = [str(row[0]) for row in database.execute("SELECT id FROM interactions ORDER BY id")]
        return settle(up, ids)


def _interact_until_killed(up: Up, dice: random.Random) -> None:
    ends_s = time.monotonic() + dice.uniform(0.2, 1.5)
    with ThreadPoolExecutor(_MEMBERS) as members:
        typing = [members.submit(_type_until, up, ends_s + 0.2) for _ in range(_MEMBERS)]
        time.sleep(max(0.0, ends_s - time.monotonic()))
        victim = dice.choice([up.process.pid, *children_of(up.process.pid)])
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
