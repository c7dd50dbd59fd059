"""A virtual environment for all peers, so that what they need cannot conflict with ours.

gcloud-tasks-emulator has one of its own: it needs protobuf < 5, and the current google-cloud-tasks a newer one.  So has
mando: a developer's environment is slower to start than the cloud's, which has no hooks of editable installations.
All are compiled, as the cloud's is (source: Google's buildpacks, pkg/python/python.go), but for a short run, which
imports a small part of them and whose numbers mean nothing.
"""

import os
import subprocess
import sys
from pathlib import Path

_PEERS = Path(__file__).parent
ROOT = _PEERS.parent.parent
COMPILE = "UV_COMPILE_BYTECODE"  # uv reads it


def peers_python() -> Path:
    """The Python of .venv-bench."""
    return _python(ROOT / ".venv-bench", _PEERS / "requirements.txt")


def tasks_emulator_python() -> Path:
    """The Python of .venv-bench-tasks."""
    return _python(ROOT / ".venv-bench-tasks", _PEERS / "tasks-emulator.txt")


def cloud_python() -> Path:
    """The Python of .venv-bench-cloud, which has what the cloud installs for mando."""
    return _python(ROOT / ".venv-bench-cloud", ROOT / "requirements.txt")


def _python(folder: Path, requirements: Path) -> Path:
    """Its Python; created if it is missing, if the requirements changed, or if it is to be compiled and is not."""
    python, wanted = folder / "bin" / "python", requirements.read_text()
    marks = [folder / name for name in (("compiled",) if COMPILE in os.environ else ("compiled", "installed"))]
    if not any(mark.exists() and mark.read_text() == wanted for mark in marks):
        uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([*uv, "pip", "install", "--python", str(python), "--requirement", str(requirements)], check=True)
        marks[-1].write_text(wanted)
    return python
