"""ingress/limits.yaml → Limits, and the rate limit of each member.  Called by main; pure but for reading the file."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import yaml

from schemas.limits import Limits
from service.environment import ConfigError

FILE = Path(__file__).parent / "limits.yaml"
_WINDOW_S = 60.0
_MAX_MEMBERS = 10_000  # remembered by one instance; about 4 MB


def read_limits(path: Path = FILE) -> Limits:
    """The limits in the file.  Raises ConfigError."""
    try:
        return Limits.from_json(yaml.load(path.read_bytes(), yaml.CSafeLoader))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name} is wrong: {error}") from None


@dataclass(slots=True)
class _Charge:
    """One interaction that counts for its member; deliveries: how often it came, less the refunds."""

    at_s: float
    deliveries: int


class MemberRateLimit:
    """Limits each member to per_minute interactions, as far as this instance sees them.  For one event loop."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._charges: OrderedDict[str, dict[str, _Charge]] = OrderedDict()

    def charge(self, user_id: str, interaction_id: str, now_s: float) -> float:
        """Count the interaction, once, and return 0; or return the seconds until the member may ask again."""
        charges = self._charges.setdefault(user_id, {})
        self._charges.move_to_end(user_id)
        for old in [known_id for known_id, charge in charges.items() if charge.at_s + _WINDOW_S <= now_s]:
            del charges[old]
        if interaction_id in charges:
            charges[interaction_id].deliveries += 1
            return 0.0
        if len(charges) >= self._per_minute:
            return min(charge.at_s for charge in charges.values()) + _WINDOW_S - now_s
        charges[interaction_id] = _Charge(now_s, 1)
        if len(self._charges) > _MAX_MEMBERS:
            self._charges.popitem(last=False)
        return 0.0

    def refund(self, user_id: str, interaction_id: str) -> None:
        """Undo one charge: the queue did not take this delivery.  The interaction counts while another was taken."""
        charges = self._charges.get(user_id, {})
        if interaction_id in charges:
            charges[interaction_id].deliveries -= 1
            if charges[interaction_id].deliveries == 0:
                del charges[interaction_id]
