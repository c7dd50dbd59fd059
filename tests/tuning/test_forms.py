"""The table of forms in docs/architecture.md is that of today's files and code."""

import json
import re

from cli.main import run
from tuning.forms import MADE_OF, PAGE, ROWS, _cost, made_of

BLOCK = re.search(r"<!-- make plots: forms -->\n(.*?)\n<!-- until here -->", PAGE.read_text(), re.DOTALL)


def cells() -> list[list[str]]:
    assert BLOCK is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in BLOCK[1].splitlines()[2:]]


def test_the_table_is_made_of_todays_files_and_code() -> None:
    assert json.loads(MADE_OF.read_text()) == json.loads(json.dumps(made_of())), "run `make plots`"


def test_the_table_has_a_row_for_each_form_with_todays_costs() -> None:
    assert [(row.name, row.command, row.parts, row.beside) for row in ROWS] == [
        (line[0], line[1], line[2], line[-1]) for line in cells()
    ]
    for row, line in zip(ROWS, cells(), strict=True):
        if row.tasks_call is not None:
            assert line[3] == _cost(row.tasks_call, 0)
        elif row.external:
            assert _cost("workflow", row.external) in line[3]


def test_the_form_without_a_workflow_is_as_cheap_as_the_issue_says() -> None:
    assert _cost("app-engine", 0).startswith("$1.60")
    assert _cost("workflow", 0).startswith("$50.80")


def test_every_form_is_one_that_the_command_takes() -> None:
    for row in ROWS:
        options = re.findall(r"--(?:form|tasks|reply|steps) [a-z][^\s`]*", row.command)
        assert run(["up", *" ".join(options).split(), "--help"]) == 0, row
