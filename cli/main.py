"""The start of the `mando` command.  Ctrl-C ends it without a traceback, also while it is still importing."""

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    # gRPC's core also writes its errors to stderr.  It reads this variable when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def run(argv: list[str]) -> int:
    """Run the command line, return its exit code (errors.py lists them)."""
    from cli import commands  # slow: Ctrl-C during the import must reach main()

    return commands.run(argv)


if __name__ == "__main__":
    main()
