"""A variable of a part is made from a $NAME that `mando deploy` does not know."""

import re
from collections.abc import Iterator
from functools import partial

from tuning import app_yaml
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.project import SETTINGS, WORKFLOW_SETTINGS

_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)|\$(?![A-Za-z_{$])")


def find(subject: Subject) -> Iterator[Found]:
    deployment = subject.project.deployment
    place, in_app = subject.deployment_place, subject.app_place
    for environment, known, where in (
        (deployment.ingress.environment, SETTINGS, partial(place, "ingress", "environment")),
        (deployment.workflows.environment, WORKFLOW_SETTINGS, partial(place, "workflows", "environment")),
        (subject.project.app.environment, WORKFLOW_SETTINGS, partial(in_app, app_yaml.ENVIRONMENT)),
    ):
        for variable, value in environment.items():
            for found in _NAME.finditer(value.replace("$$", "")):
                if found[1] not in known:
                    yield Found(
                        where(variable),
                        f"`mando deploy` knows no {found[0]}, only {', '.join(sorted(known))}",
                    )


RULE = Rule(
    "unknown-setting",
    "error",
    "a $NAME in deploy/deployment.yaml or app.yaml that `mando deploy` does not know",
    "the deployment ends there",
    "write $$ for a dollar sign",
    find,
)
