"""One virtual environment for all peers, so that what they need cannot conflict with ours."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_FOLDER = ROOT / ".venv-bench"
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def peers_python() -> Path:
    """The Python of .venv-bench; created if it is missing or bench/peers/requirements.txt changed."""
    python, done = _FOLDER / "bin" / "python", _FOLDER / "installed"
    if not done.exists() or done.read_text() != _REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_FOLDER)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", str(_REQUIREMENTS)], check=True)
        done.write_text(_REQUIREMENTS.read_text())
    return python
