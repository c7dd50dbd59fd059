"""`mando deploy`: make every call of deploy/calls.py, or print them as a script."""

import argparse
import re
import shutil
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from nacl.public import PrivateKey

from deploy.calls import CALLS, SETTINGS
from deploy.perform import CallFailed, perform
from deploy.script import script

# App Engine's older regions have names of their own.  Source: App Engine, "Locations".
_APP_REGIONS = {"us-central1": "us-central", "europe-west1": "europe-west"}
_ROOT = Path(__file__).parent.parent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", metavar="ID", help="the Google Cloud project, with billing")
    parser.add_argument(
        "--location", default="us-central1", metavar="REGION", help="where all of it runs (%(default)s)"
    )
    parser.add_argument("--discord-public-key", metavar="HEX", help="the application's Public Key")
    parser.add_argument("--seal-key", type=Path, metavar="FILE", help="the private key that `mando keys` made")
    parser.add_argument("--dry-run", action="store_true", help="print the calls as a shell script and make none")


def run(arguments: argparse.Namespace) -> int:
    """2 where the arguments are wrong, 1 where a call failed."""
    settings, problems = _read(arguments)
    if arguments.dry_run:
        example = {name: settings.get(name, shown) for name, (_, shown) in SETTINGS.items()}
        print("\n".join(script(example, CALLS)))
        return 0
    programs = {"gcloud": ("gcloud",), "mando": (sys.executable, "-m", "cli.main")}
    if shutil.which("gcloud") is None:
        problems["gcloud"] = "not found; the Google Cloud CLI is needed: https://cloud.google.com/sdk/docs/install"
    if problems:
        width = max(map(len, problems))
        count = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        lines = [f"  {name:<{width}}  {problem}" for name, problem in problems.items()]
        sys.stderr.write("\n".join([f"mando deploy: {count} missing or wrong", *lines]) + "\n")
        return 2
    try:
        perform(settings, CALLS, programs, _ROOT, report=lambda text: print(text, flush=True))
    except CallFailed as error:
        sys.stderr.write(
            f"mando deploy: {error}\nEvery call can be made again: put it right and repeat mando deploy.\n"
        )
        return 1
    return 0


def _read(arguments: argparse.Namespace) -> tuple[dict[str, str], dict[str, str]]:
    """What is known of the settings, and what is wrong with the arguments, by option."""
    settings: dict[str, str] = {}
    problems: dict[str, str] = {}
    for option, name, pattern in (
        ("--project", "PROJECT", r"[a-z][a-z0-9-]{2,28}[a-z0-9]"),
        ("--location", "LOCATION", r"[a-z]+-[a-z]+[0-9]+"),
        ("--discord-public-key", "DISCORD_PUBLIC_KEY", r"[0-9a-fA-F]{64}"),
    ):
        value = getattr(arguments, option.removeprefix("--").replace("-", "_"))
        purpose, example = SETTINGS[name]
        if value is None:
            problems[option] = f"missing; {purpose}, e.g. {example}"
        elif not re.fullmatch(pattern, value):
            problems[option] = f"{value!r} is not {purpose}, e.g. {example}"
        else:
            settings[name] = value
    if "LOCATION" in settings:
        settings["APP_REGION"] = _APP_REGIONS.get(settings["LOCATION"], settings["LOCATION"])
    file: Path | None = arguments.seal_key
    if file is None:
        problems["--seal-key"] = "missing; make one with `mando keys -o mando-seal.key`"
        return settings, problems
    try:
        settings["SEAL_KEY_FILE"] = str(file.resolve())
        settings["SEAL_PUBLIC_KEY"] = _public_key(file)
    except OSError as error:
        problems["--seal-key"] = f"cannot read {file}: {error.strerror}"
    except ValueError:
        problems["--seal-key"] = f"{file} holds no key; make one with `mando keys -o mando-seal.key`"
    return settings, problems


def _public_key(file: Path) -> str:
    """Of the first key in the file, the one to seal with; those after it only open.  Raises OSError, ValueError."""
    key = b64decode(file.read_text().split(",")[0].strip(), validate=True)
    if len(key) != PrivateKey.SIZE:
        raise ValueError
    return b64encode(bytes(PrivateKey(key).public_key)).decode()
