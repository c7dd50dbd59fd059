"""Better numbers for the YAML, and the proof that they are better.  Called by the command line.

search.py finds them on a part of the load; the last states are tried, and the best is proven, on the whole load.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from local.workflows.limits import raise_recursion_limit
from tuning.compare.against import Comparison, compare
from tuning.compare.search import Search
from tuning.compare.simulations import Simulations
from tuning.model import Model
from tuning.simulate.scenario import Scenario
from tuning.sources import Sources, diff

_FINALISTS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The texts with better numbers, or those as they are where none was found; and what both do."""

    before: Sources
    after: Sources
    proof: Comparison
    simulations: int

    @property
    def is_better(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """For `git apply` or `patch -p1`."""
        return diff(self.before, dict(sorted(self.after.items())), context=2).rstrip("\n")


def suggest(
    simulations: Simulations,
    sources: Sources,
    scenario: Scenario,
    model: Model,
    seeds: Sequence[int],
    max_cost_usd: float | None = None,
    max_told: int | None = None,
) -> Suggestion:
    """The search is made with the first seed, the proof with all.  Raises ProjectError, UnknownCall."""
    raise_recursion_limit()  # for the check
    search = Search(simulations, scenario, model, seeds[0])
    whole, limits, part = search.begin(sources, max_cost_usd, max_told)
    finalists = search.run(sources, part)[-_FINALISTS:]
    ends = search.answers("the last states, whole load", finalists, 1.0)
    best, best_score = sources, limits.score(whole)
    for finalist, answer in zip(finalists, ends, strict=True):
        score = limits.score(answer)
        if score.is_better_than(best_score):
            best, best_score = finalist, score
    proof = compare(simulations, (sources, best), scenario, model, seeds)
    return Suggestion(sources, best, proof, search.count + 2 * len(seeds))
