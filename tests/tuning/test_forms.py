"""The table of forms in docs/architecture.md is that of today's files and code."""

import json
import re
from dataclasses import replace

import pytest

from cli.form import form_of
from cli.main import run
from cli.up import command as up
from deploy.form import FORMS
from local.form import Form
from tuning.forms import MADE_OF, PAGE, ROWS, cost_of, made_of

BLOCK = re.search(r"<!-- make plots: forms -->\n(.*?)\n<!-- until here -->", PAGE.read_text(), re.DOTALL)


def cells() -> list[list[str]]:
    assert BLOCK is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in BLOCK[1].splitlines()[2:]]


def test_the_table_is_made_of_todays_files_and_code() -> None:
    assert json.loads(MADE_OF.read_text()) == json.loads(json.dumps(made_of())), "run `make plots`"


def test_the_table_has_a_row_for_each_form_with_todays_costs() -> None:
    assert [(row.name, row.parts, row.beside, cost_of(row.form)) for row in ROWS] == [
        (line[0], line[2], line[-1], line[3]) for line in cells()
    ]
    assert {replace(row.form, reply="URL") if row.form.reply.startswith("http") else row.form for row in ROWS} == {
        replace(form, reply="URL") if form.reply.startswith("http") else form for form in FORMS
    }


def test_the_form_without_a_workflow_is_thirty_times_cheaper() -> None:
    assert cost_of(Form("app-engine")).startswith("$1.60")
    assert cost_of(Form()).startswith("$50.80")
    assert cost_of(Form(reply="https://reply.example.com")).startswith("$65.80"), "a call of another host is external"


def test_every_form_is_what_its_options_say(capsys: pytest.CaptureFixture[str]) -> None:
    for row in ROWS:
        assert run(["deploy", "--dry-run", *row.command.split()]) == 0, row
        assert f"\nTASKS_CALL={row.form.tasks_call}\n" in capsys.readouterr().out
        with up.make_context("up", row.command.split()) as context:
            given = {name: context.params[name] for name in ("form", "steps", "reply", "tasks")}
        assert form_of(**given) == row.form
