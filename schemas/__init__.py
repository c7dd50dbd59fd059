"""The schemas of all data that travels between the parts, and the function that checks a value.

Each schema is a JSON file beside this one (JSON Schema draft 7).  Beside each is the frozen dataclass that the code
uses: from_json() checks a value and returns an instance, to_json() returns the value to send.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import fastjsonschema

SchemaName = Literal["interaction", "request", "picture", "reply", "message", "error", "limits", "deployment"]

_FOLDER = Path(__file__).parent


class SchemaError(ValueError):
    """Raised when a value is not what its schema says; the message names the field, never its value.

    path: the names that lead to what is wrong.  is_name: the last name itself is wrong, not its value.
    """

    def __init__(self, message: str, path: tuple[str | int, ...] = (), is_name: bool = False) -> None:
        super().__init__(message)
        self.path, self.is_name = path, is_name


def check(name: SchemaName, value: object) -> Any:
    """Return the value if it fits the schema of that name.

    Raises SchemaError, e.g. "request.options.symmetry must be smaller than or equal to 24".
    """
    try:
        return _validator(name)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise _explained(error) from None


def _explained(error: fastjsonschema.JsonSchemaValueException) -> SchemaError:
    """A field that is missing may stand there under another name, which then is what is wrong."""
    path = [int(name) if name.isdecimal() else name for name in error.path[1:]]
    is_name = error.rule in ("required", "additionalProperties") and isinstance(error.value, dict)
    if is_name:
        path += [name for name in error.value if name not in error.definition.get("properties", {})][:1]
    return SchemaError(error.message, tuple(path), is_name)


def pattern(name: SchemaName, field: str) -> str:
    """The regular expression of a field of that schema, from ^ to $."""
    found: str = _load(f"{name}.json")["properties"][field]["pattern"]
    return found


@functools.cache
def _validator(name: SchemaName) -> Callable[[object], object]:
    validate: Callable[[object], object] = fastjsonschema.compile(
        _load(f"{name}.json"), handlers={"": _load}, use_default=False
    )
    return functools.partial(validate, name_prefix=name)  # type: ignore[call-arg]  # fastjsonschema is untyped


def _load(file: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((_FOLDER / file).read_text(encoding="utf-8"))
    return schema
