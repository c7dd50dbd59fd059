"""What the commands that work on a Google Cloud project share: its settings, the programs, what is missing."""

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.errors import CannotStart, origin_of
from cli.options import Function, option
from deploy.calls import SETTINGS
from deploy.survey import APP_REGIONS

ROOT = Path(__file__).parent.parent
PROGRAMS = {"gcloud": ("gcloud",), "mando": (sys.executable, "-m", "cli.main")}
_PATTERNS = {
    "PROJECT": r"[a-z][a-z0-9-]{2,28}[a-z0-9]",
    "LOCATION": r"[a-z]+-[a-z]+[0-9]+",
    "DISCORD_PUBLIC_KEY": r"[0-9a-fA-F]{64}",
}


def project_options() -> Callable[[Function], Function]:
    """--project and --location."""

    def both(function: Function) -> Function:
        location = option("--location", default="us-central1", metavar="REGION", help="where all of it runs")
        return option("--project", metavar="ID", help="the Google Cloud project, with billing")(location(function))

    return both


def read_settings(values: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """The valid settings by name, and the problems by the option or environment variable that has one.

    values: of options, by the name of the parameter.
    """
    settings: dict[str, str] = {}
    problems: dict[str, str] = {}
    for parameter, value in values.items():
        name = parameter.upper()
        purpose, example = SETTINGS[name]
        if value is None:
            problems[origin_of(parameter)] = f"missing; {purpose}, e.g. {example}"
        elif not re.fullmatch(_PATTERNS[name], value):
            problems[origin_of(parameter)] = f"{value!r} is not {purpose}, e.g. {example}"
        else:
            settings[name] = value
    if "LOCATION" in settings:
        settings["APP_REGION"] = APP_REGIONS.get(settings["LOCATION"], settings["LOCATION"])
    return settings, problems


def refuse_if(problems: Mapping[str, str]) -> None:
    """Raises CannotStart, which lists them and a missing gcloud."""
    found = dict(problems)
    if shutil.which("gcloud") is None:
        found["gcloud"] = "not found; the Google Cloud CLI is needed: https://cloud.google.com/sdk/docs/install"
    if found:
        width = max(map(len, found))
        count = "1 thing is" if len(found) == 1 else f"{len(found)} things are"
        lines = [f"  {name:<{width}}  {problem}" for name, problem in found.items()]
        raise CannotStart("\n".join([f"{count} missing or wrong", *lines]))
