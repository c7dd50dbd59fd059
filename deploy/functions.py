"""The Cloud Run functions of a form, and the calls that deploy one: the ingress, and steps that are functions.

The steps check the token of each call themselves, in every form.  Cloud Run's own check would take its signature away
before the function sees it, so it is off.  Source: Cloud Run, "Authenticating service-to-service".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.app_yaml import ENVIRONMENT
from deploy.call import Call, Calls, account, gcloud
from deploy.numbers import FUNCTIONS, NUMBERS
from local.form import Form
from schemas.deployment import Function as Numbers

_OF_APP_ENGINE = "APP_ENGINE_QUEUES"  # elsewhere nothing proves such a task


@dataclass(frozen=True, slots=True)
class Function:
    """what: as one speaks of it.  part: of the deployment.  target: in main.py.  owner: the account as which it runs.

    open_because: why Cloud Run does not ask who calls.
    """

    name: str
    what: str
    part: str
    target: str
    owner: str
    numbers: Numbers
    environment: Mapping[str, str]
    open_because: str

    @property
    def host(self) -> str:
        """Known before the function is there.  Source: Cloud Run, "Invoke with an HTTPS request", deterministic URL."""
        return f"{self.name}-$PROJECT_NUMBER.$LOCATION.run.app"


def ingress() -> Function:
    return Function(
        "mando-ingress", "the ingress", "ingress", "handle_request", "mando-ingress",
        NUMBERS.ingress, NUMBERS.ingress.environment, "everybody may call it, as Discord has no Google account",
    )  # fmt: skip


def drawing() -> Function:
    return _step("mando-generate", "the function that draws", "steps", "generate_image", FUNCTIONS.generate, {})


def replying(form: Form) -> Function:
    own = {"AUDIENCE": "$REPLY_AUDIENCE", "TASKS_CALL": form.reply_tasks_call}
    return _step("mando-reply", "the function that replies", "reply", "reply_discord", FUNCTIONS.reply, own)


def of_form(form: Form) -> tuple[Function, ...]:
    return (
        *(() if form.is_on_app_engine else (drawing(),)),
        *((replying(form),) if form.reply_is_function else ()),
        ingress(),
    )


def _step(name: str, what: str, part: str, target: str, numbers: Numbers, own: Mapping[str, str]) -> Function:
    """Its environment is that of app.yaml, but for what App Engine sets or alone can prove."""
    variables = {variable: value for variable, value in ENVIRONMENT.items() if variable != _OF_APP_ENGINE}
    environment = {"GOOGLE_CLOUD_PROJECT": "$PROJECT", **variables, **own}
    because = "it checks the token of each call itself, which Cloud Run would pass on without its signature"
    return Function(name, what, part, target, "mando-steps", numbers, environment, because)


def variables(environment: Mapping[str, str]) -> str:
    return "--set-env-vars=" + ",".join(f"{name}={value}" for name, value in environment.items())


def deployed(function: Function) -> Calls:
    numbers = function.numbers
    return (
        Call(
            function.what,
            gcloud("functions", "deploy", function.name, "--gen2", "--region=$LOCATION",
                   "--runtime=python313", "--source=.",
                   f"--entry-point={function.target}", "--trigger-http",
                   f"--service-account={account(function.owner)}",
                   f"--build-service-account=projects/$PROJECT/serviceAccounts/{account('mando-build')}",
                   f"--memory={numbers.memory}", f"--cpu={numbers.cpu:g}", f"--concurrency={numbers.concurrency}",
                   f"--min-instances={numbers.min_instances}", f"--max-instances={numbers.max_instances}",
                   f"--timeout={numbers.timeout}", variables(function.environment)),
        ),
        Call(
            f"{function.open_because}; an instance gets more processor while it starts",
            gcloud("run", "services", "update", function.name, "--region=$LOCATION", "--no-invoker-iam-check",
                   "--cpu-boost"),
        ),
    )  # fmt: skip
