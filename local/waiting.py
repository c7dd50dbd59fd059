"""Where a request waits that an execution left to a task.  Used by the operations page and by `mando replay`."""

import json


def waits_in(result: str) -> str | None:
    """The id of the task that an execution names in its result; None if it names none.

    Source: workflows/mando.yaml.
    """
    try:
        return str(json.loads(result)["waits_in"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
