"""ingress/limits.yaml → Limits, and who has asked how often.  Called by main; pure but for reading the file."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import yaml

from schemas.limits import Limits
from service.environment import ConfigError

FILE = Path(__file__).parent / "limits.yaml"
_WINDOW_S = 60.0
_MOST_MEMBERS = 10_000  # remembered by one instance; about 4 MB


def read_limits(path: Path = FILE) -> Limits:
    """Raises ConfigError."""
    try:
        return Limits.from_json(yaml.safe_load(path.read_bytes()))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name} is wrong: {error}") from None


@dataclass(slots=True)
class _Asked:
    """One interaction that counts; held by as many deliveries of it as were not given back."""

    at_s: float
    deliveries: int


class Members:
    """What this instance knows of who asked lately.  Safe to use from many threads."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._asked: OrderedDict[str, dict[str, _Asked]] = OrderedDict()
        self._lock = threading.Lock()

    def charge(self, user_id: str, interaction_id: str, now_s: float) -> float:
        """0, and this one counts; or how long until the member may ask again.  An interaction counts once."""
        with self._lock:
            asked = self._asked.setdefault(user_id, {})
            self._asked.move_to_end(user_id)
            for old in [one for one, known in asked.items() if known.at_s + _WINDOW_S <= now_s]:
                del asked[old]
            if interaction_id in asked:
                asked[interaction_id].deliveries += 1
                return 0.0
            if len(asked) >= self._per_minute:
                return min(known.at_s for known in asked.values()) + _WINDOW_S - now_s
            asked[interaction_id] = _Asked(now_s, 1)
            if len(self._asked) > _MOST_MEMBERS:
                self._asked.popitem(last=False)
            return 0.0

    def give_back(self, user_id: str, interaction_id: str) -> None:
        """What was charged, since the queue did not take it; it goes on counting if it took another delivery of it."""
        with self._lock:
            asked = self._asked.get(user_id, {})
            if interaction_id in asked:
                asked[interaction_id].deliveries -= 1
                if asked[interaction_id].deliveries == 0:
                    del asked[interaction_id]
