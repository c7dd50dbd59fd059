"""What deploy/Dockerfile says: the files that it copies, and the command."""

import json
import shutil
from pathlib import Path

from tests.servers import BIN, ROOT

LINES = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()


def copied() -> list[str]:
    """The names that its COPY lines take; each goes to where it was."""
    found = [line.split()[1:] for line in LINES if line.startswith("COPY ")]
    for source, target in found:
        assert target.rstrip("/") in (source.rstrip("/"), str(Path(source).parent), "."), source
    return [source.rstrip("/") for source, _ in found]


def command() -> list[str]:
    (line,) = [line for line in LINES if line.startswith("CMD ")]
    program, *arguments = json.loads(line.removeprefix("CMD "))
    return [str(BIN / program), *arguments]


def copy_image(folder: Path) -> Path:
    """The files of the image below folder."""
    for name in copied():
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder
