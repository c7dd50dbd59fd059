"""Looking at a running `mando up` as the page says, and running the page's commands."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.command import mando
from tests.operating.page import Situation, situation
from tests.servers import wait_until
from tests.system.shell import in_shell
from tests.system.up import Up

FIRST = situation("First").commands()


def text_of(page: str) -> str:
    """What a reader sees of a page in HTML."""
    bare = re.sub(r"<(style|script|svg).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(bare.replace("&#39;", "'").replace("&quot;", '"').split())


def fault(up: Up, *words: str) -> None:
    done = mando("fault", *words, "--port", str(up.port))
    assert done.returncode == 0, done.stderr


def told(up: Up, interaction: str) -> str:
    """What `mando trace` prints."""
    answer = requests.get(f"{up.base}/ops/requests/{interaction}.txt", timeout=30)
    answer.raise_for_status()
    return answer.text


def shown_at(up: Up, *pages: str) -> str:
    found = [requests.get(f"{up.base}{page}", headers={"Accept": "text/html"}, timeout=30).text for page in pages]
    return "\n".join(map(text_of, found))


def is_seen(up: Up, here: Situation, rows: dict[str, Callable[[], str]]) -> None:
    """Each row of the table holds.  A state may pass while one looks, so it is looked at again."""
    for row, look in rows.items():
        patterns = here.seen(row)
        assert patterns, f"the row {row} names nothing"
        for pattern in patterns:
            last = [""]

            def holds(look: Callable[[], str] = look, pattern: str = pattern, last: list[str] = last) -> object:
                last[0] = look()
                return re.search(pattern, last[0])

            try:
                wait_until(holds, pattern, 30)
            except AssertionError:
                raise AssertionError(f"{row} does not show {pattern!r}, but:\n{last[0]}") from None


def ran(up: Up, folder: Path, here: Situation, lead: str, **variables: str) -> str:
    """What the commands after these words print."""
    done = in_shell(up, folder, [FIRST, here.commands(lead)], **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def state(up: Up, interaction: str) -> str:
    kind: str = up.get(f"ops/requests/{interaction}.json")["summary"]["kind"]
    return kind


def until(up: Up, sent: Sequence[dict[str, Any]], *kinds: str) -> None:
    wait_until(lambda: {state(up, one["id"]) for one in sent} <= set(kinds), f"all are {kinds}", 60)


def each_has_one_picture(up: Up, sent: Sequence[dict[str, Any]]) -> None:
    until(up, sent, "shown")
    for one in sent:
        assert up.reply(one)["embeds"][0]["image"]["url"]


def log(up: Up, program: str) -> Callable[[], str]:
    return lambda: (up.data / f"{program}.log").read_text()
