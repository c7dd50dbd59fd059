"""The situations of docs/operating.md: each is produced, is seen as the page says, and ends by the page's commands."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.command import mando
from tests.operating.conftest import commit
from tests.operating.looking import FIRST, each_has_one_picture, fault, is_seen, log, ran, shown_at, told, until
from tests.operating.page import PAGE, situation
from tests.servers import ROOT, wait_until
from tests.system.shell import in_shell
from tests.system.up import PLACE, Up, edited, pause, resume

REQUESTS, REPLIES = "create-image-queue", "reply-discord-queue"
_LINE_WORDS = ("Your mandala comes", "yours would come too late")
EDITED = ("workflows/mando.yaml", "queue.yaml")


@pytest.fixture(autouse=True)
def mended(up: Up, sources: Path) -> Iterator[None]:
    """Whatever a test breaks is whole for the next one."""
    before = {file: (sources / file).read_text() for file in EDITED}
    yield
    requests.delete(f"{up.base}/faults", timeout=30).raise_for_status()
    for file, text in before.items():
        (sources / file).write_text(text)
    for queue in (REQUESTS, REPLIES):
        resume(up, queue)
    wait_until(lambda: _is_whole(up, sources), "the files are in force")
    # What the ingress knows of the queues is as old as the last request.
    wait_until(lambda: up.interact()["messages"][0]["state"] == "thinking", "the ingress takes requests")


def test_discord_is_down(up: Up, sources: Path) -> None:
    here = situation("Discord is down")
    fault(up, "discord", "503")
    sent = [up.interact() for _ in range(3)]
    until(up, sent, "waiting", "replying")
    is_seen(
        up,
        here,
        {
            "/ops": lambda: shown_at(up, "/ops"),
            "mando trace": lambda: told(up, sent[0]["id"]),
            "log of the steps": log(up, "steps"),
        },
    )
    tasks = ran(up, sources, here, "Be sure")
    assert all(one["id"] in tasks for one in sent)
    fault(up, "--clear")
    each_has_one_picture(up, sent)
    over = ran(up, sources, here, "It is over", INTERACTION=sent[0]["id"])
    assert "shown after" in over
    assert over.splitlines()[-1] == "0"


def test_a_flood(up: Up, sources: Path) -> None:
    here = situation("A flood")
    edited(sources, "queue.yaml", r"rate: 80/s", "rate: 1/s")
    wait_until(lambda: _rate(up) == 1, "the queue is slow")
    sending = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "send", "--count", "60", "--rate", "40", "--port", str(up.port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with sending:
        waits = wait_until(lambda: _newest(up, "in queue"), "a request stands in the line")
        is_seen(
            up,
            here,
            {
                "/ops": lambda: shown_at(up, "/ops"),
                "mando trace": lambda: told(up, _newest(up, "in queue") or str(waits)),
                "log of the ingress": log(up, "ingress"),
            },
        )
        sure = ran(up, sources, here, "Be sure").splitlines()
        assert (sure[0].split(), int(sure[1]) > 2) == (["RUNNING", "1.0"], True)
        ran(up, sources, here, "Do")
        said, _ = sending.communicate(timeout=60)
    assert _rate(up) == 80
    outcomes = [json.loads(line) for line in said.splitlines()[:-1]]
    late, refused = ([one for one in outcomes if words in one.get("words", "")] for words in _LINE_WORDS)
    assert len(late) > 5
    assert len(refused) > 5
    each_has_one_picture(up, [one for one in outcomes if one not in refused])
    assert all(one["visible_replies"] == 1 for one in refused)
    assert ran(up, sources, here, "It is over").strip() == "0"


def test_a_deployment_with_a_mistake_is_refused_and_the_old_one_stays(up: Up, sources: Path) -> None:
    here = situation("A broken deployment")
    before = up.get(f"v1/{PLACE}/workflows/mando")["revisionId"]
    edited(sources, "workflows/mando.yaml", "call: http.post", "call: http.past")
    is_seen(up, here, {"/ops`, a refused one": lambda: shown_at(up, "/ops")})
    checked = mando("check", str(sources))
    assert (checked.returncode, "http.past" in checked.stdout + checked.stderr) == (1, True)
    refused = in_shell(up, sources, [FIRST, "gcloud workflows deploy mando --source=workflows/mando.yaml"])
    assert (refused.returncode, "http.past" in refused.stderr) == (1, True)
    sent = up.interact()
    each_has_one_picture(up, [sent])
    assert up.ended(sent["id"])["workflowRevisionId"] == before


def test_a_deployment_that_is_wrong_is_taken_back_and_all_that_failed_is_replayed(up: Up, sources: Path) -> None:
    here = situation("A broken deployment")
    edited(sources, "workflows/mando.yaml", r'"/generate-image"', '"/generate-picture"')
    commit(sources)
    wrong = wait_until(lambda: _newest_revision(up, "/generate-picture"), "the wrong one is deployed")
    sent = [up.interact() for _ in range(3)]
    until(up, sent, "told")
    assert all(re.fullmatch(here.seen("members")[0], up.reply(one)["content"]) for one in sent)
    is_seen(
        up,
        here,
        {
            "/ops`, a wrong one": lambda: shown_at(up, "/ops"),
            "mando trace": lambda: told(up, sent[0]["id"]),
        },
    )
    assert ran(up, sources, here, "Be sure").count(str(wrong)) == 3 + 1
    done = ran(up, sources, here, "Do").splitlines()[-1]
    assert done == "3 replayed, 3 SUCCEEDED"
    assert re.fullmatch(re.findall(r"`(… replayed.*?)`", here.text)[0].replace("…", r"\d+"), done)
    each_has_one_picture(up, sent)
    assert "shown after" in ran(up, sources, here, "It is over", INTERACTION=sent[0]["id"])
    each_has_one_picture(up, [up.interact()])


@pytest.mark.parametrize("cause", ["somebody paused it", "its rate is 0"])
def test_a_stuck_queue(up: Up, sources: Path, cause: str) -> None:
    here = situation("A stuck queue")
    if cause == "its rate is 0":
        edited(sources, "queue.yaml", r"rate: 80/s", "rate: 0/s")
        wait_until(lambda: up.get(f"v2/{PLACE}/queues/{REQUESTS}")["state"] == "PAUSED", "the file is in force")
    else:
        pause(up, REQUESTS)
    waits = up.interact()
    refused = wait_until(lambda: _refused(up), "the ingress knows it")
    assert re.fullmatch(here.seen("members")[1], refused)
    is_seen(
        up,
        here,
        {
            "/ops": lambda: shown_at(up, "/ops"),
            "mando trace": lambda: told(up, waits["id"]),
            "log of the ingress": log(up, "ingress"),
        },
    )
    assert re.search(rf"{REQUESTS} +PAUSED", ran(up, sources, here, "Be sure"))
    if cause == "its rate is 0":
        edited(sources, "queue.yaml", r"rate: 0/s", "rate: 80/s")
        wait_until(lambda: "80/s" in shown_at(up, "/ops"), "the file is in force")
    ran(up, sources, here, "Do")
    each_has_one_picture(up, [waits])
    assert ran(up, sources, here, "It is over").split() == ["RUNNING", "0"]


def _is_whole(up: Up, sources: Path) -> bool:
    deployed = up.get(f"v1/{PLACE}/workflows/mando")["sourceContents"]
    return deployed == (sources / "workflows/mando.yaml").read_text() and _rate(up) == 80


def _rate(up: Up) -> float:
    return float(up.get(f"v2/{PLACE}/queues/{REQUESTS}")["rateLimits"]["maxDispatchesPerSecond"])


def _newest(up: Up, kind: str) -> str | None:
    found = up.get(f"ops/requests.json?state={kind}&size=1")["requests"]
    return str(found[0]["interaction"]) if found else None


def _newest_revision(up: Up, text: str) -> str | None:
    found = up.get(f"v1/{PLACE}/workflows/mando")
    return str(found["revisionId"]) if text in found["sourceContents"] else None


def _refused(up: Up) -> str:
    said = str(up.interact()["messages"][0]["content"])
    return said if "break" in said else ""


def test_the_first_table_leads_to_each_situation() -> None:
    rows = situation("What you see").text
    for title in ("Discord is down", "A flood", "A broken deployment", "A lost secret", "A stuck queue"):
        assert f"[{title.lower().replace('discord', 'Discord')}](#{title.lower().replace(' ', '-')})" in rows
        assert f"\n## {title}\n" in PAGE
