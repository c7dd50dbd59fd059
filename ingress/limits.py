"""ingress/limits.yaml → Limits, and who has asked how often.  Called by main; pure but for reading the file."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from pathlib import Path

import yaml

import schemas
from schemas.environment import ConfigError

FILE = Path(__file__).parent / "limits.yaml"
_WINDOW_S = 60.0
_MOST_MEMBERS = 10_000  # remembered by one instance; about 4 MB


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a line may get, in seconds, and how often a member may ask."""

    look_every_s: float
    tell_after_s: float
    refuse_after_s: float
    per_minute: int


def read_limits(path: Path = FILE) -> Limits:
    """Raises ConfigError."""
    try:
        found = schemas.check("limits", yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"mando ingress: {path.name} is wrong: {error}") from None
    return Limits(**found["backlog"], **found["member"])


class Members:
    """What this instance knows of who asked lately."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._asked: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def wait_s(self, user_id: str, interaction_id: str, now_s: float) -> float:
        """0, and this one counts; or how long until the member may ask again.  An interaction counts once."""
        asked = self._asked.setdefault(user_id, deque())
        self._asked.move_to_end(user_id)
        while asked and asked[0][0] <= now_s - _WINDOW_S:
            asked.popleft()
        if any(known == interaction_id for _, known in asked):
            return 0.0
        if len(asked) >= self._per_minute:
            return asked[0][0] + _WINDOW_S - now_s
        asked.append((now_s, interaction_id))
        if len(self._asked) > _MOST_MEMBERS:
            self._asked.popitem(last=False)
        return 0.0
