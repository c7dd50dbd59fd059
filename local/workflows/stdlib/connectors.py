"""All connectors, and the HTTP call of each.  Used by googleapis, and where a `call:` is compiled.

The methods of all of Google's services are in one compressed text, which `make connectors` writes.  It is read when
the first connector is looked up, so a workflow without connectors does not pay for it.
Source: Google's discovery documents.  A service that Workflows has no connector for is taken too.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).with_name("connectors.txt.xz")
PREFIX = "googleapis."

# Source: Google's discovery documents, "Standard query parameters"; $.xgafv can be no argument's name.
_STANDARD = ("alt", "fields", "key", "prettyPrint", "quotaUser", "userIp", "access_token", "oauth_token", "callback")
_UPLOAD = ("uploadType", "upload_protocol")
# Source: Workflows, the references of the connectors of Cloud Run, Document AI and Vertex AI: they choose the endpoint.
ENDPOINT = ("location", "region")
_OWN = ("body", "query", "connector_params")
_SERVED = ("cloudtasks.v2.", "cloudtasks.v2beta3.", "storage.v1.", "workflows.v1.", "workflowexecutions.v1.")


@dataclass(frozen=True, slots=True)
class Connector:
    """One method: its URL holds {name} for a segment of the path and {+name} for several; query names the rest.

    url is where an upload goes where the method takes one.  ends is how the answer tells that an operation has ended:
    "operation" by `done`, "status" by `status`, "" where the answer is no operation.  is_served: it is served here.
    """

    name: str
    verb: str
    url: str
    path: tuple[str, ...]
    query: tuple[str, ...]
    has_body: bool
    ends: str
    is_served: bool

    @property
    def parameters(self) -> tuple[str, ...]:
        """All known argument names."""
        return (*self.path, *self.query, *_OWN, *_STANDARD, *_UPLOAD, *ENDPOINT)

    def takes(self, argument: str) -> bool:
        """Whether it is known to take an argument of that name: also page_size, and updateMask of updateMask.paths."""
        camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), argument)
        return any(one in (argument, camel) or one.startswith(f"{argument}.") for one in self.parameters)


@cache
def find(name: str) -> Connector | None:
    """The connector of that full name, googleapis.SERVICE.VERSION.RESOURCE.METHOD; None where there is no such."""
    parts = name.removeprefix(PREFIX).split(".", 2)
    if not name.startswith(PREFIX) or len(parts) < 3:
        return None
    base, lines = _service(f"{parts[0]}.{parts[1]}")
    return next((_connector(name, base, line) for line in lines if line.startswith(f"{parts[2]} ")), None)


def suggestion(name: str, more: Iterable[str] = ()) -> list[str]:
    """Names that may have been meant, the likeliest first: connectors of the same service, and those of `more`."""
    known, meant = list(more), name
    if name.startswith(PREFIX):
        parts = name.removeprefix(PREFIX).split(".", 2)
        service = ".".join(parts[:2])
        if not _service(service)[1]:
            service = next(iter(difflib.get_close_matches(service, _services())), "")
        meant = f"{PREFIX}{service}.{''.join(parts[2:])}"
        known += [f"{PREFIX}{service}.{line.partition(' ')[0]}" for line in _service(service)[1]]
    return difflib.get_close_matches(meant, known, cutoff=0.8)


@cache
def text() -> str:
    """All services, as deploy/connectors.py writes them: `# SERVICE.VERSION BASE_URL`, then a line a method."""
    import lzma  # here, as a workflow without connectors does not need it

    return "\n" + lzma.decompress(DATA.read_bytes()).decode()


def _services() -> list[str]:
    return [line.split(" ")[1] for line in text().splitlines() if line.startswith("# ")]


def _service(name: str) -> tuple[str, list[str]]:
    """The base URL and the lines of a service; "" and [] if there is no such service and version."""
    every = text()
    at = every.find(f"\n# {name} ")
    if at < 0:
        return "", []
    heading, *lines = every[at + 1 :].partition("\n# ")[0].splitlines()
    return heading.split(" ")[2], lines


def _connector(name: str, base: str, line: str) -> Connector:
    _, verb, path, query, facts, *upload = line.split(" ")
    known = facts.split(",")
    root = base[: base.index("/", len("https://"))]
    return Connector(
        name=name,
        verb=verb,
        url=root + upload[0] if upload else base + path,
        path=tuple(part.partition("}")[0].removeprefix("+") for part in path.split("{")[1:]),
        query=() if query == "-" else tuple(one.removesuffix("!") for one in query.split(",")),
        has_body="body" in known,
        ends=next((one for one in known if one in ("operation", "status")), ""),
        is_served=name.removeprefix(PREFIX).startswith(_SERVED),
    )
