"""What can be broken on purpose, in words for people.  Used by the templates and by forms.py."""

from collections.abc import Mapping

from local.faults import Target

TARGETS: Mapping[Target, str] = {
    "queue": "new task → create-image-queue",
    "workflow": "queue → workflow",
    "generate": "workflow or queue → draw",
    "storage": "steps → bucket",
    "reply": "workflow or queue → reply",
    "reply_queue": "new task of a reply",
    "discord": "steps → Discord",
}
