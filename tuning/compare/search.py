"""The search for better numbers, from where the files are.  Called by suggest.

In each round every knob is doubled and halved, alone.  Those changes that help are then put on top of each other, the
best first, each also taken up to eight times as far.  That is tried on a part of the load: the smallest one that ends
like the whole load.  Nothing is left to chance, so the same files give the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tuning.check.rules import RULES, check
from tuning.compare.moves import Move, Value, moved, moves
from tuning.compare.score import Limits, Score, limits_of, scaled
from tuning.compare.simulations import Case, Simulations
from tuning.compare.time_lapse import time_lapse
from tuning.model import Model
from tuning.simulate.answer import Answer
from tuning.simulate.scenario import Scenario
from tuning.sources import Sources

_SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)  # of the load
_FEWEST = 600  # requests that show a p99
_FACTORS = (2.0, 4.0, 8.0)
_ROUNDS = 3
_MOST_A_ROUND = 6  # knobs that are changed in one round, the best first


@dataclass(frozen=True, slots=True)
class Part:
    """The share of the load on which is searched, and what holds there."""

    share: float
    limits: Limits


@dataclass(frozen=True, slots=True)
class _State:
    sources: Sources
    score: Score


class Search:
    """Simulations of one scenario, model and seed.  count: how many there were."""

    def __init__(self, simulations: Simulations, scenario: Scenario, model: Model, seed: int) -> None:
        self._simulations, self._scenario, self._model, self._seed = simulations, scenario, model, seed
        self._known: dict[tuple[tuple[tuple[str, str], ...], float], Answer] = {}  # by texts and share of the load
        self.count = 0

    def begin(self, sources: Sources, max_cost_usd: float | None, max_told: int | None) -> tuple[Answer, Limits, Part]:
        """What the files as they are do with the whole load; the limits for it; the part to search on."""
        expected = self._scenario.load.expected
        shares = [share for share in _SHARES if share == 1 or share * expected >= _FEWEST]
        self.count += len(shares)
        cases = [self._case(sources, share) for share in shares]
        answers = self._simulations.answers("the files as they are", cases)
        whole = answers[-1]
        limits = limits_of(whole, max_cost_usd, max_told)
        parts = [Part(share, scaled(limits, whole, answer)) for share, answer in zip(shares, answers, strict=True)]
        troubles = _troubles(limits.score(whole))
        alike = (
            part
            for part, answer in zip(parts, answers, strict=True)
            if _troubles(part.limits.score(answer)) == troubles
        )
        return whole, limits, next(alike, Part(1.0, limits))

    def run(self, sources: Sources, part: Part) -> list[Sources]:
        """Each state is better than the one before it, and passes `mando check`; empty where none is better."""
        (answer,) = self.answers("the files as they are", [sources], part.share)
        state, chain = _State(sources, part.limits.score(answer)), list[Sources]()
        knobs: set[str] | None = None
        for number in range(_ROUNDS):
            around = [move for move in moves(state.sources, _FACTORS) if knobs is None or move.knob in knobs]
            nearest = [(move.knob, move.values[0]) for move in around]
            ends = self._ends(f"round {number + 1}, {len(around)} changes", state, nearest, part)
            tried = [(move, end.score) for move, end in zip(around, ends, strict=True) if end is not None]
            knobs = {move.knob for move, score in tried if score != state.score}  # the others change nothing
            helping = sorted((one for one in tried if one[1].is_better_than(state.score)), key=lambda one: one[1])
            found = state
            for move, _ in helping[:_MOST_A_ROUND]:
                farther = self._farthest(found, move, part)
                if farther is not None:
                    found = farther
                    chain.append(found.sources)
            if found is state:
                break
            state = found
        return chain

    def answers(self, label: str, tried: Sequence[Sources], share: float) -> list[Answer]:
        """Nothing is simulated twice."""
        keys = [(tuple(sorted(sources.items())), share) for sources in tried]
        asked = zip(keys, tried, strict=True)
        new = {key: self._case(sources, share) for key, sources in asked if key not in self._known}
        if new:
            self.count += len(new)
            self._known.update(zip(new, self._simulations.answers(label, list(new.values())), strict=True))
        return [self._known[key] for key in keys]

    def _farthest(self, state: _State, move: Move, part: Part) -> _State | None:
        """With the best of the move's values; None where none of them is better."""
        ends = self._ends(move.knob, state, [(move.knob, value) for value in move.values], part)
        for end in sorted((one for one in ends if one is not None), key=lambda one: one.score):
            if end.score.is_better_than(state.score) and _passes(end.sources):
                return end
        return None

    def _ends(self, label: str, state: _State, steps: Sequence[tuple[str, Value]], part: Part) -> list[_State | None]:
        """What comes of each knob's value; None where the files cannot be read then."""
        changed = [moved(state.sources, *step) for step in steps]
        answers = iter(self.answers(label, [one for one in changed if one is not None], part.share))
        return [None if one is None else _State(one, part.limits.score(next(answers))) for one in changed]

    def _case(self, sources: Sources, share: float) -> Case:
        return Case(sources, time_lapse(self._scenario, share), self._model, self._seed)


def _troubles(score: Score) -> tuple[bool, bool]:
    return score.broken > 0, score.over > 0


def _passes(sources: Sources) -> bool:
    """Whether `mando check` finds no error."""
    return not check(sources, [rule for rule in RULES if rule.level == "error"]).findings
