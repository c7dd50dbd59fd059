"""`mando destroy`: take a deployment out of a project, after a question."""

import click

from cli.errors import Failed
from cli.google import PROGRAMS, ROOT, project_options, read_settings, refuse_if
from deploy.destroy import plan, stays
from deploy.perform import CallFailed, perform
from deploy.run import Runner


@click.command(epilog="It asks before it deletes anything, and says what stays.  It can be repeated.")
@project_options()
def command(project: str | None, location: str) -> None:
    settings, problems = read_settings({"project": project, "location": location})
    refuse_if(problems)
    runner = Runner(dict(settings), PROGRAMS, ROOT)
    calls = plan(runner)
    if calls:
        print(f"This is deleted from {project}:")
        print("\n".join(f"  {runner.filled(call.purpose)}" for call in calls))
    else:
        print(f"There is nothing to delete in {project}.")
    print("This stays:")
    print("\n".join(runner.filled(f"  {what}: {why}") for what, why in stays()), flush=True)
    if not calls or not click.confirm(f"Delete it from {project}?"):
        return
    try:
        perform(settings, calls, PROGRAMS, ROOT, report=lambda text: print(text, flush=True))
    except CallFailed as error:
        raise Failed(f"{error}\nPut it right and repeat mando destroy.") from None
