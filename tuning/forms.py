"""The table of forms in docs/architecture.md: what each costs, and what it keeps of the promise.  Part of `make plots`.

Costs are those of `mando check`, the rest comes from two simulations a form, which take a minute.  A test sees in
seconds whether they are old: docs/plots/forms.json keeps what today's code makes of a small outage.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.form import Form
from tuning.check.rules import check
from tuning.check.subject import Subject
from tuning.model import Model, read_model
from tuning.plots import DOWN_S, LOAD, PLOTS, SCENARIO, made_of_answer, today
from tuning.prices import read_prices
from tuning.project import read_project
from tuning.simulate.answer import Answer
from tuning.simulate.load import Load, even
from tuning.simulate.scenario import calm, scenario
from tuning.simulate.simulation import simulate
from tuning.simulate.words import count, dollars, duration
from tuning.sources import in_form
from tuning.tables import page_with

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"
MADE_OF = PLOTS / "forms.json"
_MILLION = 1e6
_SMALL = even(2, 90), 30.0


_URL = "http://127.0.0.1:9000"


@dataclass(frozen=True, slots=True)
class Row:
    """A form, and what it has that no figure says.  command: its options."""

    name: str
    form: Form
    command: str
    parts: str
    beside: str


ROWS = (
    Row("workflow", Form(), "", "ingress, queue, workflow, steps; two queues for replies that wait",
        "each execution shows what became of a request, and can be replayed"),
    Row("workflow, reply as a function", Form(reply="function"), "--reply function",
        "App Engine draws, on strong instances; a function `reply_discord` replies, on cheap ones, which wait",
        "calls of functions are internal steps too. The tasks of the reply are HTTP tasks"),
    Row("workflow, both steps as functions", Form("workflow", "functions", "function"), "--steps functions",
        "the functions `generate_image` and `reply_discord`; nothing of App Engine",
        "a new instance starts as slowly as App Engine's; it is paid only while it has a call"),
    Row("workflow, a reply anywhere", Form(reply=_URL), f"--reply {_URL}", "any host that serves `/reply-discord`",
        "foreseen with four containers, without their costs; one shows about 35 pictures a second. While the host does "
        "not answer, replies wait in the queue"),
    Row("queues, App Engine tasks", Form("app-engine"), "--form queues",
        "ingress, queue, steps, queue, steps; a queue for urgent replies",
        "no execution to look at or to replay. Tasks bear no token: App Engine proves the queue"),
    Row("queues, HTTP tasks", Form("http"), "--form queues --tasks http", "the same",
        "the tasks bear an ID token, so the steps may run anywhere"),
    Row("queues, reply as a function", Form("app-engine", reply="function"), "--form queues --reply function",
        "App Engine draws, a function replies", "drawing is called by App Engine tasks, the reply by HTTP tasks"),
    Row("queues, both steps as functions", Form("http", "functions", "function"), "--form queues --steps functions",
        "three functions and three queues", "all tasks are HTTP tasks"),
)  # fmt: skip


def table(model: Model) -> str:
    """Markdown.  It simulates each form twice."""
    head = ("form", "options", "parts", "Workflows and Cloud Tasks, a million requests",
            f"{LOAD.label}", f"the same, Discord down for {duration(DOWN_S)}", "beside that")  # fmt: skip
    rows = [head, ("---",) * len(head)]
    for row in ROWS:
        kept = (_calm(_simulated(row.form, LOAD, None, model)), _outage(_simulated(row.form, LOAD, DOWN_S, model)))
        rows.append((row.name, _code(row.command), row.parts, cost_of(row.form), *kept, row.beside))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _code(options: str) -> str:
    return f"`{options}`" if options else "none"


def cost_of(form: Form) -> str:
    """If all goes well, without the free share."""
    subject = _subject_of(form)
    bill, cost = subject.good.bill, _fees_usd(subject)
    external = f", {bill.external} of them external" if bill.external else ""
    tasks = operations(subject) // 2
    steps = f"{count(bill.internal + bill.external)} steps{external}"
    return f"${cost:,.2f}: {steps}, {count(tasks)} task{'' if tasks == 1 else 's'}"


def fees_usd(form: Form) -> float:
    """Of Workflows and Cloud Tasks for a million requests, if all goes well, without the free share."""
    return _fees_usd(_subject_of(form))


def _subject_of(form: Form) -> Subject:
    subject = check(in_form(today(), form), ()).subject
    assert subject is not None  # noqa: S101 -- our own files can be read
    return subject


def _fees_usd(subject: Subject) -> float:
    prices, bill = read_prices(), subject.good.bill
    counted = {
        "workflows_internal_step": bill.internal,
        "workflows_external_step": bill.external,
        "tasks_operation": operations(subject),
    }
    return sum(prices.dollars(item, number * _MILLION) for item, number in counted.items())


def operations(subject: Subject) -> int:
    """Of Cloud Tasks, of one request if all goes well: a task is made and sent once."""
    return subject.good.operations + (2 if subject.project.has_workflow else 0)


def _simulated(form: Form, load: Load, down_s: float | None, model: Model) -> Answer:
    story = calm(load) if down_s is None else scenario(SCENARIO, load, down_s)
    return simulate(read_project(in_form(today(), form)), load, story, model)


def _calm(answer: Answer) -> str:
    p50, p99 = answer.s_to_reply.p50, answer.s_to_reply.p99
    assert p50 is not None  # noqa: S101 -- each has its picture
    assert p99 is not None  # noqa: S101
    return f"{_promise(answer)}: {_ends(answer)}, half of them within {duration(p50)}, 99 % within {duration(p99)}"


def _outage(answer: Answer) -> str:
    recovered = answer.recovered_after_s
    after = "never as before again" if recovered is None else f"as before {duration(recovered)} after its end"
    calls = answer.calls_per_request
    return (
        f"{_promise(answer)}: {_ends(answer)}, {after}; {count(round(calls.reply, 1))} calls of the reply each, "
        f"{count(answer.executions.most_at_once)} executions at once, {dollars(answer.cost_usd['total'])}"
    )


def _promise(answer: Answer) -> str:
    return "kept" if answer.kept else "broken"


def _ends(answer: Answer) -> str:
    others = ((answer.told, "told"), (answer.late, "late"), (answer.lost, "lost"), (answer.unreachable, "unreachable"))
    ends = [f"{count(answer.pictures)} pictures", *(f"{count(number)} {word}" for number, word in others if number)]
    return ", ".join(ends)


def made_of() -> dict[str, Any]:
    """What the code makes of a small outage in each form."""
    load, down_s = _SMALL
    model = read_model("cloud")
    return {row.name: made_of_answer(_simulated(row.form, load, down_s, model)) for row in ROWS}


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page_with(page, "forms", table(read_model("cloud")), target="make plots"), encoding="utf-8")
    MADE_OF.write_text(json.dumps(made_of(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
