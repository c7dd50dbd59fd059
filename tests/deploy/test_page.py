"""docs/deploying.md shows the very calls that `mando deploy` makes."""

import re

from deploy.call import Call, Query
from deploy.calls import SETTINGS
from deploy.explain import EXPLANATIONS
from deploy.script import EXPORTS, line
from tests.deploy.project import CALLS
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def commands(page: str) -> list[str]:
    """The lines of all its shell blocks, continued lines joined, comments left out."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    joined = "".join(blocks).replace("\\\n", " ")
    return [" ".join(each.split()) for each in joined.splitlines() if each.strip() and not each.startswith("#")]


def test_the_page_shows_every_call_in_order_and_no_other() -> None:
    shown = commands(PAGE)
    first = shown.index(EXPORTS[0])
    assert shown[first + 1 :] == [line(call) for call in CALLS], "left: docs/deploying.md; right: deploy/calls.py"


def test_the_page_asks_for_every_setting_before_the_first_call() -> None:
    shown = commands(PAGE)
    asked = [each.split("=")[0] for each in shown[: shown.index(EXPORTS[0])] if re.match(r"[A-Z_]+=", each)]
    assert asked == list(SETTINGS)


def test_the_page_explains_every_role() -> None:
    granted = {call.binding.role for call in CALLS if isinstance(call, Call) and call.binding is not None}
    assert granted
    untold = [role for role in granted if f"| `{role}` |" not in PAGE]
    assert untold == [], "these have no row in the table of roles in docs/deploying.md"


def test_nothing_that_the_shell_must_fill_in_is_quoted() -> None:
    assert [line(call) for call in CALLS if re.search(r"'[^']*\$[A-Z][^']*'", line(call))] == []


def test_the_page_explains_every_error_that_the_command_explains() -> None:
    for each in EXPLANATIONS:
        assert f"`{each.shown.strip('`')}`" in PAGE or each.shown in PAGE, each
        assert each.advice in PAGE, each


def test_every_name_that_a_call_uses_is_known_by_then() -> None:
    known = set(SETTINGS)
    for call in CALLS:
        used = set(re.findall(r"\$([A-Z_]+)", " ".join(call.command)))
        assert used <= known, call
        if isinstance(call, Query):
            known.add(call.name)
