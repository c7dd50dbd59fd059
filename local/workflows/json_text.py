"""A value as the JSON text that Workflows shows in results, arguments and errors: compact, with its keys sorted."""

import json

from local.workflows.effects import Value


def compact(value: Value) -> str:
    """Source: recorded from the real service."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
