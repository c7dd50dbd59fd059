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
        uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
        subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(_FOLDER)], check=True)
        install = [*uv, "pip", "install", "--python", str(python), "--requirement", str(_REQUIREMENTS)]
        subprocess.run(install, check=True)
        done.write_text(_REQUIREMENTS.read_text())
    return python
