"""The text of a workflow → a diagram of it, which `make docs` puts into docs/architecture.md.

Each routine, and each step that holds others, is a frame.  A call of a subworkflow is a box with double sides, what
ends a routine a round one.  Dotted arrows lead to what is called, and from what is tried to what catches its error.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import yaml

from deploy.flowchart import Flowchart
from local.workflows.compile.workflow import STEP_KINDS, compile_workflow, read

_ROOT = Path(__file__).parent.parent
WORKFLOW, PAGE = _ROOT / "workflows" / "mando.yaml", _ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- `make docs` draws what follows -->\n\n```mermaid\n", "```\n\n<!-- until here -->\n"

Written: TypeAlias = "str | list[Written] | dict[str, Written]"  # what stands in the YAML; of a scalar its text
Exit: TypeAlias = tuple[str, str]  # what leads to the step that comes next: the id of a box or frame, and when

_MOST = 100  # characters of a value


def drawn(source: str) -> str:
    """The diagram in Mermaid.  Raises WorkflowSyntaxError where the text is no workflow."""
    compile_workflow(source)
    _, root = read(source)
    written = _written(root)
    routines = written if isinstance(written, dict) else {"main": written}
    chart = Flowchart()
    for name, routine in routines.items():
        steps = routine["steps"] if isinstance(routine, dict) else routine
        with chart.frame(chart.id(name), f"{name}({_parameters(routine)})"):
            _Routine(chart, name, set(routines)).draw(steps)
    return chart.mermaid()


def page_with(page: str, diagram: str) -> str:
    """The page, with that diagram in place of the one that it holds."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{diagram}{END}{after}"


