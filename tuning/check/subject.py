"""What the rules look at: the project, the numbers of the cloud, the prices, and the workflow's lives.

A life is run once, however many rules look at it.
"""

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator

import yaml

from local.tasks.rules import QueueConfig
from schemas.deployment import Function
from tuning import app_yaml
from tuning.check.answers import GENERATE, REPLY, Answer, ErrorCase
from tuning.check.life import Call, Decision, Life, Step
from tuning.check.living import World, live
from tuning.check.outages import failing, good, hanging, refusing, unavailable
from tuning.check.performer import MAIN
from tuning.hosts import Host, Hosts
from tuning.knobs import KNOBS, block_path
from tuning.model import Model
from tuning.orders import TaskKind
from tuning.places import Place, Unreadable, child, place, place_of, root_of
from tuning.prices import Prices
from tuning.project import DEPLOYMENT_YAML, QUEUE_YAML, Project, workflow_file

MEAN_JITTER = 0.5
FIRST_MINUTES_S = 300.0  # of a life in which one error never ends; a few attempts more say nothing new
MINUTES_S = 600.0  # Source: IAM, "Access change propagation": typically 2 minutes, at times 7 or more

_ERROR = re.compile(r"\berror\b")
_LOOKED_AT_S = {
    "permanent": 60.0,
    "a few": MINUTES_S + 100,
    "minutes": MINUTES_S + 100,
    "temporary": FIRST_MINUTES_S,
}


