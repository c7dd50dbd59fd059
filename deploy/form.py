"""The form of a deployment: who calls the steps.  The options of `mando` choose it; calls and settings follow from it.

docs/architecture.md compares the forms.
"""

from dataclasses import dataclass
from typing import Literal

from deploy.queues import QUEUES, short_name

# What a task calls: the workflow, or the steps themselves.  Source: service/step_tasks.py; a test compares.
TasksCall = Literal["workflow", "http", "app-engine"]


@dataclass(frozen=True, slots=True)
class Form:
    tasks_call: TasksCall = "workflow"

    @property
    def has_workflow(self) -> bool:
        return self.tasks_call == "workflow"

    @property
    def options(self) -> str:
        """As they stand in a command line, with a space before."""
        tasks = {"workflow": "", "app-engine": " --form queues", "http": " --form queues --tasks http"}
        return tasks[self.tasks_call]

    @property
    def settings(self) -> dict[str, str]:
        """The $NAMES in which the forms differ.  STEPS_CALLER: the account as which others call the steps."""
        is_app_engine = self.tasks_call == "app-engine"
        return {
            "TASKS_CALL": self.tasks_call,
            "STEPS_CALLER": "mando-workflow" if self.has_workflow else "mando-tasks",
            "APP_ENGINE_QUEUES": ",".join(map(short_name, QUEUES)) if is_app_engine else "",
        }


FORMS = (Form(), Form("app-engine"), Form("http"))
