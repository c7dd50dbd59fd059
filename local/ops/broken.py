"""What can be broken on purpose, in words for people.  Used by the templates and by forms.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.faults.fault import Fault, Target

TARGETS: Mapping[Target, str] = {
    "queue": "new task → create-image-queue",
    "workflow": "queue → workflow",
    "generate": "workflow or queue → draw",
    "storage": "steps → bucket",
    "reply": "workflow or queue → reply",
    "reply_queue": "new task of a reply",
    "discord": "steps → Discord",
    "tasks": "every call of a queue",
}


@dataclass(frozen=True, slots=True)
class Switch:
    """Faults that are on until they are switched off."""

    name: str
    words: str
    faults: tuple[Fault, ...]

    def is_on(self, pending: Sequence[Fault]) -> bool:
        return all(fault in pending for fault in self.faults)


SWITCHES = (
    Switch("steps-slow", "Steps are slow", (Fault("generate", "slow"), Fault("reply", "slow"))),
    Switch(
        "steps-crash",
        "Steps crash when their work is done",
        (Fault("generate", "reset", after=True), Fault("reply", "reset", after=True)),
    ),
    Switch("steps-down", "Steps are down", (Fault("generate", "503"), Fault("reply", "503"))),
    Switch("storage", "The storage fails", (Fault("storage", "503"),)),
    Switch("twice", "Each task is sent twice", (Fault("tasks", "twice"),)),
)
