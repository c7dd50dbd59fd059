"""The `mando` command in this process: to start one anew takes a second of a processor, most of it for imports."""

import io
import logging
import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from cli.main import run


def mando(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command, run to its end; what it changes for its whole process is as before."""
    output, errors, log = io.StringIO(), io.StringIO(), logging.getLogger()
    handlers, umask = log.handlers, os.umask(0o022)
    os.umask(umask)
    try:
        with patch.dict(os.environ, environment), redirect_stdout(output), redirect_stderr(errors):
            code = run([*arguments])
    finally:
        log.handlers = handlers
        os.umask(umask)
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())
