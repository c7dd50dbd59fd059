"""`mando deploy`: make every call of deploy/calls.py, or print them as a script."""

import re
import shutil
import sys
from base64 import b64decode
from pathlib import Path

import click
from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey

from cli.errors import CannotStart, Failed, origin_of
from cli.files import read_at_most
from cli.options import option
from deploy.calls import CALLS, SETTINGS
from deploy.perform import CallFailed, perform
from deploy.script import script

# App Engine's older regions have names of their own.  Source: App Engine, "Locations".
_APP_REGIONS = {"us-central1": "us-central", "europe-west1": "europe-west"}
_LARGEST_KEYS_BYTES = 65_536  # Source: Secret Manager, "Quotas and limits": payload size
_ROOT = Path(__file__).parent.parent


@click.command()
@option("--project", metavar="ID", help="the Google Cloud project, with billing")
@option("--location", default="us-central1", metavar="REGION", help="where all of it runs")
@option("--discord-public-key", metavar="HEX", help="the application's Public Key")
@option("--seal-key", type=click.Path(path_type=Path), metavar="FILE", help="the private key that `mando keys` made")
@option("--dry-run", is_flag=True, help="print the calls as a shell script and make none")
def command(
    project: str | None, location: str, discord_public_key: str | None, seal_key: Path | None, dry_run: bool
) -> None:
    settings, problems = _read({"project": project, "location": location, "discord_public_key": discord_public_key})
    _read_seal_key(seal_key, settings, problems)
    if dry_run:
        example = {name: settings.get(name, shown) for name, (_, shown) in SETTINGS.items()}
        print("\n".join(script(example, CALLS)))
        return
    programs = {"gcloud": ("gcloud",), "mando": (sys.executable, "-m", "cli.main")}
    if shutil.which("gcloud") is None:
        problems["gcloud"] = "not found; the Google Cloud CLI is needed: https://cloud.google.com/sdk/docs/install"
    if problems:
        width = max(map(len, problems))
        count = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        lines = [f"  {name:<{width}}  {problem}" for name, problem in problems.items()]
        raise CannotStart("\n".join([f"{count} missing or wrong", *lines]))
    try:
        perform(settings, CALLS, programs, _ROOT, report=lambda text: print(text, flush=True))
    except CallFailed as error:
        raise Failed(f"{error}\nEvery call can be made again: put it right and repeat mando deploy.") from None


def _read(values: dict[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
    """The valid settings by name, and the problems by the option or environment variable that has one."""
    settings: dict[str, str] = {}
    problems: dict[str, str] = {}
    for parameter, name, pattern in (
        ("project", "PROJECT", r"[a-z][a-z0-9-]{2,28}[a-z0-9]"),
        ("location", "LOCATION", r"[a-z]+-[a-z]+[0-9]+"),
        ("discord_public_key", "DISCORD_PUBLIC_KEY", r"[0-9a-fA-F]{64}"),
    ):
        value = values[parameter]
        purpose, example = SETTINGS[name]
        if value is None:
            problems[origin_of(parameter)] = f"missing; {purpose}, e.g. {example}"
        elif not re.fullmatch(pattern, value):
            problems[origin_of(parameter)] = f"{value!r} is not {purpose}, e.g. {example}"
        else:
            settings[name] = value
    if "LOCATION" in settings:
        settings["APP_REGION"] = _APP_REGIONS.get(settings["LOCATION"], settings["LOCATION"])
    return settings, problems


def _read_seal_key(file: Path | None, settings: dict[str, str], problems: dict[str, str]) -> None:
    name = origin_of("seal_key")
    if file is None:
        problems[name] = "missing; make one with `mando keys -o mando-seal.key`"
        return
    try:
        settings["SEAL_KEY_FILE"] = str(file.resolve())
        settings["SEAL_PUBLIC_KEY"] = _public_key(file)
    except OSError as error:
        problems[name] = f"cannot read {file}: {error.strerror}"
    except ValueError:
        problems[name] = f"{file} holds no key; make one with `mando keys -o mando-seal.key`"


def _public_key(file: Path) -> str:
    """The public half of the first key in the file: the ingress seals with it.  Raises OSError, ValueError."""
    text = read_at_most(file, _LARGEST_KEYS_BYTES).decode("ascii")
    key = b64decode(text.split(",")[0].strip(), validate=True)
    if len(key) != PrivateKey.SIZE:
        raise ValueError
    return PrivateKey(key).public_key.encode(Base64Encoder).decode()
