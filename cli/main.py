"""The `mando` command: one file a sub-command beside this one, each with add_arguments(parser) and run(arguments)."""

import argparse
import importlib
import os
import sys

from local.workflows.limits import make_room_for_frames

COMMANDS = {
    "up": "run it all on this machine: local cloud and page, ingress, steps",
    "draw": "draw one mandala into a file",
    "run": "run a workflow file and print its execution",
    "send": "act as Discord against a running `mando up`",
    "replay": "start an execution again with the same argument",
    "env": "print the exports after which gcloud talks to the local cloud",
    "keys": "make the key pair that seals Discord's tokens",
    "deploy": "deploy to Google Cloud, or print the calls",
    "register": "register /mando with Discord",
}


def main() -> None:
    make_room_for_frames()
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


def run(argv: list[str]) -> int:
    """The exit code: 0 done, 1 failed, 2 called wrongly."""
    parser = argparse.ArgumentParser(
        prog="mando",
        description="A Discord bot that answers /mando with a mandala nobody has seen before.",
        epilog="Every option is an environment variable too: --port is MANDO_PORT.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in argv if not word.startswith("-")), None)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose[0].upper() + purpose[1:] + ".")
        if name == chosen:
            # Only the chosen command is imported: drawing a picture needs no web server.
            module = importlib.import_module(f"cli.{name}")
            module.add_arguments(command)
            _defaults_from_environment(command)
    arguments = parser.parse_args(argv)
    try:
        return int(module.run(arguments))
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _defaults_from_environment(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # argparse offers no public list
        text = os.environ.get(f"MANDO_{action.dest.upper()}")
        if not action.option_strings or not text or action.nargs == 0:
            continue
        # argparse reads a default that is a text as it reads an argument
        action.default = [text] if isinstance(action.default, list) else text
        action.required = False


if __name__ == "__main__":
    main()
