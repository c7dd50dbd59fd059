"""Applies a queue.yaml to the queues, as `gcloud app deploy queue.yaml` would.  Called by LocalCloud.

Source: gcloud 528, app_deploy_migration_util.DeployQueuesYamlFile.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from local.tasks.dispatcher import Dispatcher
from local.tasks.queue_yaml import QueueYaml, read_queue_yaml
from local.tasks.rules import QueueConfig
from local.tasks.store import TaskStore

_NEVER_PAUSED = "default"  # gcloud does not pause a queue of this name


def apply_queue_yaml(
    text: str, file: str, parent: str, store: TaskStore, dispatcher: Dispatcher
) -> tuple[QueueConfig, ...]:
    """Apply the text and return the queues that it names; parent is projects/…/locations/….

    The text that was applied last changes nothing, even after a restart: changes that an operator made with gcloud
    since then stay.  Raises QueueYamlError, which says file:line:column; then nothing has changed.
    """
    read = read_queue_yaml(text, file, parent)
    note, digest = f"queue.yaml of {parent}", hashlib.sha256(text.encode()).hexdigest()
    present = {queue.name: queue for queue in store.queues()}
    if store.note(note) != digest or not all(queue.name in present for queue in read.queues):
        changed = list(_changes(read, [queue for queue in present.values() if queue.name.startswith(f"{parent}/")]))
        with store.transaction():
            for queue in changed:
                store.put_queue(queue)
            store.put_note(note, digest)
        for queue in changed:
            dispatcher.wake(queue.name)
    return tuple(queue for queue in store.queues() if queue.name in {one.name for one in read.queues})


def _changes(read: QueueYaml, present: Iterable[QueueConfig]) -> Iterable[QueueConfig]:
    """The queues to write: those of the file, and the ones that it no longer names, paused."""
    before = {queue.name: queue for queue in present}
    for wanted in read.queues:
        queue = before.pop(wanted.name, None)
        yield wanted if queue is None else _merged(queue, wanted, read.resumes_paused)
    for queue in before.values():
        if queue.state == "RUNNING" and not queue.name.endswith(f"/{_NEVER_PAUSED}"):
            yield replace(queue, state="PAUSED")


def _merged(queue: QueueConfig, wanted: QueueConfig, resumes_paused: bool) -> QueueConfig:
    """The queue with the file's rate and retry.  TTLs never change.  A rate of 0 pauses it and keeps the old rate."""
    if wanted.rate.max_dispatches_per_s == 0:
        rate = replace(wanted.rate, max_dispatches_per_s=queue.rate.max_dispatches_per_s)
        return replace(queue, rate=rate, retry=wanted.retry, state="PAUSED")
    state = "RUNNING" if resumes_paused else queue.state
    return replace(queue, rate=wanted.rate, retry=wanted.retry, state=state)
