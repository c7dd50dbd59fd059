"""One kind of hostile request: its target, what is wrong with it, and the only correct statuses."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.attack.attacker import Attacker

Face = Literal["ingress", "steps"]
Way = Literal["kept", "alone", "cut"]
Make = Callable[[random.Random, Attacker], bytes]

PATHS = ["/../../etc/passwd", "/%2e%2e/%2e%2e/x", "/..%5c..%5cx", "/%00", "/%", "/%zz", "//evil.example/",
          "/./health/.", "/a;b=c", "/?a=%ff", "/health/../generate-image", "/generate-image/",
          "/static/../steps/app.py", "/favicon.ico", "/robots.txt", "http://evil.example/", "*", "evil.example:80",
          "/\u00e9", "/x#y", "/x|y", "/console", "/.env", "/.git/config", "/_ah/warmup", "/" + "a/" * 900]  # fmt: skip
METHODS = ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]


@dataclass(frozen=True, slots=True)
class Kind:
    """way: over a reused connection, over one of its own, or over one whose sending side we end."""

    face: Face
    group: str
    name: str
    allowed: frozenset[int]
    make: Make
    weight: float = 1.0
    way: Way = "kept"


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
