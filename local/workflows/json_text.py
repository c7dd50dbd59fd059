"""JSON as Workflows writes it into results, payloads and arguments: compact, its keys sorted.

Source: recorded from the real service.
"""

import json

from local.workflows.effects import Value


def compact(value: Value) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
