"""A virtual environment for all peers, so that what they need cannot conflict with ours.

gcloud-tasks-emulator has one of its own: it needs protobuf < 5, and the current google-cloud-tasks a newer one.  So has
mando: a developer's environment is slower to start than the cloud's, which has no hooks of editable installations.
All are compiled, as the cloud's is.  Source: Google's buildpacks, pkg/python/python.go.
"""

import subprocess
import sys
from pathlib import Path

_PEERS = Path(__file__).parent
ROOT = _PEERS.parent.parent


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
    """Its Python; created if it is missing or the requirements changed."""
    python, done = folder / "bin" / "python", folder / "compiled"
    if not done.exists() or done.read_text() != requirements.read_text():
        uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [*uv, "pip", "install", "--compile-bytecode", "--python", str(python)]
        subprocess.run([*install, "--requirement", str(requirements)], check=True)
        done.write_text(requirements.read_text())
    return python
