"""`mando check` of the form without a workflow."""

import pytest

from cli.main import run
from local.form import Form, TasksCall
from tests.servers import ROOT
from tests.tuning.check.test_breaks import BREAKS, BY_NAME, OURS, broken, place_of
from tuning.check.answers import GENERATE, MESSAGE, REPLY
from tuning.check.life import TELL
from tuning.check.numbers import numbers
from tuning.check.rules import OF_WORKFLOW, RULES, check
from tuning.check.subject import Subject
from tuning.sources import Sources, in_form

QUEUES: tuple[TasksCall, ...] = ("app-engine", "http")
_OF_WORKFLOW = {rule.name for rule in OF_WORKFLOW}


def queues(sources: Sources) -> Sources:
    return in_form(sources, Form("app-engine"))


def subject() -> Subject:
    found = check(queues(OURS), ()).subject
    assert found is not None
    return found


@pytest.mark.parametrize("kind", QUEUES)
def test_our_own_files_have_nothing_against_them(kind: TasksCall) -> None:
    assert list(map(str, check(in_form(OURS, Form(kind))).findings)) == []


def test_a_request_is_followed_through_both_queues() -> None:
    life = subject().good
    assert [(call.path, call.queue) for call in life.calls] == [
        (GENERATE, "create-image-queue"),
        (REPLY, "reply-discord-queue"),
    ]
    assert (life.executions, life.bill.internal, life.operations) == ([], 0, 4)
    assert life.is_delivery


def test_a_member_is_told_where_nothing_can_be_drawn() -> None:
    ours = subject()
    refused = next(case for case in ours.errors if case.title.startswith("status 422"))
    life = ours.life(lambda call: refused.answer if call.path == GENERATE else MESSAGE)
    assert [call.path for call in life.calls] == [GENERATE, TELL]


def test_the_report_says_what_it_costs() -> None:
    """Four operations of Cloud Tasks, at $0.40 a million."""
    found = numbers(subject())
    assert (found["good"]["steps"], found["good"]["steps_usd_per_million"], found["good"]["calls"]) == (0, 0, 2)
    with_workflow = check(OURS, ()).subject
    assert with_workflow is not None
    before = numbers(with_workflow)["good"]["usd_per_million"]
    assert before - found["good"]["usd_per_million"] == pytest.approx(50 - 2 * 0.4)


@pytest.mark.parametrize(
    "row",
    [row for row in BREAKS if row["rule"] not in _OF_WORKFLOW and row["file"] in ("queue.yaml", "app.yaml")],
    ids=lambda row: f"{row['rule']}: {row['file']}: {row['put'].strip()[:40]}",
)
def test_a_mistake_in_queues_and_instances_is_found_in_this_form_too(row: dict[str, str]) -> None:
    sources = queues(broken(row))
    file = row.get("in", row["file"])
    found = [(one.place.file, one.place.line, one.place.column) for one in check(sources).findings
             if one.rule.name == row["rule"]]  # fmt: skip
    assert (file, *place_of(sources[file], row["at"])) in found


FUNCTIONS = Form("workflow", "functions", "function")
FILE = "deploy/deployment.yaml"
_GENERATE, _REPLY = "  generate: ", "  reply:    "
# A number of one of the functions → the rule that finds it there.
WRONG_FUNCTIONS = [
    (_GENERATE, "concurrency: 20", "concurrency: 30", "threads"),
    (_REPLY, "concurrency: 20", "concurrency: 25", "threads"),
    (_GENERATE, "timeout: 60s", "timeout: 14s", "function-timeout"),
    (_REPLY, "timeout: 60s", "timeout: 21s", "function-timeout"),
    (_REPLY, "cpu: 1", "cpu: 0.5", "processor"),
    (_GENERATE, "min_instances: 0", "min_instances: 30", "least-above-most"),
]


@pytest.mark.parametrize(("name", "find", "put", "rule"), WRONG_FUNCTIONS)
def test_a_wrong_number_of_a_function_is_found_where_the_form_has_it(name: str, find: str, put: str, rule: str) -> None:
    before, mark, after = OURS[FILE].partition(name)
    sources = {**OURS, FILE: before + mark + after.replace(find, put, 1)}
    line = (before + mark + after.partition(find)[0]).count("\n") + 1
    assert places(rule, in_form(sources, FUNCTIONS)) == [(FILE, line)]
    assert places(rule, sources) == []


def places(name: str, sources: Sources) -> list[tuple[str, int]]:
    """What one rule finds; all of them take a second."""
    return [(one.place.file, one.place.line) for one in check(sources, [BY_NAME[name]]).findings]


@pytest.mark.parametrize(
    ("most", "rules"),
    [(1, {"drawing", "upload", "steps-in-flight", "replies-in-flight", "retry-load"}), (20, set[str]())],
)
def test_the_instances_of_the_functions_must_take_what_the_queues_send(most: int, rules: set[str]) -> None:
    text = OURS[FILE]
    begin, end = text.index("functions:"), text.index("\nsteps:")
    narrow = text[begin:end].replace("max_instances: 20", f"max_instances: {most}")
    found = check(in_form({**OURS, FILE: text[:begin] + narrow + text[end:]}, FUNCTIONS)).findings
    assert {one.rule.name for one in found} == rules


def test_a_host_elsewhere_is_not_judged() -> None:
    """Nobody here decides how many instances it has."""
    one = OURS["app.yaml"].replace("max_instances: 20", "max_instances: 11")
    elsewhere = in_form({**OURS, "app.yaml": one}, Form(reply="https://reply.example.com"))
    assert places("replies-in-flight", {**OURS, "app.yaml": one}) != []
    assert check(elsewhere).findings == ()


def test_a_rule_about_the_workflow_is_not_asked() -> None:
    assert {rule.name for rule in RULES if rule not in OF_WORKFLOW} >= {"last-word", "unknown-name", "threads"}
    text = OURS["workflows/mando.yaml"].replace("hiccup_retries: ", "hiccup_retries: 9")
    assert text != OURS["workflows/mando.yaml"]
    worse = {**OURS, "workflows/mando.yaml": text}
    assert places("executions-at-once", worse) != []
    assert not check(queues(worse)).findings


def test_the_command_takes_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(ROOT), "--form", "queues"]) == 0
    assert "a request if all goes well: 2 calls, 0 billed steps" in capsys.readouterr().out
