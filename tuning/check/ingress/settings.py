"""A variable of the deployment is made from a $NAME that `mando deploy` does not know."""

import re
from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.project import SETTINGS, WORKFLOW_SETTINGS

_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)|\$(?![A-Za-z_{$])")


def find(subject: Subject) -> Iterator[Found]:
    deployment = subject.project.deployment
    for part, environment, known in (
        ("ingress", deployment.ingress.environment, SETTINGS),
        ("steps", deployment.steps.environment, WORKFLOW_SETTINGS),
        ("workflows", deployment.workflows.environment, WORKFLOW_SETTINGS),
    ):
        for variable, value in environment.items():
            for found in _NAME.finditer(value.replace("$$", "")):
                if found[1] not in known:
                    yield Found(
                        subject.deployment_place(part, "environment", variable),
                        f"`mando deploy` knows no {found[0]}, only {', '.join(sorted(known))}",
                    )


RULE = Rule(
    "unknown-setting",
    "error",
    "a $NAME in deploy/deployment.yaml that `mando deploy` does not know",
    "the deployment ends there",
    "write $$ for a dollar sign",
    find,
)
