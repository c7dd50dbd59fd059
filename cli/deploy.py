"""`mando deploy`: make every call of deploy/calls.py, or print them as a script."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import click
from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey

from cli.errors import CannotStart, Failed, origin_of, wrong_option
from cli.files import read_at_most
from cli.form import form_of, form_options
from cli.google import PROGRAMS, ROOT, project_options, read_settings, refuse_if
from cli.options import option
from deploy.calls import SETTINGS, calls_of, names_in, parts
from deploy.form import FORMS, options
from deploy.form import settings as settings_of
from deploy.perform import CallFailed, perform
from deploy.run import Runner
from deploy.script import script
from deploy.survey import conflicts
from local.form import Form

_PARTS = max((list(parts(form)) for form in FORMS), key=len)  # one form has all
_LARGEST_KEYS_BYTES = 65_536  # Source: Secret Manager, "Quotas and limits": payload size


@click.command()
@project_options()
@option("--discord-public-key", metavar="HEX", help="the application's Public Key")
@option("--seal-key", type=click.Path(path_type=Path), metavar="FILE", help="the private key that `mando keys` made")
@form_options
@option("--only", type=click.Choice(_PARTS), metavar="PART", help=f"one part: {', '.join(_PARTS)}")
@option("--dry-run", is_flag=True, help="print the calls as a shell script and make none")
def command(
    project: str | None,
    location: str,
    discord_public_key: str | None,
    seal_key: Path | None,
    only: str | None,
    dry_run: bool,
    **given: Any,
) -> None:
    form = form_of(**given)
    wanted = list(parts(form)) if only is None else [only]
    if not parts(form).keys() >= set(wanted):
        raise wrong_option("only", f"{options(form).strip() or 'this form'} has no {only}")
    calls = calls_of(wanted, form)
    used = names_in(calls)
    values = {"project": project, "location": location}
    settings, problems = read_settings(values | {"discord_public_key": discord_public_key})
    settings |= settings_of(form)
    if "DISCORD_PUBLIC_KEY" not in used:
        problems.pop(origin_of("discord_public_key"), None)
    if used & {"SEAL_KEY_FILE", "SEAL_PUBLIC_KEY"}:
        _read_seal_key(seal_key, settings, problems)
    if dry_run:
        example = {name: settings.get(name, shown) for name, (_, shown) in SETTINGS.items() if name in used}
        print("\n".join(script(example, calls)))
        return
    refuse_if(problems)
    _refuse_conflicts(settings, wanted, form)
    try:
        perform(settings, calls, PROGRAMS, ROOT, report=lambda text: print(text, flush=True))
    except CallFailed as error:
        raise Failed(f"{error}\nEvery call can be made again: put it right and repeat mando deploy.") from None


def _refuse_conflicts(settings: dict[str, str], parts: list[str], form: Form) -> None:
    found = conflicts(Runner(dict(settings), PROGRAMS, ROOT), parts, form)
    if found:
        lines = [f"  {sentence}" for sentence in found]
        raise CannotStart("\n".join([f"{settings['PROJECT']} is in use; nothing was changed", *lines]))


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
