"""Where a request waits that an execution left to a task, and the label of what repeats an execution.

Used by the operations page, by the story of a request and by `mando replay`.
"""

import json

REPLAY_LABEL = "replay-of"  # of an execution: the id of the one that it repeats


def waits_in(result: str) -> str | None:
    """The id of the task that an execution names in its result; None if it names none.

    Source: workflows/mando.yaml.
    """
    try:
        return str(json.loads(result)["waits_in"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def names_of_tasks(task_id: str) -> tuple[str, str]:
    """The first and the last in the alphabet of the ids that the tasks of a reply have, one after the other.

    Source: steps/task_call.py.
    """
    return task_id, f"{task_id}-r9999"
