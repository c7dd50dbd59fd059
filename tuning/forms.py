"""The table of forms in docs/architecture.md: what each costs, and what it keeps of the promise.  Part of `make plots`.

Costs are those of `mando check`, the rest comes from two simulations a form, which take a minute.  A test sees in
seconds whether they are old: docs/plots/forms.json keeps what today's code makes of a small outage.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.form import Form, TasksCall
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


@dataclass(frozen=True, slots=True)
class Row:
    """A form, or what another one changes.  tasks_call: None where it has its `--form`'s numbers.

    external: how many of the workflow's steps call something that is not Google's.
    """

    name: str
    command: str
    parts: str
    beside: str
    tasks_call: TasksCall | None = None
    external: int = 0


ROWS = (
    Row("workflow", "`mando up`", "ingress, queue, workflow, steps; two queues for replies that wait",
        "each execution shows what became of a request, and can be replayed", "workflow"),
    Row("queues, App Engine tasks", "`mando up --form queues`",
        "ingress, queue, steps, queue, steps; a queue for urgent replies",
        "no execution to look at or to replay. Tasks bear no token: App Engine proves the queue", "app-engine"),
    Row("queues, HTTP tasks", "`mando up --form queues --tasks http`", "the same",
        "the tasks bear an ID token, so the steps may run anywhere", "http"),
    Row("reply as a function", "`mando up --reply function`, with either `--form`",
        "App Engine draws, on strong instances; a function `reply_discord` replies, on cheap ones, which wait",
        "calls of functions are internal steps too. The tasks of the reply are HTTP tasks"),
    Row("both steps as functions", "`mando up --steps functions`, with either `--form`",
        "the functions `generate_image` and `reply_discord`; no App Engine service", "all tasks are HTTP tasks"),
    Row("a reply anywhere", "`mando up --reply http://127.0.0.1:9000`, with either `--form` and `--steps`",
        "any host that serves `/reply-discord`", "while the host does not answer, replies wait in the queue",
        external=1),
)  # fmt: skip


def table(model: Model) -> str:
    """Markdown.  It simulates each form twice."""
    head = ("form", "on one machine", "parts", "Workflows and Cloud Tasks, a million requests",
            f"{LOAD.label}", f"the same, Discord down for {duration(DOWN_S)}", "beside that")  # fmt: skip
    rows = [head, ("---",) * len(head)]
    for row in ROWS:
        if row.tasks_call is None:
            cost = "as its `--form`" + (f"; with a workflow {_cost('workflow', row.external)}" if row.external else "")
            kept: tuple[str, str] = ("as its `--form`", "as its `--form`")
        else:
            cost = _cost(row.tasks_call, 0)
            kept = (
                _calm(_simulated(row.tasks_call, LOAD, None, model)),
                _outage(_simulated(row.tasks_call, LOAD, DOWN_S, model)),
            )
        rows.append((row.name, row.command, row.parts, cost, *kept, row.beside))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cost(tasks_call: TasksCall, external: int) -> str:
    """If all goes well, without the free share."""
    subject = check(in_form(today(), Form(tasks_call))).subject
    assert subject is not None  # noqa: S101 -- our own files can be read
    prices, life = read_prices(), subject.good
    counted = {
        "workflows_internal_step": life.bill.internal - external,
        "workflows_external_step": life.bill.external + external,
        "tasks_operation": operations(subject),
    }
    cost = sum(prices.dollars(item, number * _MILLION) for item, number in counted.items())
    said = f"${cost:,.2f}: {count(life.bill.internal + life.bill.external)} steps"
    if external:
        return f"{said}, {external} of them external"
    return f"{said}, {count(operations(subject) // 2)} task{'' if operations(subject) == 2 else 's'}"


def operations(subject: Subject) -> int:
    """Of Cloud Tasks, of one request if all goes well: a task is made and sent once."""
    return subject.good.operations + (2 if subject.project.has_workflow else 0)


def _simulated(tasks_call: TasksCall, load: Load, down_s: float | None, model: Model) -> Answer:
    story = calm(load) if down_s is None else scenario(SCENARIO, load, down_s)
    return simulate(read_project(in_form(today(), Form(tasks_call))), load, story, model)


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
    kinds = [row.tasks_call for row in ROWS if row.tasks_call is not None]
    return {kind: made_of_answer(_simulated(kind, load, down_s, model)) for kind in kinds}


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page_with(page, "forms", table(read_model("cloud")), target="make plots"), encoding="utf-8")
    MADE_OF.write_text(json.dumps(made_of(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
