"""Create a virtual environment for a peer, so that its dependencies cannot conflict with ours."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def ensure_venv(name: str, *requirements: str) -> Path:
    """The Python of .venv-bench-NAME; created if it is missing or its requirements changed."""
    folder = ROOT / f".venv-bench-{name}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists() or done.read_text() != "\n".join(requirements):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *requirements], check=True)
        done.write_text("\n".join(requirements))
    return python
