"""`mando doctor`: what of a deployment is missing, different or broken, and the command that mends it."""

from typing import Any

import click

from cli.endpoint import ask_discord, ask_ingress, ask_steps
from cli.form import form_of, form_options
from cli.google import PROGRAMS, ROOT, project_options, read_settings, refuse_if
from deploy.doctor import examine
from deploy.form import options, settings
from deploy.run import Runner


@click.command(
    epilog="It only reads.  With DISCORD_BOT_TOKEN it also looks at the application.  Exit codes: 0 as the files say, "
    "1 something is not, 2 nothing was looked at."
)
@project_options()
@form_options
def command(project: str | None, location: str, **given: Any) -> int:
    form = form_of(**given)
    known, problems = read_settings({"project": project, "location": location})
    refuse_if(problems)
    runner = Runner(known | settings(form) | {"FORM": options(form)}, PROGRAMS, ROOT)
    found = examine(runner, form)
    found += [*ask_ingress(runner), *ask_steps(runner, form), *ask_discord(runner)]
    for finding in found:
        print(finding)
    if found:
        print(f"{len(found)} thing{'' if len(found) == 1 else 's'} missing, different or broken in {project}")
        return 1
    print(f"{project} is deployed as the files say")
    return 0