class Subject:
    """The whole of what is checked.  name: of the workflow that the ingress starts."""

    def __init__(self, project: Project, errors: tuple[ErrorCase, ...], model: Model, prices: Prices) -> None:
        self.project, self.errors, self.model, self.prices = project, errors, model, prices
        self.name, self.queue_name = project.started_workflow, project.filled_queue
        self.token_life_s = model.number("discord.token_life_s")

    @property
    def has_workflow(self) -> bool:
        """Whether there is what the ingress's tasks start; in a form without a workflow nothing is missing."""
        return self.name in self.project.workflows or not self.project.has_workflow

    @functools.cached_property
    def is_runnable(self) -> bool:
        """Whether a picture is delivered if all goes well; else no other life says anything."""
        return self.has_workflow and self.good.is_delivery

    @property
    def queue(self) -> QueueConfig | None:
        """The queue that the ingress fills."""
        return self.project.queues.get(self.queue_name)

    @property
    def file(self) -> str:
        return workflow_file(self.name)

    # Lives.

    @functools.cached_property
    def good(self) -> Life:
        """All calls are answered well at once."""
        return self.life(good)

    @functools.cached_property
    def outages(self) -> dict[str, Life]:
        """Discord answers 503 to all calls, all steps do, or every call takes its whole time-out."""
        return {
            "Discord refuses every reply": self.life(refusing, 0.0),
            "every call is refused": self.life(unavailable, 0.0),
            "every call takes its whole time-out": self.life(hanging, 0.0),
        }

    @property
    def worst_title(self) -> str:
        """Of the outage that costs the most steps, or calls of Cloud Tasks, with the shortest waits of the jitter."""
        lives = self.outages
        return max(lives, key=lambda title: (self.steps_dollars(lives[title]), lives[title].operations))

    @functools.cached_property
    def typical_outage(self) -> Life:
        """Discord refuses every reply; waits of their mean length."""
        return self.life(refusing, MEAN_JITTER)

    def life(
        self,
        answers: Callable[[Call], Answer],
        jitter: float = MEAN_JITTER,
        begins_s: float = 1.0,
        until_s: float = math.inf,
    ) -> Life:
        return live(self._world, answers, begins_s, jitter, until_s)

    @functools.cached_property
    def _world(self) -> World:
        project, steps = self.project, self.project.deployment.steps
        return World(
            workflow=project.workflows[self.name] if project.has_workflow else None,
            environment=tuple(project.environment.get(self.name, {}).items()),
            filled_queue=self.queue_name,
            retries=tuple((name, queue.retry) for name, queue in project.queues.items()),
            next_queues=project.next_queues,
            token_life_s=self.token_life_s,
            steps=steps,
            reply_s=steps.bucket_timeout.longest_s + steps.discord_timeout.longest_s,
        )

    @functools.cached_property
    def failures(self) -> list[tuple[ErrorCase, str, Life]]:
        """The first minutes of the life in which every call of one path meets one error: each error, each path."""
        if not self.is_runnable:
            return []
        return [
            (case, path, self.life(failing(path, case.answer), until_s=_LOOKED_AT_S[case.repetition]))
            for path in (GENERATE, REPLY)
            for case in self.errors
        ]

    def all_lives(self) -> Iterator[Life]:
        if not self.has_workflow:
            return
        yield self.good
        if self.is_runnable:
            yield from self.outages.values()
            for _, _, life in self.failures:
                yield life

    # Numbers.

    @functools.cached_property
    def hosts(self) -> Hosts:
        """Where the steps run."""
        return self.project.hosts(self.model)

    @functools.cached_property
    def functions(self) -> dict[tuple[str, ...], Function]:
        """Those of the form, by their way in deploy/deployment.yaml."""
        project, form = self.project, self.project.form
        found: dict[tuple[str, ...], Function] = {("ingress",): project.ingress}
        if project.deployment.functions is not None and not form.is_on_app_engine:
            found["functions", "generate"] = project.deployment.functions.generate
        if project.deployment.functions is not None and form.reply_is_function:
            found["functions", "reply"] = project.deployment.functions.reply
        return found

    def work_s(self, host: Host, generate: Iterable[str], reply: Iterable[str]) -> float:
        """The sum of these numbers of the model, of the steps that run there."""
        names = [*(generate if host is self.hosts.generate else ()), *(reply if host is self.hosts.reply else ())]
        return sum(map(self.model.number, names))

    def steps_dollars(self, life: Life) -> float:
        """What the workflow's steps of that life cost."""
        bill = life.bill
        return self.prices.dollars("workflows_internal_step", bill.internal) + self.prices.dollars(
            "workflows_external_step", bill.external
        )

    @functools.cached_property
    def step_queues(self) -> dict[str, QueueConfig]:
        """The queues whose tasks show replies, by name."""
        return self._queues_of(lambda kind: kind in ("reply", "tell"))

    @functools.cached_property
    def starts_per_s(self) -> float:
        """How many executions all queues together start at most: of fresh requests, and of those that come back."""
        queues = self._queues_of(lambda kind: kind == "start")
        if self.queue is not None:
            queues[self.queue_name] = self.queue
        return sum(queue.rate.max_dispatches_per_s for queue in queues.values())

    def _queues_of(self, is_wanted: Callable[[TaskKind], bool]) -> dict[str, QueueConfig]:
        lives = self.outages.values() if self.is_runnable else ()
        names = dict.fromkeys(name for life in lives for name, kind in life.tasks if is_wanted(kind))
        return {name: self.project.queues[name] for name in names if name in self.project.queues}

    # Places.

    def knob_place(self, name: str) -> Place | None:
        """The place of that knob of the workflow; None if it has none of that name."""
        path = block_path(self.project.sources, self.file)
        if path is None:
            return None
        found = place(self.project.sources, self.file, *path, name)
        return None if found == place(self.project.sources, self.file, *path) else found

    def step_node(self, step: Step) -> yaml.Node | None:
        """What stands under the name of that step; the call itself where the step does no more than try one."""
        try:
            root = root_of(self.project.sources, self.file)
        except Unreadable:
            return None
        routine = root if isinstance(root, yaml.SequenceNode) else child(root, step.routine)
        node = next((value for key, value in _pairs(routine) if key.value == step.name), None)
        tried = child(node, "try") if node is not None else None
        return tried if tried is not None and child(tried, "call") is not None else node

    def step_place(self, step: Step) -> Place:
        node = self.step_node(step)
        return Place(self.file) if node is None else place_of(self.file, node)

    def failure_place(self, call: Call) -> Place:
        """What decided what follows the failure of this call; the call itself if nothing looked at the error.

        That is the last condition or return that names the error, in a subworkflow if one was called.
        """
        found = [(one.step.routine, node) for one in call.decisions if (node := self._about_error(one)) is not None]
        inner = [node for routine, node in found if routine != MAIN] or [node for _, node in found]
        return place_of(self.file, inner[-1]) if inner else self.step_place(call.step)

    def _about_error(self, decision: Decision) -> yaml.Node | None:
        """The condition, or the step that returns, if its text names the error."""
        node = self.step_node(decision.step)
        key = "return"
        if node is not None and decision.condition:
            switch, key = child(node, "switch"), "condition"
            node = child(switch, decision.condition - 1) if switch is not None else None
        text = child(node, key) if node is not None else None
        return node if isinstance(text, yaml.ScalarNode) and _ERROR.search(text.value) else None

    def timeout_place(self, call: Call) -> Place:
        """The time-out of the call; if it is ${knobs.NAME}, that knob."""
        node: yaml.Node | None = self.step_node(call.step)
        for name in ("args", "timeout"):
            node = child(node, name) if node is not None else None
        if node is None:
            return self.step_place(call.step)
        text = str(node.value)
        knob = text.removeprefix(f"${{{KNOBS}.").removesuffix("}")
        return self.knob_place(knob) or place_of(self.file, node)

    def queue_place(self, *path: str, name: str | None = None) -> Place:
        """A field of that queue, or of the one that the ingress fills."""
        number = list(self.project.queues).index(name or self.queue_name)
        return place(self.project.sources, QUEUE_YAML, "queue", number, *path)

    def reply_wait_place(self, queue: str) -> Place:
        """What says how long a reply waits at most that a task of that queue could not show."""
        if self.project.deployment.steps.reply_waits is not None:
            return self.deployment_place("steps", "reply_waits", "longest_s")
        return self.queue_place("retry_parameters", "max_backoff_seconds", name=queue)

    def app_place(self, *path: str) -> Place:
        return place(self.project.sources, app_yaml.FILE, *path)

    def deployment_place(self, *path: str) -> Place:
        return place(self.project.sources, DEPLOYMENT_YAML, *path)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key, value
            yield from _pairs(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _pairs(item)
