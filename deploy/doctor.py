"""What of a deployment is missing, different or broken.  Called by `mando doctor`; only calls that read.

What is expected follows from the calls of calls.py: what a call makes must be there, what it grants must be granted.
gcloud takes a second a call, so several look at a time.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from string import Template
from typing import Any

from deploy import doctor_parts
from deploy.call import Binding, Call, Query, gcloud
from deploy.calls import apis, calls, parts
from deploy.finding import Finding, deploy_again
from deploy.run import Runner
from local.form import Form

_AT_ONCE = 4
Look = Callable[[], Iterable[Finding]]


def examine(runner: Runner, form: Form) -> list[Finding]:
    """All findings, in the order of the parts."""
    for query in calls(form):
        if isinstance(query, Query) and not query.may_be_empty:
            runner.known.setdefault(query.name, runner.ask(query.command).text or "nobody")
    looks: list[Look] = [lambda: _services(runner, form)]
    for part, made in parts(form).items():
        looks += [_existence(runner, part, call) for call in made if _makes_something(call)]
        looks += [_grants(runner, part, bindings) for bindings in _by_resource(made)]
        looks += [_with(look, runner) for look in doctor_parts.looks(form).get(part, ())]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = list(threads.map(lambda look: list(look()), looks))
    return [_filled(runner, finding) for findings in found for finding in findings]


def _with(look: Callable[[Runner], Iterable[Finding]], runner: Runner) -> Look:
    return lambda: look(runner)


def _filled(runner: Runner, finding: Finding) -> Finding:
    """What a service has answered may hold a $ of its own."""
    return Finding(*(Template(text).safe_substitute(runner.known) for text in (finding.what, finding.command)))


def _services(runner: Runner, form: Form) -> Iterator[Finding]:
    enabled = set(runner.ask(gcloud("services", "list", "--enabled", "--format=value(config.name)")).text.split())
    missing = [f"{api}.googleapis.com" for api in apis(form) if f"{api}.googleapis.com" not in enabled]
    if missing:
        yield Finding(f"not enabled: {', '.join(missing)}", deploy_again("project"))


def _makes_something(call: Call | Query) -> bool:
    return isinstance(call, Call) and call.unless is not None and call.same_as_file is None and call.where_any is None


def _existence(runner: Runner, part: str, call: Call | Query) -> Look:
    assert isinstance(call, Call)  # noqa: S101 -- see _makes_something
    question = call.unless or ()

    def look() -> Iterator[Finding]:
        answer = runner.ask(question)
        if answer.status:
            said = (answer.stderr.splitlines() or ["no answer"])[-1]
            yield Finding(f"{call.purpose}: is missing, or cannot be read: {said}", deploy_again(part))

    return look


def _by_resource(calls: Iterable[Call | Query]) -> list[list[Binding]]:
    found: dict[tuple[str, ...], list[Binding]] = defaultdict(list)
    for call in calls:
        if isinstance(call, Call) and call.binding is not None:
            found[call.binding.resource].append(call.binding)
    return list(found.values())


def _grants(runner: Runner, part: str, bindings: list[Binding]) -> Look:
    resource = bindings[0].resource

    def look() -> Iterator[Finding]:
        granted = granted_on(runner, bindings[0])
        for binding in bindings:
            if (runner.filled(binding.member), runner.filled(binding.role)) not in granted:
                yield Finding(f"{binding.member} has not the role {binding.role} on {resource[-1]}", deploy_again(part))

    return look


def granted_on(runner: Runner, binding: Binding) -> set[tuple[str, str]]:
    """(member, role) of everything that is granted without a condition on the binding's resource."""
    place = [option for option in binding.options if not option.startswith("--condition")]
    command = gcloud(*binding.resource[:-1], "get-iam-policy", binding.resource[-1], *place, "--format=json")
    policy: dict[str, Any] = json.loads(runner.ask(command).text or "{}")
    return {
        (member, each["role"])
        for each in policy.get("bindings", [])
        if not each.get("condition")
        for member in each["members"]
    }
