"""The App Engine service of the local project: its names, where it listens, and how long a request of it may take.

Source: App Engine, "How requests are routed"; Cloud Tasks, "Create App Engine task handlers", timeouts.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

_REGION_CODE = "uc"
_AUTOMATIC_S, _OTHER_S = 600.0, 24 * 3600.0
ROUTING = ("instance", "version", "service")  # in the order in which they stand in a host

# The front (front.py) knows the local cloud's own calls by this header, which nobody else can send.
FRONT_HEADER = "X-Mando-Front"


@dataclass(frozen=True, slots=True)
class Service:
    """Where the default service listens; the local project has no other, so every host leads to it.

    timeout_s: after which App Engine ends a request.  secret: the value of FRONT_HEADER.
    """

    url: str
    timeout_s: float = _AUTOMATIC_S
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


def timeout_s(app_yaml: str) -> float:
    """How long a request may take: it depends on the scaling."""
    app = yaml.safe_load(app_yaml)
    return _OTHER_S if "basic_scaling" in app or "manual_scaling" in app else _AUTOMATIC_S


def default_host(app: str) -> str:
    """The host name of the default service."""
    return f"{app}.{_REGION_CODE}.r.appspot.com"


def routed_host(app: str, routing: Mapping[str, str]) -> str:
    """The host of that instance, version and service; what is not given is App Engine's choice.

    Source: Cloud Scheduler v1, AppEngineRouting.host, which says how it is made; Cloud Tasks has the same field.
    """
    return ".".join([*(routing[name] for name in ROUTING if routing.get(name)), default_host(app)])
