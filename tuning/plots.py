"""The story of docs/tuning.md: an outage under the files of docs/before, the same with one number changed, and ours.

`make plots` simulates all three, which takes minutes, and writes the pictures and the blocks of the page.
docs/plots/made-of.json keeps what they were made of, so that a test sees in seconds whether they are old.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import yaml

from tuning import model as models
from tuning.check.rules import check
from tuning.knobs import with_value
from tuning.model import Model, read_model
from tuning.page.picture import picture, picture_against
from tuning.project import read_project
from tuning.simulate import scenario as scenarios
from tuning.simulate.answer import Answer
from tuning.simulate.load import Load, even
from tuning.simulate.scenario import scenario
from tuning.simulate.simulation import simulate
from tuning.simulate.text import report, report_against
from tuning.simulate.verdict import verdict
from tuning.simulate.words import count, duration
from tuning.sources import Sources, diff, from_folder
from tuning.tables import PAGE, page_with

_ROOT = Path(__file__).parent.parent
PLOTS = _ROOT / "docs" / "plots"
MADE_OF = PLOTS / "made-of.json"

BEFORE = _ROOT / "docs" / "before"

# As the commands of the page say it.
LOAD, SCENARIO, DOWN_S = even(40, 900), "discord-down", 600.0
EDIT = ("app.max_instances", 20)
NAMES = ("before", "edited", "today")
VERSIONS = ("docs/before", "here")  # as the command names them
_WIDTH = 120
_OUTAGE = ("executions-at-once", "retry-load")  # rules of `mando check`


def before() -> Sources:
    return from_folder(BEFORE)


def edited() -> Sources:
    return with_value(before(), *EDIT)


def today() -> Sources:
    return from_folder(_ROOT)


def suspicion() -> str:
    """What `mando check` says of a long outage."""
    return "\n".join(str(one) for one in check(before()).findings if one.rule.name in _OUTAGE)


def edit() -> str:
    """The edit as git shows it."""
    return diff(before(), edited(), context=0).rstrip("\n")


def blocks(answers: Sequence[Answer]) -> Mapping[str, str]:
    """What stands in the page, by name of the block.  answers: of each version, as in NAMES."""
    old, more_instances, ours = answers
    return {
        "suspicion": f"```\n{suspicion()}\n```",
        "before": f"```\n{_printed(report(old))}\n```",
        "result": _result(old),
        "edit": f"```diff\n{edit()}\n```",
        "edited": f"```\n{fill(verdict(more_instances), _WIDTH)}\n```",
        "proof": f"```\n{_printed(report_against(old, ours, VERSIONS))}\n```",
    }


def _printed(text: str) -> str:
    """The sentence and the table, in short lines.  The sparklines below them show less than the picture."""
    lines = "\n\n".join(text.split("\n\n")[:2]).splitlines()
    return "\n".join(fill(line, _WIDTH) if len(line) > _WIDTH else line for line in lines)


def _result(answer: Answer) -> str:
    after = "The bot does not work as before again."
    if answer.recovered_after_s is not None:
        after = f"It takes {duration(answer.recovered_after_s)} until the bot answers as fast as before."
    ends = f"{count(answer.lost)} end with “thinking…” and then nothing, and {count(answer.told)} with a sentence"
    return fill(
        f"**The promise is {'kept' if answer.kept else 'broken'}.** Of {count(answer.acknowledged)} requests "
        f"{ends} in place of a picture. {after}",
        _WIDTH,
    )


def made_of() -> dict[str, Any]:
    """All files that the numbers come from, without their comments; and what the code makes of a small outage."""
    files = {
        **{f"before/{name}": text for name, text in before().items()},
        **today(),
        "scenario": (scenarios.FOLDER / f"{SCENARIO}.yaml").read_text(encoding="utf-8"),
        "model": (models.FOLDER / "cloud.yaml").read_text(encoding="utf-8"),
    }
    return {
        "files": {name: _hash(yaml.safe_load(text)) for name, text in files.items()},
        "small": [_small(before()), _small(today())],
    }


def _small(sources: Sources) -> Any:
    """An outage that fills the executions too, a hundredth as large."""
    model = read_model("cloud").with_value("executions.most_at_once", 100)
    return made_of_answer(_simulate(sources, even(2, 180), 120, model))


def made_of_answer(answer: Answer) -> Any:
    """Its numbers, as they are kept to be compared."""
    return _rounded(answer.as_json())


def _simulate(sources: Sources, load: Load, down_s: float, model: Model) -> Answer:
    return simulate(read_project(sources), load, scenario(SCENARIO, load, down_s), model)


def _rounded(value: Any) -> Any:
    """Four digits: the last ones of a logarithm differ between machines."""
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def write(answers: Sequence[Answer]) -> None:
    """answers: of each version, as in NAMES."""
    old, more_instances, ours = answers
    PLOTS.mkdir(exist_ok=True)
    pictures = (picture(old), *(picture_against(old, one, VERSIONS) for one in (more_instances, ours)))
    for name, svg in zip(NAMES, pictures, strict=True):
        (PLOTS / f"{name}.svg").write_text(svg, encoding="utf-8")
    MADE_OF.write_text(json.dumps(made_of(), indent=2) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    for name, block in blocks(answers).items():
        page = page_with(page, name, block, target="make plots")
    PAGE.write_text(page, encoding="utf-8")


def main() -> None:
    model = read_model("cloud")
    write([_simulate(sources, LOAD, DOWN_S, model) for sources in (before(), edited(), today())])


if __name__ == "__main__":
    main()
