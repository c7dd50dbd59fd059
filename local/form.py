"""The form of a deployment: which parts run, and where.  The files are the same in every form; settings differ."""

from dataclasses import dataclass
from typing import Literal

TasksCall = Literal["workflow", "http", "app-engine"]


@dataclass(frozen=True, slots=True)
class Form:
    """tasks_call: what a task calls, the workflow or the steps (service/step_tasks.py).

    steps: App Engine's service, or a Cloud Run function each.  reply: where /reply-discord is: steps (with the other
    step), function (one of its own), or an address.
    """

    tasks_call: TasksCall = "workflow"
    steps: Literal["app-engine", "functions"] = "app-engine"
    reply: str = "steps"

    @property
    def is_reply_elsewhere(self) -> bool:
        return self.reply != "steps"

    @property
    def reply_is_function(self) -> bool:
        return self.reply == "function"


DEFAULT_FORM = Form()
