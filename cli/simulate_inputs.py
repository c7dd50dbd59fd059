"""What `mando simulate` reads: a project, a load, a scenario, a model.  A mistake ends the command with a sentence."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from cli.errors import CannotStart, WrongFile, wrong_option
from local.form import Form
from tuning.durations import duration_s, in_words
from tuning.model import MODELS, Model, read_model
from tuning.project import ProjectError, read_project
from tuning.simulate.load import Load, at_once, day, even, from_file, poisson
from tuning.simulate.scenario import NoLength, Scenario, UnknownScenario, calm, scenario
from tuning.sources import NoSources, Sources, UnreadableFile, from_folder, from_git, in_form
from tuning.yaml_file import FileMistake

Given = TypeVar("Given")
Found = TypeVar("Found")


def duration(text: str) -> float:
    seconds = instant(text)
    if seconds <= 0:
        raise click.BadParameter(f"expected a duration above 0s, not '{text}'")
    return seconds


def instant(text: str) -> float:
    try:
        return duration_s(str(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def axes(text: str) -> tuple[str, str]:
    if text != "rate,down":
        raise click.BadParameter(f"expected rate,down, not '{text}'")
    return "rate", "down"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All options, by their parameters' names."""

    folder: Path
    rate: float
    length_s: float
    is_random: bool
    burst: int | None
    per_day: int | None
    arrivals: Path | None
    story: str | None
    down_s: float | None
    at_s: float | None
    model: str
    seed: int
    seeds: int
    json_file: Path | None
    html_file: Path | None
    against: str | None
    sensitivity: bool
    suggest: bool
    max_cost: float | None
    max_told: int | None
    axes: tuple[str, str] | None
    form: Form


@dataclass(frozen=True, slots=True)
class Version:
    """One state of the files, as the options or the user name it."""

    name: str
    sources: Sources
    commit: str | None


def version(folder: Path, form: Form) -> Version:
    try:
        sources = in_form(from_folder(folder), form)
        read_project(sources)
    except (NoSources, UnreadableFile) as error:
        raise CannotStart(str(error)) from None
    except ProjectError as error:
        raise WrongFile(str(error)) from None
    return Version("here" if folder == Path() else str(folder), sources, _commit(folder, "--dirty=+"))


def other_version(name: str, folder: Path, form: Form) -> Version:
    """A folder of that name, else a commit of the repository in the first one's folder."""
    is_folder = Path(name).is_dir()
    try:
        sources = in_form(from_folder(Path(name)) if is_folder else from_git(name, folder), form)
        read_project(sources)
    except (NoSources, UnreadableFile) as error:
        raise wrong_option("against", f"no version '{name}': {error}") from None
    except ProjectError as error:
        raise wrong_option("against", f"the version '{name}' cannot be read: {error}") from None
    return Version(name, sources, _commit(Path(name), "--dirty=+") if is_folder else _commit(folder, name))


def load_of(wanted: Wanted) -> Load:
    if wanted.arrivals is not None and wanted.per_day is not None:
        raise wrong_option("arrivals", "a load is either those of a file or those of a day; leave one out")
    if wanted.arrivals is not None:
        load = _read(from_file, wanted.arrivals, "arrivals")
    elif wanted.per_day is not None:
        load = day(wanted.per_day, is_random=wanted.is_random)
    else:
        load = (poisson if wanted.is_random else even)(wanted.rate, wanted.length_s)
    if not load.expected:
        raise wrong_option("rate", "no request comes in that time")
    return load if wanted.burst is None else at_once(load, wanted.burst, load.length_s / 3)


def scenario_of(wanted: Wanted, load: Load) -> Scenario:
    if wanted.story is None:
        for name, value in (("down_s", wanted.down_s), ("at_s", wanted.at_s)):
            if value is not None:
                raise wrong_option(name, "nothing fails without --scenario")
        return calm(load)
    if wanted.at_s is not None and wanted.at_s > load.length_s:
        raise wrong_option("at_s", f"no request comes after {in_words(load.length_s)}")
    try:
        return _read(lambda name: scenario(name, load, wanted.down_s, wanted.at_s), wanted.story, "story")
    except UnknownScenario as error:
        raise wrong_option("story", str(error)) from None
    except NoLength as error:
        raise wrong_option("down_s", str(error)) from None


def model_of(name: str) -> Model:
    if name not in MODELS and not name.endswith((".yaml", ".yml")):
        raise wrong_option(
            "model", f"unknown model '{name}', expected {', '.join(MODELS)} or a file that ends in .yaml"
        )
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


def _commit(folder: Path, what: str) -> str | None:
    """The commit of that name, or with --dirty=+ the one in the folder, with a + if files differ from it."""
    command = ["git", "-C", str(folder), "describe", "--always", "--exclude=*", "--abbrev=12", what]
    try:
        found = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 -- no shell
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip() or None
