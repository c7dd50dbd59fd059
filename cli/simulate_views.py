"""What `mando simulate` runs and shows: one simulation, or many that are compared.  Called by simulate.

Each function prints its report, writes the files that are wanted, and says whether the files in the folder keep the
promise.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from cli.errors import wrong_option
from cli.simulate_inputs import Version, Wanted, load_of, scenario_of
from tuning.compare.against import Comparison, compare
from tuning.compare.outage_map import LENGTHS, RATES, outage_map
from tuning.compare.outage_map import report as map_report
from tuning.compare.sensitivity import sensitivity, sentence
from tuning.compare.sensitivity import table as sensitivity_table
from tuning.compare.simulations import Case, Show, Simulations
from tuning.compare.suggest import suggest
from tuning.model import Model
from tuning.page.map_page import map_page
from tuning.page.page import Text, page, page_against
from tuning.simulate.answer import Answer
from tuning.simulate.scenario import Scenario
from tuning.simulate.text import report, report_against
from tuning.simulate.words import duration


@dataclass(frozen=True, slots=True)
class Question:
    """version: the files in the folder."""

    version: Version
    scenario: Scenario
    model: Model
    wanted: Wanted

    @property
    def seeds(self) -> range:
        return range(self.wanted.seed, self.wanted.seed + self.wanted.seeds)


@contextmanager
def bar(label: str, requests: int) -> Iterator[Show]:
    with click.progressbar(length=requests, label=label, file=sys.stderr) as shown:
        yield lambda ended: shown.update(min(ended, requests) - shown.pos)


def one(question: Question, simulations: Simulations) -> bool:
    wanted = question.wanted
    case = Case(question.version.sources, question.scenario, question.model, wanted.seed)
    (answer,) = simulations.answers(question.scenario.load.label, [case])
    answer = _write_json(wanted, question.version, answer)
    _write_html(wanted, lambda: page(answer))
    print(report(answer))
    return answer.kept


def against(question: Question, simulations: Simulations, other: Version) -> bool:
    """The other version is what was before."""
    here = question.version
    versions = (other.sources, here.sources)
    found = compare(simulations, versions, question.scenario, question.model, question.seeds)
    found = replace(found, before=replace(found.before, commit=other.commit))
    found = replace(found, after=_write_json(question.wanted, here, found.after))
    _show_pair(question.wanted, found, (other.name, here.name))
    return found.after.kept


def suggestion(question: Question, simulations: Simulations) -> bool:
    wanted, here = question.wanted, question.version
    found = suggest(
        *(simulations, here.sources, question.scenario, question.model, question.seeds),
        max_cost_usd=wanted.max_cost,
        max_told=wanted.max_told,
    )
    proof = replace(found.proof, before=_write_json(wanted, here, found.proof.before))
    if found.is_better:
        print(f"Better numbers, after {found.simulations} simulations:\n\n{found.diff()}\n")
        _show_pair(wanted, proof, ("these files", "suggested"), Text("The edit", found.diff()))
    else:
        print(f"No better numbers were found in {found.simulations} simulations.\n\n{report(proof.before)}")
        _write_html(wanted, lambda: page(proof.before))
    return proof.before.kept


def sensitivity_of(question: Question, simulations: Simulations) -> bool:
    wanted = question.wanted
    found = sensitivity(simulations, question.version.sources, question.scenario, question.model, wanted.seed)
    answer = _write_json(wanted, question.version, found.answer)
    table = sensitivity_table(found)
    _write_html(wanted, lambda: page(answer, sentence(found), Text("What it hangs on", table)))
    print(f"{report(answer)}\n\n{sentence(found)}\n\n{table}")
    return answer.kept


def map_of(question: Question, simulations: Simulations) -> bool:
    wanted, faults = question.wanted, question.scenario
    down_s = faults.ends_s - faults.begins_s
    if not down_s:
        raise wrong_option("axes", f"{faults.name} happens in one instant, it has no length that could be set")

    def story(rate: float, down_s: float) -> Scenario:
        cell = replace(wanted, rate=rate, down_s=down_s)
        return scenario_of(cell, load_of(cell))

    axes = ([part * wanted.rate for part in RATES], [part * down_s for part in LENGTHS])
    cells = outage_map(simulations, question.version.sources, story, axes, question.model, wanted.seed)
    _write_html(wanted, lambda: map_page(cells, faults.name, f"{duration(wanted.length_s)} of requests", wanted.seed))
    print(map_report(cells))
    return all(cell.kept for cell in cells)


def _show_pair(wanted: Wanted, found: Comparison, names: tuple[str, str], text: Text | None = None) -> None:
    _write_html(wanted, lambda: page_against(found.before, found.after, names, found.bands, text))
    print(report_against(found.before, found.after, names, found.bands))


def _write_json(wanted: Wanted, version: Version, answer: Answer) -> Answer:
    """The answer with the commit of its files."""
    answer = replace(answer, commit=version.commit)
    if wanted.json_file is not None:
        _write("json_file", wanted.json_file, json.dumps(answer.as_json(), indent=2, ensure_ascii=False) + "\n")
    return answer


def _write_html(wanted: Wanted, make: Callable[[], str]) -> None:
    if wanted.html_file is not None:
        _write("html_file", wanted.html_file, make())


def _write(option: str, file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise wrong_option(option, f"cannot write {file}: {error.strerror}") from None
