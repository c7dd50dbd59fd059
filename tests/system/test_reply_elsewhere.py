"""/reply-discord away from the other step: a function, or a host anywhere; called by the workflow and by tasks."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.promise import break_next, mend, settle
from tests.command import mando
from tests.deploy.dockerfile import command
from tests.servers import free_port, running, wait_until
from tests.system.up import Up, mando_up, sources_with_short_waits


@pytest.fixture(scope="module", params=["--steps functions", "--form queues --reply function", "--reply URL"])
def up(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """tests/cli/test_form.py has the settings of the other forms; docs/architecture.md has all."""
    folder = tmp_path_factory.mktemp("up")
    data = folder / "data"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        root = sources_with_short_waits(folder / "sources")
        up = stack.enter_context(mando_up(data, root, options=request.param.replace("URL", url).split()))
        if "URL" in request.param:
            stack.enter_context(running(_worker(data), {"PORT": str(port)}, f"{url}/health"))
        yield up


def _worker(data: Path) -> list[str]:
    """The container's command with the settings that `mando up` wrote, as the page shows it; its log is reply.log."""
    started = f'set -a; . {data}/reply.env; exec "$@" >{data}/reply.log 2>&1'
    return ["sh", "-c", started, "worker", *command()]


def test_each_member_gets_one_picture_from_the_host_of_the_reply(up: Up) -> None:
    before = len(up.objects())
    sent = mando("send", "--port", str(up.port), "--count", "6", "--rate", "20", "--deliveries", "2")
    assert sent.returncode == 0, sent.stderr
    summary = json.loads(sent.stdout.splitlines()[-1])["summary"]
    assert (summary["sent"], summary["picture"], summary["visible_replies"]) == (6, 6, 6)
    assert len(up.objects()) - before == 6
    assert _calls(up, "steps") == {"/generate-image"}
    assert _calls(up, "reply") == {"/reply-discord"}
    assert "/reply-discord is" in up.get("ops/state")["form"]


def _calls(up: Up, host: str) -> set[str]:
    """The paths that were called there, by its log."""
    lines = (up.data / f"{host}.log").read_text().splitlines()
    return {json.loads(line)["message"].split()[0] for line in lines if line.startswith("{")}


def test_a_reply_asked_for_twice_and_an_outage_of_discord_show_each_member_one_picture(up: Up) -> None:
    before = len(up.objects())
    break_next(up, target="reply", kind="reset", after=True, count=1)  # shown, and called again
    sent = [up.interact()["id"]]
    tally = settle(up, sent)
    assert (tally.pictures, tally.broken) == (1, [])
    break_next(up, target="discord", kind="503")
    sent += [up.interact()["id"] for _ in range(3)]
    wait_until(lambda: _waiting_replies(up) == 3, "three replies wait in the queue")
    mend(up)
    tally = settle(up, sent)
    assert (tally.pictures, tally.failure_replies, tally.broken, len(up.objects()) - before) == (4, 0, [], 4)


def _waiting_replies(up: Up) -> int:
    waiting: dict[str, int] = {one["name"]: one["waiting"] for one in up.get("ops/state")["queues"]}
    return waiting["reply-discord-queue"]
