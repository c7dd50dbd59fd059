"""The form of a deployment: which parts run, and where.  The files are the same in every form; settings differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

TasksCall = Literal["workflow", "http", "app-engine"]

_CALLERS: Mapping[TasksCall, str] = {
    "workflow": "A task starts the workflow, and the workflow calls the steps.",
    "http": "Tasks of two queues call the steps over HTTP, without a workflow.",
    "app-engine": "Tasks of two queues call the steps as App Engine tasks, without a workflow.",
}


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
    def has_workflow(self) -> bool:
        return self.tasks_call == "workflow"

    @property
    def steps_caller(self) -> str:
        """The account as which others call the steps."""
        return "mando-workflow" if self.has_workflow else "mando-tasks"

    @property
    def is_reply_elsewhere(self) -> bool:
        return self.reply != "steps"

    @property
    def reply_is_function(self) -> bool:
        return self.reply == "function"

    @property
    def is_on_app_engine(self) -> bool:
        """Whether App Engine runs a step; else nothing of it is needed."""
        return self.steps == "app-engine"

    @property
    def reply_tasks_call(self) -> TasksCall:
        """What tasks call, as the host of a reply elsewhere has it: no App Engine task reaches it."""
        return "workflow" if self.has_workflow else "http"

    def is_app_engine_task(self, *, is_reply: bool) -> bool:
        """Whether a task that calls a step is one of App Engine, which bears no token."""
        return self.tasks_call == "app-engine" and not (is_reply and self.is_reply_elsewhere)

    def app_engine_queues(self, queues: Sequence[str]) -> Sequence[str]:
        """Those whose App Engine tasks call the steps.  queues: the short names of all, the first one first."""
        if self.tasks_call != "app-engine":
            return []
        return queues[:1] if self.is_reply_elsewhere else queues

    @property
    def in_words(self) -> str:
        words = [_CALLERS[self.tasks_call]]
        if self.steps == "functions":
            words.append("/generate-image is a function.")
        if self.is_reply_elsewhere:
            place = "a function of its own" if self.reply_is_function else f"at {self.reply}"
            words.append(f"/reply-discord is {place}.")
            if self.tasks_call == "app-engine":
                words.append("Tasks call it over HTTP.")
        return " ".join(words)


DEFAULT_FORM = Form()
