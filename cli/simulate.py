"""`mando simulate`: what the files of a project do under a load and faults, in virtual time.

The real workflow and the real rules of the queue run against models of the services (tuning/models/).
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from cli.errors import CannotStart, WrongFile, wrong_option
from cli.options import option, positive_number, whole_number
from tuning.durations import duration_s
from tuning.model import MODELS, Model, read_model
from tuning.project import Project, ProjectError, read_project
from tuning.simulate.answer import Answer
from tuning.simulate.load import Load, at_once, day, even, from_file, poisson
from tuning.simulate.paths import UnknownCall
from tuning.simulate.scenario import NoLength, Scenario, UnknownScenario, calm, names, scenario
from tuning.simulate.simulation import simulate
from tuning.simulate.text import report
from tuning.sources import NoSources, UnreadableFile, from_folder
from tuning.yaml_file import FileMistake

_BROKEN = 1

Given = TypeVar("Given")
Found = TypeVar("Found")


def _duration(text: str) -> float:
    try:
        seconds = duration_s(str(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds <= 0:
        raise click.BadParameter(f"expected a duration above 0s, not '{text}'")
    return seconds


def _instant(text: str) -> float:
    try:
        return duration_s(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    epilog="Exit codes: 0 the promise is kept, 1 it is broken: a request was lost or shown twice, 2 a file or an "
    f"option is wrong.  Scenarios: {', '.join(names())}."
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".")
@option("--rate", type=positive_number, metavar="N", default=40.0, help="requests a second")
@option(
    "--for",
    "length_s",
    envvar="MANDO_SIMULATE_FOR",
    type=_duration,
    metavar="TIME",
    default="15m",
    help="how long requests come",
)
@option("--poisson", "is_random", envvar="MANDO_SIMULATE_POISSON", is_flag=True, help="they come at random, not evenly")
@option("--burst", type=whole_number(1), metavar="N", help="so many more at one instant, after a third of the time")
@option(
    "--day",
    "per_day",
    envvar="MANDO_SIMULATE_DAY",
    type=whole_number(1),
    metavar="N",
    help="so many over a day, in place of --rate and --for",
)
@option(
    "--arrivals",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="those of a file: `gcloud workflows executions list --format=json`, or a log with an instant a line",
)
@option("--scenario", "story", envvar="MANDO_SIMULATE_SCENARIO", metavar="NAME|FILE", help="what fails meanwhile")
@option(
    "--down",
    "down_s",
    envvar="MANDO_SIMULATE_DOWN",
    type=_duration,
    metavar="TIME",
    help="how long it fails, in place of the scenario's time",
)
@option(
    "--at",
    "at_s",
    envvar="MANDO_SIMULATE_AT",
    type=_instant,
    metavar="TIME",
    help="when it begins to fail  [default: after a third of the load]",
)
@option("--model", metavar="NAME|FILE", default="cloud", help=f"what the services are like: {' or '.join(MODELS)}")
@option("--seed", type=whole_number(0), metavar="N", default=1, help="the same number, the same luck")
@option(
    "--json",
    "json_file",
    envvar="MANDO_SIMULATE_JSON",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write the numbers there",
)
def command(
    folder: Path,
    rate: float,
    length_s: float,
    is_random: bool,
    burst: int | None,
    per_day: int | None,
    arrivals: Path | None,
    story: str | None,
    down_s: float | None,
    at_s: float | None,
    model: str,
    seed: int,
    json_file: Path | None,
) -> int:
    """Foresee what the project in DIR does: workflows/, queue.yaml, app.yaml, limits.yaml and deployment.yaml."""
    if json_file is not None and not json_file.parent.is_dir():
        raise wrong_option("json_file", f"cannot write {json_file}: No such folder")
    project = _project(folder)
    load = _load(rate, length_s, is_random, burst, per_day, arrivals)
    faults = _scenario(load, story, down_s, at_s)
    answer = replace(_simulate(project, faults, _model(model), seed), commit=_commit(folder))
    if json_file is not None:
        _write(json_file, json.dumps(answer.as_json(), indent=2, ensure_ascii=False) + "\n")
    print(report(answer))
    return 0 if answer.kept else _BROKEN


def _project(folder: Path) -> Project:
    try:
        return read_project(from_folder(folder))
    except (NoSources, UnreadableFile) as error:
        raise CannotStart(str(error)) from None
    except ProjectError as error:
        raise WrongFile(str(error)) from None


def _load(
    rate: float,
    length_s: float,
    is_random: bool,
    burst: int | None,
    per_day: int | None,
    arrivals: Path | None,
) -> Load:
    if arrivals is not None and per_day is not None:
        raise wrong_option("arrivals", "a load is either those of a file or those of a day; leave one out")
    if arrivals is not None:
        load = _read(from_file, arrivals, "arrivals")
    elif per_day is not None:
        load = day(per_day, is_random=is_random)
    else:
        load = poisson(rate, length_s) if is_random else even(rate, length_s)
    if not load.expected:
        raise wrong_option("rate", "no request comes in that time")
    return load if burst is None else at_once(load, burst, load.length_s / 3)


def _scenario(load: Load, story: str | None, down_s: float | None, at_s: float | None) -> Scenario:
    if story is None:
        for name, value in (("down_s", down_s), ("at_s", at_s)):
            if value is not None:
                raise wrong_option(name, "nothing fails without --scenario")
        return calm(load)
    try:
        return _read(lambda name: scenario(name, load, down_s, at_s), story, "story")
    except UnknownScenario as error:
        raise wrong_option("story", str(error)) from None
    except NoLength as error:
        raise wrong_option("down_s", str(error)) from None


def _model(name: str) -> Model:
    return _read(read_model, name, "model")


def _read(read: Callable[[Given], Found], what: Given, parameter: str) -> Found:
    """What the function reads; a file that is missing or wrong ends the command."""
    try:
        return read(what)
    except FileMistake as error:
        raise WrongFile(str(error)) from None
    except UnicodeDecodeError:
        raise wrong_option(parameter, f"{what} is not UTF-8") from None
    except OSError as error:
        raise wrong_option(parameter, f"cannot read {what}: {error.strerror}") from None


def _simulate(project: Project, faults: Scenario, model: Model, seed: int) -> Answer:
    load = faults.load
    with click.progressbar(length=load.expected, label=load.label, file=sys.stderr) as bar:

        def show(ended: int, _: int) -> None:
            bar.update(min(ended, load.expected) - bar.pos)

        try:
            return simulate(project, load, faults, model, seed, show)
        except UnknownCall as error:
            raise CannotStart(str(error)) from None


def _commit(folder: Path) -> str | None:
    """The commit of the folder's repository, with a + if files differ from it; None if there is none."""
    command = ["git", "-C", str(folder), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"]
    try:
        found = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 -- no shell
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip() or None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise wrong_option("json_file", f"cannot write {file}: {error.strerror}") from None
