"""What may travel between the parts, and the one function that checks it.

The schemas lie beside this file, one JSON file each (JSON Schema draft 7).  Beside each lies the frozen dataclass that
the code passes on: from_json() checks a value and makes one, to_json() is what goes on its way.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import fastjsonschema

SchemaName = Literal["interaction", "request", "picture", "reply", "message", "error", "limits"]

_FOLDER = Path(__file__).parent


class SchemaError(ValueError):
    """Raised when a value is not what its schema says; the message names the field, never its value."""


def check(name: SchemaName, value: object) -> Any:
    """The value, once it is known to fit the schema of that name.

    Raises SchemaError, e.g. "request.options.symmetry must be smaller than or equal to 24".
    """
    try:
        return _validator(name)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise SchemaError(error.message) from None


def pattern(name: SchemaName, field: str) -> str:
    """The regular expression of a field of that schema, from ^ to $: for re.fullmatch."""
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
