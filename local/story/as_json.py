"""Stories and figures as the routes of /ops answer them: names in camelCase, an interaction's id as text."""

from dataclasses import asdict
from typing import Any

from local.story.figures import Figures
from local.story.story import Story
from local.story.summary import Summary
from local.story.words import state_of

_TEXTS = ("interaction",)  # JavaScript's numbers do not hold them


def summary_json(summary: Summary, now_s: float) -> dict[str, Any]:
    """One row of the list; state: in words."""
    shown: dict[str, Any] = _shown(asdict(summary))
    for inner in ("blamedS", "discordAsks"):
        del shown[inner]
    return {**shown, "state": state_of(summary, now_s), "isOver": summary.is_over}


def story_json(story: Story) -> dict[str, Any]:
    shown: dict[str, Any] = _shown(asdict(story))
    return {**shown, "summary": summary_json(story.summary, story.now_s)}


def figures_json(figures: Figures) -> dict[str, Any]:
    shown: dict[str, Any] = _shown(asdict(figures), ("outcomes", "requests", "executions", "refusals", "waiting_for"))
    return shown


def _shown(value: Any, keep: tuple[str, ...] = ()) -> Any:
    """keep: fields whose keys are words, not names."""
    if isinstance(value, dict):
        return {
            _camel(name): str(held) if name in _TEXTS else held if name in keep else _shown(held, keep)
            for name, held in value.items()
        }
    return [_shown(one, keep) for one in value] if isinstance(value, list | tuple) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
