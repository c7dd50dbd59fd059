"""Load the workflow of a file.  Called by `mando run`.

The file may be anything.  If it holds no workflow, one sentence says what it is.  Only the first 20 mistakes are shown.
"""

from pathlib import Path

import yaml

from cli.errors import CannotStart, WrongFile
from cli.files import TooLarge, read_at_most
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.limits import MAX_SOURCE_BYTES

_MAX_SHOWN = 20
_MAX_NAMES = 4


def load(path: Path) -> Workflow:
    """Compile the file.  Raises CannotStart; WrongFile if the workflow has mistakes."""
    source = _read(path)
    try:
        return compile_workflow(source, str(path))
    except WorkflowSyntaxError as error:
        if (kind := _kind_of_text(source)) is not None:
            raise CannotStart(f"{path} is no workflow: it is {kind}") from None
        shown = [str(problem) for problem in error.problems[:_MAX_SHOWN]]
        more = len(error.problems) - len(shown)
        raise WrongFile("\n".join([*shown, f"and {more} more"] if more else shown)) from None


def _read(path: Path) -> str:
    try:
        content = read_at_most(path, MAX_SOURCE_BYTES)
    except OSError as error:
        raise CannotStart(f"cannot read {path}: {error.strerror}") from None
    except TooLarge:
        raise CannotStart(f"{path} is larger than a workflow may be, which is {MAX_SOURCE_BYTES} bytes") from None
    if not content.strip():
        raise CannotStart(f"{path} is empty")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotStart(f"{path} is not UTF-8") from None


def _kind_of_text(source: str) -> str | None:
    """What a text is that does not compile; None if it looks like a workflow."""
    if "\0" in source:
        return "no text"
    if source.lstrip().startswith("<"):
        return "HTML or XML"
    if source.startswith("#!"):
        return "a script"
    try:
        found = list(yaml.safe_load_all(source))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    top = found[0] if found else None
    if isinstance(top, dict):
        if "main" in top or any(isinstance(routine, dict) and "steps" in routine for routine in top.values()):
            return None
        names = list(map(str, top))
        listed = ", ".join(names[:_MAX_NAMES]) + (", …" if len(names) > _MAX_NAMES else "")
        return f"a map of {listed}; expected main and subworkflows, or a list of steps"
    if top is None or isinstance(top, list):
        return None
    return "text or a number; expected main and subworkflows, or a list of steps"
