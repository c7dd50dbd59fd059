"""`mando check`: whether the YAML of a project is right, and whether its numbers fit together."""

import json
from pathlib import Path
from typing import Any

import click

from cli.errors import CannotStart
from cli.form import form_of, form_options
from cli.options import option
from local.form import Form
from local.workflows.limits import raise_recursion_limit
from tuning.check.numbers import lines, numbers
from tuning.check.rules import Report, check, unreadable
from tuning.sources import NoSources, UnreadableFile, from_folder, in_form


@click.command(
    epilog="docs/tuning.md lists the rules.  Exit codes: 0 no error, 1 an error, with --strict a warning too, "
    "2 there is nothing to check."
)
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@option("--json", "as_json", envvar="MANDO_CHECK_JSON", is_flag=True, help="print the findings as JSON")
@option("--strict", is_flag=True, help="a warning is exit code 1 too")
@form_options
def command(folder: Path, as_json: bool, strict: bool, **given: Any) -> int:
    """DIR has workflows/, queue.yaml, app.yaml, schemas/, ingress/limits.yaml and deploy/deployment.yaml."""
    raise_recursion_limit()
    report = _report(folder, form_of(**given))
    counts = {level: sum(one.rule.level == level for one in report.findings) for level in ("error", "warning")}
    found = numbers(report.subject) if report.subject is not None else {}
    if as_json:
        findings = [finding.to_json() for finding in report.findings]
        said = {"errors": counts["error"], "warnings": counts["warning"], "findings": findings, "numbers": found}
        print(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        for line in [*map(str, report.findings), *lines(found)]:
            print(line)
        print(f"{_count(counts['error'], 'error')}, {_count(counts['warning'], 'warning')}")
    return 1 if counts["error"] or (strict and counts["warning"]) else 0


def _report(folder: Path, form: Form) -> Report:
    try:
        return check(in_form(from_folder(folder), form))
    except NoSources as error:
        raise CannotStart(str(error)) from None
    except UnreadableFile as error:
        return unreadable(error.file, error.what)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
