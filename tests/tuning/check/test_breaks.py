"""Each way to break our own files is found, at its place."""

from typing import Any

import pytest
import yaml

from tests.servers import ROOT
from tuning.check.rules import RULES, check
from tuning.sources import Sources, from_folder

BREAKS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/tuning/check/breaks.yaml").read_text())
OURS = from_folder(ROOT)
BY_NAME = {rule.name: rule for rule in RULES}


def broken(row: dict[str, Any]) -> Sources:
    texts = dict(OURS)
    for edit in (row, *row.get("also", ())):
        text, find = texts[edit["file"]], edit["find"]
        assert text.count(find) == 1, f"{find!r} stands {text.count(find)} times in {edit['file']}"
        texts[edit["file"]] = text.replace(find, edit["put"])
    return texts


def place_of(text: str, words: str) -> tuple[int, int]:
    at = text.index(words)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


@pytest.mark.parametrize("row", BREAKS, ids=lambda row: f"{row['rule']}: {row['file']}: {row['put'].strip()[:40]}")
def test_a_mistake_in_our_files_is_found_at_its_place(row: dict[str, Any]) -> None:
    sources = broken(row)
    file = row.get("in", row["file"])
    # Any rule may look for a name that is not there, and none may fail then.
    rules = RULES if row["rule"] == "unknown-name" else (BY_NAME[row["rule"]],)
    findings = check(sources, rules).findings
    found = [(one.place.file, one.place.line, one.place.column) for one in findings if one.rule.name == row["rule"]]
    assert (file, *place_of(sources[file], row["at"])) in found, "\n".join(map(str, findings))


def test_every_rule_that_our_files_keep_is_broken_once() -> None:
    kept = {rule.name for rule in RULES} - {one.rule.name for one in check(OURS).findings}
    assert kept - {row["rule"] for row in BREAKS} == set()


def test_our_own_files_have_no_error() -> None:
    assert [str(one) for one in check(OURS).findings if one.rule.level == "error"] == []
