"""Where the `mando` command starts, and where Ctrl-C ends it without a word, also while it is still importing."""

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    # gRPC's core writes what it raises into stderr as well; it reads this when it is imported.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def run(argv: list[str]) -> int:
    """The exit code; errors.py says what each means."""
    from cli import commands  # takes some time, in which a person may press Ctrl-C

    return commands.run(argv)


if __name__ == "__main__":
    main()
