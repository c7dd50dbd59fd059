"""A value as the JSON text that an execution shows of it.  Used for payloads, contexts and whatever else is shown."""

import json

from local.workflows.effects import Value


def compact(value: Value) -> str:
    """Without spaces, keys sorted.  Source: recorded from the real service."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
