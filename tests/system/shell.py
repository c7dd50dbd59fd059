"""The commands of a page, as a reader types them: in bash, with `mando` on the path and gcloud."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.servers import ROOT
from tests.system.up import Up


def in_shell(up: Up, folder: Path, commands: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """All of them in one shell, which ends at the first that fails.  folder: where they run, and what they write."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    (bin_folder / "mando").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n')
    (bin_folder / "mando").chmod(0o755)
    return subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", "\n".join(commands)],
        env={
            **os.environ,
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "MANDO_PORT": str(up.port),
            **variables,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
