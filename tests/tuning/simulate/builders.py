"""Our own project, models without chance, and a simulation of a few requests."""

from dataclasses import replace
from functools import cache
from typing import Any

from local.executions.engine.virtual import Agenda
from tests.house.files import ROOT
from tuning.distribution import Distribution, constant
from tuning.model import Model, read_model
from tuning.project import Project, read_project
from tuning.simulate.answer import Answer
from tuning.simulate.discord import Discord
from tuning.simulate.load import Load, even
from tuning.simulate.scenario import Scenario, calm, scenario, story_of
from tuning.simulate.simulation import simulate
from tuning.simulate.steps import Steps
from tuning.simulate.storage import Storage
from tuning.simulate.tasks import Tasks
from tuning.sources import Sources, from_folder


@cache
def our_sources() -> Sources:
    return from_folder(ROOT)


@cache
def our_project() -> Project:
    return read_project(our_sources())


@cache
def cloud() -> Model:
    return read_model("cloud")


def a_model(**numbers: float) -> Model:
    """The cloud, where each thing takes its median.  numbers: names with __ in place of the dot."""
    model = cloud()
    for name, parameter in model.parameters.items():
        if isinstance(parameter.value, Distribution):
            median = constant(parameter.number)
            model = replace(model, parameters={**model.parameters, name: replace(parameter, value=median)})
    model = model.with_value("tasks.ramp_s", 0).with_value("tasks.duplicate_share", 0)
    for name, number in numbers.items():
        model = model.with_value(name.replace("__", "."), number)
    return model


def a_scenario(load: Load, faults: str, at_s: float = 0.0) -> Scenario:
    """faults: YAML, such as {part: discord, kind: error, status: 503, ends: 1m}."""
    text = f"title: a test\nsource: a test\nsure: guess\nfaults: [{faults}]\n"
    story = story_of("test", "test.yaml", text)
    moved = tuple(fault.moved(at_s, 1.0) for fault in story.faults)
    return Scenario("test", "a test", load, moved, at_s, at_s + story.length_s)


def simulated(
    load: Load, story: str | None = None, at_s: float = 0.0, project: Project | None = None, **more: Any
) -> Answer:
    """more: seed, model, or numbers of a_model."""
    seed, model = more.pop("seed", 1), more.pop("model", None)
    faults = calm(load) if story is None else a_scenario(load, story, at_s)
    return simulate(project or our_project(), load, faults, model or a_model(**more), seed)


def the_steps(agenda: Agenda, model: Model, faults: Scenario) -> Steps:
    """Ours, with the bucket and Discord behind them; no queue takes what they put off."""
    bucket, discord = Storage(model, faults, 1, 5.0), Discord(model, faults, 1, 10.0)
    numbers, tasks = our_project().deployment.steps, Tasks(agenda, model, faults, 1)
    return Steps(agenda, model, 1, bucket, discord, numbers, tasks, ("replies", "urgent"), lambda _: None)


__all__ = [
    "a_model",
    "a_scenario",
    "cloud",
    "even",
    "our_project",
    "our_sources",
    "scenario",
    "simulated",
    "the_steps",
]
