"""gcloud knows every command that mando makes of it, with all flags: its own parser reads them."""

import functools
import json
import subprocess
from collections.abc import Iterator
from string import Template

from deploy.call import Call
from deploy.calls import SETTINGS, calls
from deploy.form import FORMS
from tests.gcloud import require_gcloud

_PARSE = """
import io, json, sys
from contextlib import redirect_stderr
from googlecloudsdk import gcloud_main
cli = gcloud_main.CreateCLI([])
for words in json.load(sys.stdin):
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            cli._CLI__parser.parse_args(words[1:])
    except SystemExit:
        print(" ".join(words), said.getvalue())
"""


def commands() -> Iterator[tuple[str, ...]]:
    for call in dict.fromkeys(call for form in FORMS for call in calls(form)):
        yield call.command
        if isinstance(call, Call) and call.unless is not None:
            yield call.unless


@functools.cache
def installed() -> tuple[str, str]:
    """The Python that gcloud chooses, and where gcloud is."""
    require_gcloud()
    asked = ["gcloud", "info", "--format=value(basic.python_location,installation.sdk_root)"]
    python, root = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    return python, root


def refused(lines: list[list[str]]) -> str:
    """What the parser of the installed gcloud says against these lines."""
    python, root = installed()
    environment = {"PYTHONPATH": f"{root}/lib:{root}/lib/third_party"}
    command = [python, "-S", "-c", _PARSE]
    done = subprocess.run(
        command, input=json.dumps(lines), env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def filled(words: tuple[str, ...]) -> list[str]:
    values = {name: example for name, (_, example) in SETTINGS.items()}
    return [Template(word).safe_substitute(values) for word in words]


def test_gcloud_knows_every_command_and_every_flag() -> None:
    assert refused([filled(words) for words in commands() if words[0] == "gcloud"]) == ""


def test_gcloud_knows_what_the_other_tests_do_not_run() -> None:
    told = (
        "app services delete mandalas",
        "app services describe mandalas",
        "app versions start v1 --service=default --project=demo",
        "tasks queues resume create-image-queue --project=demo --location=us-central1",
        "functions logs read mando-ingress --project=demo --region=us-central1",
        "app logs read --project=demo",
        "storage rm --recursive gs://demo-mandalas",
    )
    assert refused([["gcloud", *words.split()] for words in told]) == ""


def test_it_refuses_what_it_does_not_know() -> None:
    wrong = ("run services update x --no-invoker-iam-chek", "tasks queues updat x")
    said = refused([["gcloud", *words.split()] for words in (*wrong, "tasks queues describe x")])
    assert [words for words in wrong if f"gcloud {words} " not in said] == []
    assert "gcloud tasks queues describe" not in said
