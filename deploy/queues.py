"""The queues: queue.yaml by `gcloud app deploy`, or its numbers by `gcloud tasks queues`.  Called by calls.py.

`gcloud app deploy queue.yaml` pauses every queue of the region that the file does not name.  So it is used only where
there are no others.  The other way sets all but bucket_size, and a name is free again a day after its task instead of
nine.  Source: Cloud Tasks, "Using Queue Management versus queue.yaml"; Queue.max_burst_size, Queue.tombstone_ttl.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.call import Call, Query, gcloud
from local.form import Form
from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import QueueConfig

_FILE = Path(__file__).parent.parent / "queue.yaml"
_LOCATION = "--location=$LOCATION"

try:
    QUEUES = read_queue_yaml(_FILE.read_text(encoding="utf-8"), "queue.yaml", "projects/p/locations/l").queues
except (OSError, ValueError, QueueYamlError) as error:
    sys.stderr.write(f"mando deploy: queue.yaml is wrong: {error}\n")
    sys.exit(2)


def short_name(queue: QueueConfig) -> str:
    return queue.name.rpartition("/")[2]


def calls(form: Form) -> Iterator[Call | Query]:
    """queue.yaml needs an App Engine app; where a form has none, `gcloud tasks queues` makes them all.

    Source: Cloud Tasks, "Create Cloud Tasks queues": HTTP target tasks need no App Engine app.
    """
    others = "OTHER_QUEUES" if form.is_on_app_engine else None
    if others:
        yield from _by_file(others)
    for queue in QUEUES:
        name = short_name(queue)
        yield Call(
            f"else {name} by itself" if others else f"the queue {name}",
            gcloud("tasks", "queues", "create", name, _LOCATION),
            unless=gcloud("tasks", "queues", "describe", name, _LOCATION),
            where_any=others,
        )
        yield Call(
            f"and the numbers of {name} from queue.yaml",
            gcloud("tasks", "queues", "update", name, _LOCATION, *flags(queue)),
            where_any=others,
        )


def _by_file(others: str) -> Iterator[Call | Query]:
    ours = ",".join(map(short_name, QUEUES))
    yield Query(
        "queues of others in this region",
        others,
        gcloud("tasks", "queues", "list", _LOCATION, f"--filter=-name.basename()=({ours})",
               "--format=value(name.basename())"),
        may_be_empty=True,
    )  # fmt: skip
    yield Call(
        "the queues, and how fast they run: by queue.yaml where it stops no other queue",
        gcloud("app", "deploy", "queue.yaml"),
        where_none=others,
    )


def flags(queue: QueueConfig) -> list[str]:
    attempts = queue.retry.max_attempts
    return [
        f"--max-dispatches-per-second={queue.rate.max_dispatches_per_s:g}",
        f"--max-concurrent-dispatches={queue.rate.max_concurrent_dispatches}",
        f"--max-attempts={'unlimited' if attempts < 0 else attempts}",
        f"--max-retry-duration={queue.retry.max_retry_duration_s:g}s",
        f"--min-backoff={queue.retry.min_backoff_s:g}s",
        f"--max-backoff={queue.retry.max_backoff_s:g}s",
        f"--max-doublings={queue.retry.max_doublings}",
    ]
