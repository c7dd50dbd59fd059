"""The table of commands: one file a command beside this one, each with `command`.  Called by main.py.

Only the module of the called command is imported: drawing a picture needs no web server.
"""

import errno
import functools
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from cli.errors import Failed, message_for
from cli.version import version

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "up": "run it all on this machine: local cloud and page, ingress, steps",
    "draw": "draw one mandala into a file",
    "run": "run a workflow file and print its execution",
    "check": "check the YAML of a project, and whether its numbers fit together",
    "send": "act as Discord against a running `mando up`",
    "simulate": "foresee what the files do under a load, and while something fails",
    "trace": "tell what happened to an interaction, and why it waits",
    "replay": "start an execution again with the same argument",
    "fault": "break something of a running `mando up` on purpose, and mend it",
    "env": "print the exports after which gcloud talks to the local cloud",
    "keys": "make the key pair that seals Discord's tokens",
    "deploy": "deploy to Google Cloud, or print the calls",
    "doctor": "say what of a deployment is missing, different or broken",
    "destroy": "take a deployment away again; asks first, and says what stays",
    "register": "register /mando with Discord",
}


def run(argv: list[str]) -> int:
    """Run the command line, return its exit code (errors.py lists them)."""
    try:
        return mando.main(argv, prog_name="mando", standalone_mode=False) or 0
    except click.Abort:
        raise KeyboardInterrupt from None  # main.py ends it
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        sys.stderr.write(f"{message_for(error)}\n")
        return error.exit_code


class Commands(click.Group):
    """The group of all commands.  It lists them from the table, so that help and completion import none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:  # completing a line
                return None
            raise click.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)
        return _import_command(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # only for this

        commands = [CompletionItem(name, help=COMMANDS[name]) for name in COMMANDS if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            print(end="", flush=True)
        except click.UsageError as error:
            if error.ctx is None and (
                name := ctx.invoked_subcommand
            ):  # the parser that raised it did not set the command
                error.ctx = click.Context(_import_command(name), parent=ctx, info_name=name)
            raise
        except BrokenPipeError:  # the reader of our output, such as `head`, has ended
            _discard_output()
            return 0
        except OSError as error:
            if error.errno != errno.ENOSPC or error.filename is not None:
                raise
            _discard_output()
            raise Failed(f"cannot write what it prints: {error.strerror}") from None
        return code


@functools.cache
def _import_command(name: str) -> click.Command:
    command: click.Command = importlib.import_module(f"cli.{name}").command
    purpose = COMMANDS[name]
    command.help = f"{purpose[0].upper()}{purpose[1:]}.\n\n{command.help or ''}"
    return command


def _discard_output() -> None:
    """Discard the output that is still buffered: Python would write it again at exit, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked and not context.resilient_parsing:
        print(f"mando {version()}")
        context.exit()


@click.group(
    cls=Commands,
    context_settings={
        "auto_envvar_prefix": "MANDO",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Every option is an environment variable too: --data of `mando up` is MANDO_UP_DATA.",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)
def mando() -> None:
    """A Discord bot that answers /mando with a mandala nobody has seen before."""
