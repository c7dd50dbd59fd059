"""A virtual environment for all peers, so that what they need cannot conflict with ours.

gcloud-tasks-emulator has one of its own: it needs protobuf < 5, and the current google-cloud-tasks a newer one.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def peers_python() -> Path:
    """The Python of .venv-bench."""
    return _python(ROOT / ".venv-bench", "requirements.txt")


def tasks_emulator_python() -> Path:
    """The Python of .venv-bench-tasks."""
    return _python(ROOT / ".venv-bench-tasks", "tasks-emulator.txt")


def _python(folder: Path, requirements_name: str) -> Path:
    """Its Python; created if it is missing or the requirements changed."""
    python, done = folder / "bin" / "python", folder / "installed"
    requirements = Path(__file__).with_name(requirements_name)
    if not done.exists() or done.read_text() != requirements.read_text():
        uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([*uv, "pip", "install", "--python", str(python), "--requirement", str(requirements)], check=True)
        done.write_text(requirements.read_text())
    return python
