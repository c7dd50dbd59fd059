"""`mando simulate`: what the files of a project do under a load and faults, in virtual time.

The real workflow and the real rules of the queue run against models of the services (tuning/models/).  simulate_inputs
reads what the options name, simulate_views runs one simulation or many and shows them.
"""

from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Literal

import click

from cli import simulate_views as views
from cli.errors import CannotStart, Failed, wrong_option
from cli.form import form_of, form_options
from cli.options import option, positive_number, whole_number
from cli.simulate_inputs import Wanted, axes, duration, instant, load_of, model_of, other_version, scenario_of, version
from tuning.compare.simulations import Simulations
from tuning.model import MODELS
from tuning.orders import UnknownCall
from tuning.simulate.scenario import names

_BROKEN = 1


@click.command(
    epilog="Exit codes: 0 the files in DIR keep the promise, 1 they break it: a request was lost or shown twice, "
    f"2 a file or an option is wrong.  Scenarios: {', '.join(names())}."
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=".")
@option("--rate", type=positive_number, metavar="N", default=40.0, help="requests a second")
@option(
    "--for",
    "length_s",
    envvar="MANDO_SIMULATE_FOR",
    type=duration,
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
    type=duration,
    metavar="TIME",
    help="how long it fails, in place of the scenario's time",
)
@option(
    "--at",
    "at_s",
    envvar="MANDO_SIMULATE_AT",
    type=instant,
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
@option(
    "--html",
    "html_file",
    envvar="MANDO_SIMULATE_HTML",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write a page with charts there",
)
@option(
    "--against", metavar="REF|DIR", help="compare with a commit or a folder, under the same arrivals, faults and luck"
)
@option(
    "--seeds",
    type=whole_number(1),
    metavar="N",
    default=5,
    help="with --against or --suggest: compare under so many seeds, from --seed on",
)
@option("--sensitivity", is_flag=True, help="does the verdict hang on numbers that nobody publishes?")
@option("--suggest", is_flag=True, help="search the knobs for the best p99 of the time to reply, and prove it")
@option("--max-cost", type=positive_number, metavar="USD", help="with --suggest: the load may cost as much")
@option(
    "--max-told",
    type=whole_number(0),
    metavar="N",
    help="with --suggest: so many members may be told why there is no picture  [default: as many as now]",
)
@option(
    "--map",
    "axes",
    envvar="MANDO_SIMULATE_MAP",
    type=axes,
    metavar="rate,down",
    help="how long the recovery takes, by rate (up to 1.25 times --rate) and length of the fault (up to --down)",
)
@form_options
def command(form: str, steps: Literal["app-engine", "functions"], reply: str, tasks: str | None, **given: Any) -> int:
    """Foresee what the project in DIR does: workflows/, queue.yaml, app.yaml, limits.yaml and deployment.yaml."""
    wanted = Wanted(form=form_of(form=form, steps=steps, reply=reply, tasks=tasks), **given)
    _combine(wanted)
    load = load_of(wanted)
    case = views.Question(
        version(wanted.folder, wanted.form), scenario_of(wanted, load), model_of(wanted.model), wanted
    )
    try:
        with Simulations(views.bar) as simulations:
            return 0 if _show(case, simulations) else _BROKEN
    except UnknownCall as error:
        raise CannotStart(str(error)) from None
    except BrokenProcessPool:
        raise Failed("a process that simulated was ended, perhaps for want of memory; try a lower --rate") from None


def _show(case: views.Question, simulations: Simulations) -> bool:
    """Whether the files in the folder keep the promise."""
    wanted = case.wanted
    if wanted.against is not None:
        return views.against(case, simulations, other_version(wanted.against, wanted.folder, wanted.form))
    if wanted.suggest:
        return views.suggestion(case, simulations)
    if wanted.sensitivity:
        return views.sensitivity_of(case, simulations)
    if wanted.axes is not None:
        return views.map_of(case, simulations)
    return views.one(case, simulations)


def _combine(wanted: Wanted) -> None:
    """Refuse what does not go together, before anything is read."""
    modes = {
        "against": wanted.against is not None,
        "suggest": wanted.suggest,
        "sensitivity": wanted.sensitivity,
        "axes": wanted.axes is not None,
    }
    chosen = [name for name, is_chosen in modes.items() if is_chosen]
    if len(chosen) > 1:
        raise wrong_option(chosen[1], f"{_shown(chosen[0])} is another question; ask one at a time")
    for name in ("max_cost", "max_told"):
        if getattr(wanted, name) is not None and not wanted.suggest:
            raise wrong_option(name, "is a limit of --suggest, which is missing")
    if _is_given("seeds") and not (modes["against"] or wanted.suggest):
        raise wrong_option("seeds", "nothing is compared without --against or --suggest; --seed sets the luck of one")
    if wanted.axes is not None:
        if wanted.story is None:
            raise wrong_option("axes", "nothing fails without --scenario")
        for name in ("arrivals", "per_day"):
            if getattr(wanted, name) is not None:
                raise wrong_option("axes", f"the rate is an axis, so it cannot come from {_shown(name)}")
        if wanted.json_file is not None:
            raise wrong_option("json_file", "--map has no such numbers; --html writes its page")
    for name in ("rate", "length_s"):
        for other in ("arrivals", "per_day"):
            if _is_given(name) and getattr(wanted, other) is not None:
                raise wrong_option(name, f"the requests are those of {_shown(other)}; leave one out")
    for name in ("json_file", "html_file"):
        file = getattr(wanted, name)
        if file is not None and not file.parent.is_dir():
            raise wrong_option(name, f"cannot write {file}: No such folder")


def _is_given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def _shown(name: str) -> str:
    return {"axes": "--map", "per_day": "--day"}.get(name, f"--{name}")
