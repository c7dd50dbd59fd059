"""What a deployment takes from its form: settings, and the options that say it again.

docs/architecture.md compares the forms.
"""

from deploy.numbers import NUMBERS
from deploy.queues import QUEUES, short_name
from local.form import Form

_OWN_AUDIENCE = "mando-reply"  # of a reply elsewhere: what its host receives opens no other
# One of each kind; `mando destroy` takes away what any of them has.
FORMS = (
    Form(),
    Form(reply="function"),
    Form(steps="functions", reply="function"),
    Form(reply="https://reply.example.com"),
    Form("app-engine"),
    Form("http"),
    Form("app-engine", reply="function"),
    Form("http", "functions", "function"),
)


def options(form: Form) -> str:
    """As they stand in a command line, with a space before."""
    tasks = {"workflow": "", "app-engine": " --form queues", "http": " --form queues --tasks http"}
    if not form.is_on_app_engine:
        tasks["http"] = " --form queues"
    steps = "" if form.is_on_app_engine else " --steps functions"
    own_reply = "steps" if form.is_on_app_engine else "function"
    reply = "" if form.reply == own_reply else f" --reply {form.reply}"
    return f"{tasks[form.tasks_call]}{steps}{reply}"


def settings(form: Form) -> dict[str, str]:
    """The $NAMES in which the forms differ."""
    audience = NUMBERS.workflows.environment.get("STEPS_AUDIENCE", "mando-steps")
    # An empty text is a value in app.yaml.  Source: gcloud takes it; google-github-actions/deploy-appengine, issue 315.
    return {
        "TASKS_CALL": form.tasks_call,
        "STEPS_CALLER": form.steps_caller,
        "APP_ENGINE_QUEUES": ",".join(form.app_engine_queues(list(map(short_name, QUEUES)))),
        "REPLY_AUDIENCE": _OWN_AUDIENCE if form.is_reply_elsewhere else audience,
    }
