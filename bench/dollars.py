"""Foresee what a million requests cost in each form, at list prices without free amounts, with `mando simulate`.

The peer is the form with two queues and no workflow: ingress, queue, a step that draws, queue, a step that replies.
All parts: the fees of the services, instances, stored pictures and what is sent to Discord, at an even load.
"""

from collections.abc import Iterator

from bench.report import alone
from bench.report.figure import OURS, Effort, Figure
from tuning.forms import ROWS, fees_usd
from tuning.model import read_model
from tuning.plots import today
from tuning.prices import read_prices
from tuning.project import read_project
from tuning.simulate.load import even
from tuning.simulate.scenario import calm
from tuning.simulate.simulation import simulate
from tuning.sources import in_form

PEER_FORM = "queues, App Engine tasks"
PEER = "two queues, no workflow"
PER_S = 40


def measure(effort: Effort) -> Iterator[Figure]:
    load, model, prices = even(PER_S, effort.of(900, 2)), read_model("cloud"), read_prices()
    fees, wholes = {}, {}
    for row in ROWS if not effort.is_short else [row for row in ROWS if row.name == PEER_FORM]:
        fees[row.name] = fees_usd(row.form)
        answer = simulate(read_project(in_form(today(), row.form)), load, calm(load), model)
        wholes[row.name] = answer.cost_usd["per_million"]
    for what, dollars in (("Workflows and Cloud Tasks", fees), (f"all parts at {PER_S}/s", wholes)):
        for name, ours in dollars.items():
            rounds = {OURS: [ours], PEER: [dollars[PEER_FORM]]}
            yield Figure(f"{what}; {name}", f"$ of {prices.as_of}", "less", rounds)


if __name__ == "__main__":
    alone.main(measure, __doc__)
