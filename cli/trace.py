"""`mando trace`: what happened to an interaction, here or in a project of Google Cloud."""

import json
import shutil
import subprocess
import time
from typing import Any

import click
import requests

from cli import options
from cli.errors import CannotStart, Failed
from cli.options import name_segment, option
from local.project import HOST
from local.story.answers import why_failed
from local.story.as_json import story_json
from local.story.cloud import CloudExecution, executions_in, query, story_of_cloud
from local.story.span import interaction_in
from local.story.text import text_of
from local.waiting import REPLAY_LABEL

_TIMEOUT_S = 60
_MOST_ENTRIES = 2_000
_MAX_MESSAGE_LENGTH = 300


def _interaction(text: str) -> int:
    interaction = interaction_in(text)
    if interaction is None:
        raise click.BadParameter(f"{text!r} is no interaction's id: expected 15 to 19 digits, below 2^63")
    return interaction


@click.command()
@click.argument("interaction", type=_interaction)
@options.port("trace", "where `mando up` runs")
@option("--project", type=name_segment, metavar="ID", help="a project of Google Cloud, instead of this machine")
@option("--location", type=name_segment, default="us-central1", metavar="REGION", help="where the workflow is")
@option("--workflow", type=name_segment, default="mando", metavar="NAME", help="whose executions")
@option("--json", "as_json", is_flag=True, help="print the story as JSON")
def command(interaction: int, port: int, project: str | None, location: str, workflow: str, *, as_json: bool) -> int:
    """INTERACTION is Discord's id of the member's command.

    In a project the story is made of Cloud Logging's entries and of the executions that they name, by gcloud.

    Exit codes: 0 printed, 1 nothing is known of it, 2 nobody could be asked.
    """
    if project is None:
        print(_told_here(interaction, port, "json" if as_json else "txt"), end="")
        return 0
    entries = _gcloud(
        "logging", "read", query(interaction), f"--project={project}", "--order=asc", f"--limit={_MOST_ENTRIES}"
    )
    place = (f"--workflow={workflow}", f"--location={location}", f"--project={project}")
    executions = [
        _execution(_gcloud("workflows", "executions", "describe", one, *place))
        for one in executions_in(interaction, entries)
    ]
    story = story_of_cloud(interaction, entries, executions, time.time())
    print(json.dumps(story_json(story), indent=2) + "\n" if as_json else text_of(story), end="")
    return 0 if entries else 1


def _told_here(interaction: int, port: int, ending: str) -> str:
    url = f"http://{HOST}:{port}/ops/requests/{interaction}.{ending}"
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        why = type(error).__name__
        raise CannotStart(f"cannot reach {HOST}:{port}: {why}; start it with `mando up`, or give its --port") from None
    if answer.status_code == 404 and "nothing is known" in answer.text:
        raise Failed(
            f"nothing is known of interaction {interaction}; it is the command's id, not the message's, and"
            " stories are kept for 90 days"
        )
    if answer.status_code != 200:
        raise CannotStart(f"{HOST}:{port} answered {answer.status_code} for {url}: is it `mando up`?")
    return answer.text if ending == "txt" else json.dumps(answer.json(), indent=2) + "\n"


def _gcloud(*words: str) -> Any:
    """What it prints as JSON.  Raises CannotStart."""
    program = shutil.which("gcloud")
    if program is None:
        raise CannotStart(
            "gcloud is not found; the Google Cloud CLI is needed: https://cloud.google.com/sdk/docs/install"
        )
    asked = [program, *words, "--format=json"]
    try:
        ended = subprocess.run(asked, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise CannotStart(f"gcloud {words[0]} {words[1]} has no answer within {_TIMEOUT_S} s") from None
    if ended.returncode != 0:
        said = " ".join(ended.stderr.split())[:_MAX_MESSAGE_LENGTH]
        raise CannotStart(f"gcloud {words[0]} {words[1]} failed: {said}")
    try:
        return json.loads(ended.stdout or "[]")
    except ValueError:
        raise CannotStart(f"gcloud {words[0]} {words[1]} printed no JSON") from None


def _execution(shown: dict[str, Any]) -> CloudExecution:
    return CloudExecution(
        id=str(shown["name"]).rpartition("/")[2],
        state=str(shown.get("state", "")),
        began=str(shown.get("startTime") or shown["createTime"]),
        ended=str(shown.get("endTime", "")),
        revision=str(shown.get("workflowRevisionId", "")),
        argument=str(shown.get("argument", "")),
        result=str(shown.get("result", "")),
        error=why_failed(shown.get("error", {})),
        original=str(shown.get("labels", {}).get(REPLAY_LABEL, "")),
    )
