"""Faults outside a single call: clocks that jump, repeated deliveries, full disks, slow clients."""

import random
import subprocess
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import requests

from service.slow_clients import REQUEST_WITHIN_S
from steps.caller import CLOCK_SKEW_S
from tests.chaos.promise import Tally, Written, mend, send, settle
from tests.servers import wait_until
from tests.slow_clients import holding, kinds
from tests.system.up import Up, mando_up


def delivered_again_and_in_another_order(up: Up) -> Tally:
    """Each interaction is delivered five times at once; some are delivered again after they are done."""
    with ThreadPoolExecutor(8) as pool:
        ids = [one[0] for one in pool.map(lambda _: send(up, 1, deliveries=5), range(8))]
    written: Written = defaultdict(set)
    settle(up, ids, written=written)
    again = [{"interaction_id": one, "data": {"name": "mando"}, "deliveries": 2} for one in random.sample(ids, 4)]
    for body in again:
        with suppress(requests.RequestException):
            requests.post(f"{up.base}/api/v10/interactions", json=body, timeout=10)
    return settle(up, ids, written=written)


def clock_jumps(up: Up, offset_s: float) -> Tally:
    """The clock of queue and workflow jumps by offset_s while requests are in progress."""
    ids = send(up, 2)
    requests.post(f"{up.base}/faults/clock", json={"offset_s": offset_s}, timeout=10).raise_for_status()
    ids += send(up, 2)
    tally = settle(up, ids)
    mend(up)
    return tally


def tokens_of_another_clock(up: Up, offset_s: float) -> Tally:
    """The clocks of token issuer and steps differ by offset_s; by more than the steps allow only for a while."""
    _set_token_clock(up, offset_s)
    ids = send(up, 2)
    if abs(offset_s) > CLOCK_SKEW_S:
        log = up.data / "steps.log"
        wait_until(lambda: log.read_text().count('"status": 401') >= 2, "the steps refuse the tokens", 30)
        mend(up)
    tally = settle(up, ids)
    mend(up)
    if tally.pictures != tally.sent:
        tally.broken.append("a clock that was wrong cost a picture")
    return tally


def _set_token_clock(up: Up, offset_s: float) -> None:
    requests.post(f"{up.base}/faults/token-clock", json={"offset_s": offset_s}, timeout=10).raise_for_status()


def slow_clients_beside_members(up: Up, clients: int = 200) -> Tally:
    """Slow clients of each kind at the ingress and at the steps, while members type /mando."""
    ids, slowest_s = [], 0.0
    for slow in kinds().values():
        with holding(up.port + 1, slow, clients), holding(up.port + 2, slow, clients):
            began_s = time.monotonic()
            ids += send(up, 1)
            slowest_s = max(slowest_s, time.monotonic() - began_s)
    tally = settle(up, ids)
    if tally.acknowledged != tally.sent or slowest_s > REQUEST_WITHIN_S:  # then a slow client is cut off
        tally.broken.append(f"a slow client kept a member waiting: {slowest_s:.2f} s")
    return tally


def bucket_is_full(data: Path) -> Tally:
    """The bucket's disk is full for a while."""
    folder = data / "objects"
    folder.mkdir(parents=True)
    with mando_up(data, prefix=_with_a_small_disk(folder)) as up:
        inside = Path(f"/proc/{up.process.pid}/root{folder}")
        with suppress(OSError), (inside / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        ids = send(up, 2)
        wait_until(lambda: "/generate-image the bucket" in (data / "steps.log").read_text(), "the bucket is full")
        (inside / "filler").unlink()
        return settle(up, ids + send(up, 1))


def disk_is_full_under_load(data: Path, lost_too: bool = True) -> Tally:
    """The disk with all data is full twice, while members type /mando."""
    data.mkdir()
    with mando_up(data, prefix=_with_a_small_disk(data, size_mb=40)) as up:
        inside = Path(f"/proc/{up.process.pid}/root{data}")
        ids: list[str] = []
        for _ in range(2):
            with ThreadPoolExecutor(4) as members:
                typing = [members.submit(_typed, up, 4) for _ in range(4)]
                with suppress(OSError), (inside / "filler").open("wb", buffering=0) as filler:
                    while True:
                        filler.write(bytes(65536))
                wait_until(partial(_is_refused, up, ids), "Discord itself has no room for an interaction")
                wait_until(lambda: "cannot keep anything in" in up.output(), "mando up says that there is no room")
                (inside / "filler").unlink()
                ids += [one for member in typing for one in member.result()]
        ids += send(up, 1)
        return settle(Up(up.process, up.port, inside, up.printed), ids, lost_too=lost_too)


def _is_refused(up: Up, ids: list[str]) -> bool:
    """Whether Discord cannot keep another interaction.  One that it kept is added to ids."""
    try:
        answer = requests.post(f"{up.base}/api/v10/interactions", json={"data": {"name": "mando"}}, timeout=1)
    except requests.RequestException:
        return False  # it waits for room to keep how the ingress answered
    if answer.ok:
        ids.append(str(answer.json()["id"]))
    return answer.status_code == 503


def _typed(up: Up, count: int) -> list[str]:
    """Types /mando `count` times; the ids of the interactions that the local Discord could store."""
    ids = []
    for _ in range(count):
        with suppress(requests.RequestException):
            ids.append(str(up.interact()["id"]))
    return ids


def _with_a_small_disk(folder: Path, size_mb: int = 3) -> list[str]:
    """A command that runs another with a disk of so many MB at `folder`, in a namespace of its own."""
    script = f'mount -t tmpfs -o size={size_mb}m tmpfs {folder} && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]


def can_mount() -> bool:
    """Whether this machine allows us to mount a disk."""
    with suppress(OSError):
        return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"], check=False).returncode == 0
    return False