def _written(node: yaml.Node) -> Written:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _written(value) for key, value in node.value}
    return [_written(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else str(node.value)


def _parameters(routine: Written) -> str:
    given = routine.get("params") if isinstance(routine, dict) else None
    return ", ".join(", ".join(one) if isinstance(one, dict) else str(one) for one in given or ())


class _Routine:
    """Draws the steps of one routine; subworkflows are the names of all."""

    def __init__(self, chart: Flowchart, name: str, subworkflows: set[str]) -> None:
        self._chart = chart
        self._name = name
        self._subworkflows = subworkflows
        self._jumps: list[tuple[Exit, str]] = []  # to a step of that name, which may be drawn later

    def draw(self, steps: Written) -> None:
        self._block(steps)
        for (start, when), target in self._jumps:
            self._chart.arrow(start, self._id(target), when)

    def _id(self, *names: str) -> str:
        return self._chart.id(self._name, *names)

    def _block(self, steps: Written) -> list[Exit]:
        """Draws steps in their order; what leads to what comes after them."""
        exits: list[Exit] = []
        for one in _items(steps):
            for name, body in _map(one).items():
                for start, when in exits:
                    self._chart.arrow(start, self._id(name), when)
                exits = self._step((name,), _map(body))
        return exits

    def _step(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        """Draws a step, a case or an except with the id of that path, whose last name is shown."""
        kind = next((one for one in STEP_KINDS if one in body), "next")
        exits = _DRAWN[kind](self, path, body)
        if kind in ("assign", "call", "return", "raise"):
            self._point_at_calls(self._id(*path), [body[kind], body.get("args", "")])
        target = body.get("next")
        return exits if target is None else self._go(exits, str(target))

    def _go(self, exits: Sequence[Exit], target: str) -> list[Exit]:
        for number, (start, when) in enumerate(exits):
            if target in ("break", "continue", "end"):
                end = self._chart.id(start, target, str(number))
                self._chart.box(end, target, "end")
                self._chart.arrow(start, end, when)
            else:
                self._jumps.append(((start, when), target))
        return []

    def _point_at_calls(self, id_: str, written: Written) -> None:
        """An arrow to each subworkflow that an expression calls."""
        for name in sorted(self._subworkflows):
            if any(re.search(rf"(?<![\w.]){re.escape(name)}\(", text) for text in _expressions(written)):
                self._chart.arrow(id_, self._chart.id(name), is_dotted=True)

    def _jump(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        self._chart.box(self._id(*path), path[-1])
        return [(self._id(*path), "")]

    def _assign(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        assigned = [pair for one in _items(body["assign"]) for pair in _map(one).items()]
        ((name, value), *more) = assigned or [("nothing", "")]
        shown = f"{name} = {_shown(value)}" if not more else ", ".join(name for name, _ in assigned)
        self._chart.box(self._id(*path), f"{path[-1]}\n{shown}")
        return [(self._id(*path), "")]

    def _call(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        id_, called, arguments = self._id(*path), str(body["call"]), body.get("args", {})
        is_ours = called in self._subworkflows
        if is_ours:
            self._chart.arrow(id_, self._chart.id(called), is_dotted=True)
        elif isinstance(arguments, dict) and arguments:  # the first says most: a url, the seconds of a sleep
            called += f" {_shown(next(iter(arguments.values())))}"
        result = f"{body['result']} = " if "result" in body else ""
        self._chart.box(id_, f"{path[-1]}\n{result}{called}", "call" if is_ours else "step")
        return [(id_, "")]

    def _switch(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        id_ = self._id(*path)
        self._chart.box(id_, path[-1], "choice")
        cases = [_map(case) for case in _items(body["switch"])]
        exits: list[Exit] = []
        jumps: dict[str, list[str]] = {}  # one arrow to each target, with all conditions that lead there
        for number, case in enumerate(cases, 1):
            self._point_at_calls(id_, case["condition"])
            when = (f"{number}. " if len(cases) > 1 else "") + _expression(str(case["condition"]))
            rest = {name: value for name, value in case.items() if name != "condition"}
            if list(rest) == ["next"]:
                jumps.setdefault(str(rest["next"]), []).append(when)
                continue
            inner = (*path, f"case {number}")
            self._chart.arrow(id_, self._id(*inner), when)
            exits += self._step(inner, rest)
        for target, conditions in jumps.items():
            self._go([(id_, "\n".join(conditions))], target)
        is_complete = any(_expression(str(case["condition"])).lower() == "true" for case in cases)
        return exits if is_complete else [*exits, (id_, "otherwise")]

    def _steps(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        with self._chart.frame(self._id(*path), path[-1]):
            exits = self._block(body["steps"])
        return [(self._id(*path), "")] if exits else []

    def _for(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        with self._chart.frame(self._id(*path), f"{path[-1]}: {_loop(_map(body['for']))}"):
            self._block(_map(body["for"])["steps"])
        return [(self._id(*path), "")]

    def _parallel(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        parts = _map(body["parallel"])
        loop = f" {_loop(_map(parts['for']))}" if "for" in parts else ""
        with self._chart.frame(self._id(*path), f"{path[-1]}: parallel{loop}"):
            if loop:
                self._block(_map(parts["for"])["steps"])
            for one in _items(parts.get("branches", [])):
                for name, branch in _map(one).items():
                    with self._chart.frame(self._id(*path, name), name):
                        self._block(_map(branch)["steps"])
        return [(self._id(*path), "")]

    def _try(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        tried, caught = (*path, "try"), (*path, "except")
        tried_body = {"steps": body["try"]} if isinstance(body["try"], list) else _map(body["try"])
        handling = {name: value for name, value in _map(body.get("except", {})).items() if name != "as"}
        with self._chart.frame(self._id(*path), path[-1]):
            with self._chart.frame(self._id(*tried), "try" + _retry(body.get("retry"))):
                exits = self._held(tried, tried_body)
            if "except" in body:
                error = _map(body["except"]).get("as")
                with self._chart.frame(self._id(*caught), f"except as {error}" if error else "except"):
                    exits = exits + self._held(caught, handling)
                self._chart.arrow(self._id(*tried), self._id(*caught), "error", is_dotted=True)
        return [(self._id(*path), "")] if exits else []

    def _held(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        """What a frame of its own holds already: its steps, or its one step without a name."""
        if list(body) == ["steps"]:
            return self._block(body["steps"])
        return self._step((*path, str(next(iter(body), "nothing"))), body)

    def _end(self, path: tuple[str, ...], body: Mapping[str, Written]) -> list[Exit]:
        word = "raise" if "raise" in body else "return"
        name = "" if path[-1].startswith("case ") else f"{path[-1]}\n"
        self._chart.box(self._id(*path), f"{name}{word} {_shown(body[word])}", "end")
        return []


_DRAWN = {
    "assign": _Routine._assign,
    "call": _Routine._call,
    "switch": _Routine._switch,
    "for": _Routine._for,
    "parallel": _Routine._parallel,
    "try": _Routine._try,
    "raise": _Routine._end,
    "return": _Routine._end,
    "steps": _Routine._steps,
    "next": _Routine._jump,
}


def _items(written: Written) -> list[Written]:
    return written if isinstance(written, list) else []


def _map(written: Written) -> dict[str, Written]:
    return written if isinstance(written, dict) else {}


def _loop(parts: Mapping[str, Written]) -> str:
    return f"for {parts['value']} in {_shown(parts['in'] if 'in' in parts else parts['range'])}"


def _retry(policy: "Written | None") -> str:
    if policy is None:
        return ""
    parts = _map(policy)
    said = [f"{name} {_shown(value)}" for name, value in parts.items() if name != "backoff"]
    said += [f"{name} {_shown(value)}" for name, value in _map(parts.get("backoff", {})).items()]
    return f"\nretry: {', '.join(said) if parts else _shown(policy)}"


def _shown(written: Written) -> str:
    """A value in a few words: of a map its keys."""
    if isinstance(written, dict):
        text = f"{{{', '.join(written)}}}"
    elif isinstance(written, list):
        text = f"[{', '.join(map(_shown, written))}]"
    else:
        text = _expression(written)
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _expressions(written: Written) -> list[str]:
    """Every ${…} in it."""
    if isinstance(written, str):
        return [written] if written.startswith("${") else []
    parts = written.values() if isinstance(written, dict) else written
    return [text for part in parts for text in _expressions(part)]


def _expression(written: str) -> str:
    text = " ".join(written.split())
    return text.removeprefix("${").removesuffix("}") if text.startswith("${") else text


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(), drawn(WORKFLOW.read_text())))
