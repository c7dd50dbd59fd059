"""What a deployment takes from its form: settings, and the options that say it again.

docs/architecture.md compares the forms.
"""

from deploy.queues import QUEUES, short_name
from local.form import Form

FORMS = (Form(), Form("app-engine"), Form("http"))


def options(form: Form) -> str:
    """As they stand in a command line, with a space before."""
    tasks = {"workflow": "", "app-engine": " --form queues", "http": " --form queues --tasks http"}
    return tasks[form.tasks_call]


def settings(form: Form) -> dict[str, str]:
    """The $NAMES in which the forms differ."""
    is_app_engine = form.tasks_call == "app-engine"
    return {
        "TASKS_CALL": form.tasks_call,
        "STEPS_CALLER": form.steps_caller,
        "APP_ENGINE_QUEUES": ",".join(map(short_name, QUEUES)) if is_app_engine else "",
    }
