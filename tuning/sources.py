"""The texts of all files that can be tuned: from a folder, or from a commit.  project.py reads them."""

import difflib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from local.form import DEFAULT_FORM, Form

Sources: TypeAlias = Mapping[str, str]  # path from the root of the project, with slashes → text

# Beside the files, under a name that no file has: the form, where options say another one (local/form.py).
_FORM = "--form"

# What is read of a project.
PATTERNS = (
    "workflows/*.yaml",
    "queue.yaml",
    "app.yaml",
    "ingress/limits.yaml",
    "deploy/deployment.yaml",
    "schemas/*.json",
)
_MAX_BYTES = 1024 * 1024  # of a file; the largest that a service accepts is a workflow of 128 KiB


class NoSources(Exception):
    """Raised when there is nothing to read: no such folder, no such commit, not one of the files."""


class UnreadableFile(Exception):
    """Raised when a file is there and is no text."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file}: {what}")
        self.file, self.what = file, what


def from_folder(folder: Path) -> Sources:
    """The files below the folder.  Raises NoSources, UnreadableFile."""
    if not folder.is_dir():
        raise NoSources(f"{folder} is no folder")
    found = {}
    for pattern in PATTERNS:
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            try:
                found[name] = _text(name, _read(path))
            except OSError as error:
                raise UnreadableFile(name, f"cannot be read: {error.strerror}") from None
    return _not_empty(found, f"the folder {folder}")


def from_git(ref: str, folder: Path) -> Sources:
    """The files of that commit of the repository in the folder.  Raises NoSources, UnreadableFile."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    names = _git(folder, "ls-tree", "-r", "-z", "--name-only", commit.decode().strip()).decode(errors="replace")
    wanted = [name for name in names.split("\0") if _is_wanted(name)]
    found = {name: _text(name, _git(folder, "show", f"{commit.decode().strip()}:./{name}")) for name in wanted}
    return _not_empty(found, f"the commit {ref}")


def in_form(sources: Sources, form: Form) -> Sources:
    """The same files in that form."""
    return {**sources, _FORM: json.dumps(asdict(form))}


def form_of(sources: Sources) -> Form:
    return Form(**json.loads(sources[_FORM])) if _FORM in sources else DEFAULT_FORM


def diff(before: Sources, after: Sources, context: int = 3) -> str:
    """The edit, as `git apply` and `patch -p1` take it; empty if nothing is edited.  context: lines around it."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for file, text in after.items()
        for line in difflib.unified_diff(
            before[file].splitlines(True), text.splitlines(True), f"a/{file}", f"b/{file}", n=context
        )
    )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def _is_wanted(name: str) -> bool:
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in PATTERNS)


def _text(name: str, content: bytes) -> str:
    if len(content) > _MAX_BYTES:
        raise UnreadableFile(name, f"the file is larger than {_MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UnreadableFile(name, "the file is not UTF-8") from None


def _git(folder: Path, *words: str) -> bytes:
    try:
        ended = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise NoSources("git is not installed") from None
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise NoSources(said[-1] if said else f"git knows no commit of the name {_last(words)}")
    return ended.stdout


def _last(words: Iterable[str]) -> str:
    return list(words)[-1].removesuffix("^{commit}")


def _not_empty(found: dict[str, str], where: str) -> Sources:
    if not found:
        raise NoSources(f"{where} holds none of {', '.join(PATTERNS)}")
    return found
