"""How a command ends: its exit code, and one sentence on stderr that says what went wrong.  Called by commands.py.

Exit codes: 0 done · 1 begun and not succeeded · 2 nothing done: an option, a file or the environment is wrong ·
130 ended by Ctrl-C, see main.py.
"""

import os
from typing import Any

import click
from click.core import ParameterSource


class Failed(click.ClickException):
    """Raised when what the command began has not succeeded."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.ctx = click.get_current_context(silent=True)


class CannotStart(Failed):
    """Raised when nothing was done: a file, a program or the environment is not what the command needs."""

    exit_code = 2


class WrongFile(CannotStart):
    """Raised when a file on the command line has mistakes; the message begins with its path, line and column."""


def wrong_option(name: str, message: str) -> click.BadParameter:
    """The error for an option that can only be checked when all options are known; message says why it is wrong."""
    context = click.get_current_context()
    return click.BadParameter(message, context, _parameter(name, context))


def message_for(error: click.ClickException) -> str:
    """The text for the terminal: what went wrong, where, and what was expected."""
    context: click.Context | None = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "mando"
    message = error.format_message().removesuffix(".")
    match error:
        case WrongFile():
            return message
        case click.MissingParameter(param=click.Parameter() as parameter):
            return f"{command}: {_origin_of(parameter, context)}: is missing; `{command} --help` says more"
        case click.BadParameter(param=click.Parameter() as parameter):
            return f"{command}: {_origin_of(parameter, context)}: {error.message.removesuffix('.')}"
        case click.UsageError():
            separator = "" if message.endswith("?") else ";"  # after "Did you mean …?"
            return f"{command}: {message}{separator} `{command} --help` says more"
        case _:
            return f"{command}: {message}"


def origin_of(name: str) -> str:
    """Where a value of the running command came from: the option as one types it, or the environment variable."""
    context = click.get_current_context()
    return _origin_of(_parameter(name, context), context)


def _parameter(name: str, context: click.Context) -> click.Parameter:
    return next(each for each in context.command.params if each.name == name)


def _origin_of(parameter: click.Parameter, context: click.Context | None) -> str:
    if context is not None and context.get_parameter_source(parameter.name) is ParameterSource.ENVIRONMENT:
        return next(name for name in _variables(parameter, context) if os.environ.get(name))
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return parameter.human_readable_name


def _variables(parameter: click.Parameter, context: click.Context) -> list[str]:
    """The environment variables that can set an option; the first one that is set wins.

    Source: Click, "Values from Environment Variables".
    """
    own: Any = parameter.envvar or []
    return [*([own] if isinstance(own, str) else own), f"{context.auto_envvar_prefix}_{parameter.name.upper()}"]
