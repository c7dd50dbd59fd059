"""Whether a verdict hangs on numbers that nobody publishes: each with its other likely values, one at a time.

Called by the command line.  Out: a trial each; a sentence and a short table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tuning.compare.columns import columns
from tuning.compare.simulations import Case, Simulations
from tuning.model import Model, Parameter
from tuning.simulate.answer import Answer
from tuning.simulate.scenario import Scenario
from tuning.simulate.words import duration
from tuning.sources import Sources

_MOVED = 0.1  # a number that changes by less is not told
_MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer with that value in place of the parameter's own."""

    parameter: Parameter
    value: float
    answer: Answer


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The answer with the model as it is, and all trials."""

    answer: Answer
    trials: Sequence[Trial]

    @property
    def parameters(self) -> int:
        return len({trial.parameter.name for trial in self.trials})

    @property
    def flips(self) -> list[Trial]:
        """Those under which the promise is kept and else broken, or the other way round."""
        return [trial for trial in self.trials if trial.answer.kept != self.answer.kept]

    @property
    def told(self) -> list[Trial]:
        """The flips, then those that move the recovery or the p99, the farthest first."""
        moved = [trial for trial in self.trials if trial not in self.flips and self.moved(trial) >= _MOVED]
        return [*self.flips, *sorted(moved, key=self.moved, reverse=True)]

    def moved(self, trial: Trial) -> float:
        """How far: 1 is twice as long or half as long; infinite where it never is, in one of both."""
        return max(_distance(*pair) for pair in zip(_times(self.answer), _times(trial.answer), strict=True))


def sensitivity(simulations: Simulations, sources: Sources, scenario: Scenario, model: Model, seed: int) -> Sensitivity:
    """Raises ProjectError, UnknownCall."""
    tried = [(parameter, value) for parameter in model.in_doubt() for value in parameter.others]
    models = [model, *(model.with_value(parameter.name, value) for parameter, value in tried)]
    cases = [Case(sources, scenario, one, seed) for one in models]
    first, *others = simulations.answers(f"{scenario.load.label}, {len(cases)} models", cases)
    return Sensitivity(first, [Trial(*pair, answer) for pair, answer in zip(tried, others, strict=True)])


def sentence(found: Sensitivity) -> str:
    """Whether the verdict hangs on them."""
    promise = "kept" if found.answer.kept else "broken"
    names = list(dict.fromkeys(trial.parameter.name for trial in found.flips))
    of = f"the {found.parameters} numbers that nobody publishes"
    if not names:
        return f"That the promise is {promise} hangs on none of {of}."
    return f"That the promise is {promise} hangs on {len(names)} of {of}: {', '.join(names)}."


def table(found: Sensitivity) -> str:
    """Those that matter, and how many do not."""
    told = found.told[: max(_MOST_ROWS, len(found.flips))]
    lines = [("", "in force", "tried", "promise", "recovered after", "p99 to reply")]
    lines.append(("the model as it is", "", "", *_ends(found.answer)))
    for trial in told:
        parameter = trial.parameter
        unit = parameter.unit if parameter.unit not in ("count", "share", "status") else ""
        tried = f"{trial.value:,g} {unit}".strip()
        lines.append((parameter.name, f"{parameter.number:,g}", tried, *_ends(trial.answer)))
    parts = [*columns(lines, label="<", cells=">")]
    if left := len(found.trials) - len(found.told):
        values = "1 other value moves" if left == 1 else f"{left} other values move"
        parts.append(f"{values} both times by less than {_MOVED * 100:.0f} %.")
    if cut := len(found.told) - len(told):
        parts.append(f"{cut} more move them by less than those above.")
    return "\n".join(parts)


def _ends(answer: Answer) -> tuple[str, str, str]:
    recovered = duration(answer.recovered_after_s)
    if answer.faults and answer.recovered_after_s is None:
        recovered = "never"
    return "kept" if answer.kept else "broken", recovered, duration(answer.s_to_reply.p99)


def _times(answer: Answer) -> tuple[float | None, float | None]:
    return answer.recovered_after_s, answer.s_to_reply.p99


def _distance(before: float | None, after: float | None) -> float:
    if before is None or after is None:
        return 0.0 if before is after else math.inf
    low, high = sorted((before, after))
    return high / low - 1 if low >= 1 else high - low  # seconds, where a share of next to nothing says little
