"""A program whose settings are wrong does not start: one message that lists them all, and exit code 2."""

import os
import shlex
import subprocess

import pytest

from tests.servers import BIN, ROOT, free_port
from tests.steps.service import TOLD, entrypoint


def said_by(command: list[str], environ: dict[str, str]) -> list[str]:
    ours = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ended = subprocess.run(
        command, cwd=ROOT, env=ours | environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr.splitlines()


def test_the_steps_say_once_all_that_is_wrong_and_do_not_try_again() -> None:
    """As App Engine starts them.  The processes that gunicorn makes would end one after another, and it go on."""
    program, *arguments = shlex.split(entrypoint())
    command = [str(BIN / program), *arguments, f"--bind=127.0.0.1:{free_port()}"]
    wrong = {"GOOGLE_CLOUD_PROJECT": "demo", **TOLD, "SEAL_PRIVATE_KEY": "c2hvcnQ=", "DELIVERY": "pigeon"}
    lines = said_by(command, wrong)
    assert lines[0] == "mando steps: 2 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == ["SEAL_PRIVATE_KEY", "DELIVERY"]
    assert "c2hvcnQ=" not in "".join(lines)


@pytest.mark.parametrize("queue", ["create-image-queue", ""])
def test_the_ingress_says_once_all_that_is_wrong(queue: str) -> None:
    command = [str(BIN / "functions-framework"), "--target=handle_request", f"--port={free_port()}"]
    lines = said_by(command, {"QUEUE": queue, "TASK_SERVICE_ACCOUNT": "a@b"})
    assert lines[0] == "mando ingress: 5 settings are wrong"
    missing = ["DISCORD_PUBLIC_KEY", "SEAL_PUBLIC_KEY", "QUEUE", "REPLY_QUEUE", "WORKFLOW"]
    assert [line.split()[0] for line in lines[1:]] == missing
