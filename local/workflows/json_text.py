"""Values as the JSON texts of results, arguments and errors: compact, with sorted keys."""

import json

from local.workflows.effects import Value

# json.dumps() makes an encoder each time.
_COMPACT = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compact(value: Value) -> str:
    """Without spaces, keys sorted; bytes are a TypeError.  Source: recorded from the real service."""
    return _COMPACT.encode(value)


def shown(value: Value) -> str:
    """The same, for people: bytes are shown as Python writes them."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
