"""Draw a workflow as a Mermaid diagram; `make docs` puts it into docs/architecture.md.

A routine, and a step that holds other steps, is a frame.  A call of a subworkflow is a box with double sides; a step
that ends a routine is round.  Dotted arrows lead to called subworkflows, and from `try` to `except`.
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

YamlValue: TypeAlias = "str | list[YamlValue] | dict[str, YamlValue]"  # a parsed node; every scalar is text
Exit: TypeAlias = tuple[str, str]  # where an arrow to the next step begins: id of a box or frame, label

_MAX_VALUE_LENGTH = 100  # characters


def diagram_of(source: str) -> str:
    """The diagram of a workflow's source, in Mermaid.  Raises WorkflowSyntaxError."""
    compile_workflow(source)
    _, root = read(source)
    value = _value_of(root)
    routines = value if isinstance(value, dict) else {"main": value}
    chart = Flowchart()
    for name, routine in routines.items():
        steps = routine["steps"] if isinstance(routine, dict) else routine
        with chart.frame(chart.id(name), f"{name}({_parameters(routine)})"):
            _Routine(chart, name, set(routines)).draw(steps)
    return chart.mermaid()


def page_with(page: str, diagram: str) -> str:
    """The page with its diagram replaced."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{diagram}{END}{after}"


def _value_of(node: yaml.Node) -> YamlValue:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value_of(value) for key, value in node.value}
    return [_value_of(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else str(node.value)


def _parameters(routine: YamlValue) -> str:
    given = routine.get("params") if isinstance(routine, dict) else None
    return ", ".join(", ".join(one) if isinstance(one, dict) else str(one) for one in given or ())


class _Routine:
    """Draws the steps of one routine; subworkflows are the names of all routines."""

    def __init__(self, chart: Flowchart, name: str, subworkflows: set[str]) -> None:
        self._chart = chart
        self._name = name
        self._subworkflows = subworkflows
        self._jumps: list[tuple[Exit, str]] = []  # with the target's name: that step may be drawn later

    def draw(self, steps: YamlValue) -> None:
        self._block(steps)
        for (start, when), target in self._jumps:
            self._chart.arrow(start, self._id(target), when)

    def _id(self, *names: str) -> str:
        return self._chart.id(self._name, *names)

    def _block(self, steps: YamlValue) -> list[Exit]:
        """Draw steps in order; return the exits to the step after them."""
        exits: list[Exit] = []
        for one in _as_list(steps):
            for name, body in _as_map(one).items():
                for start, when in exits:
                    self._chart.arrow(start, self._id(name), when)
                exits = self._step((name,), _as_map(body))
        return exits

    def _step(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        """Draw a step, a case or an except.  Its id is the path, its label the last name of the path."""
        kind = next((one for one in STEP_KINDS if one in body), "next")
        exits = _DRAW_METHODS[kind](self, path, body)
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

    def _point_at_calls(self, id_: str, value: YamlValue) -> None:
        """Draw an arrow to each subworkflow that an expression calls."""
        for name in sorted(self._subworkflows):
            if any(re.search(rf"(?<![\w.]){re.escape(name)}\(", text) for text in _expressions(value)):
                self._chart.arrow(id_, self._chart.id(name), is_dotted=True)

    def _jump(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        self._chart.box(self._id(*path), path[-1])
        return [(self._id(*path), "")]

    def _assign(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        assigned = [pair for one in _as_list(body["assign"]) for pair in _as_map(one).items()]
        ((name, value), *more) = assigned or [("nothing", "")]
        shown = f"{name} = {_summary(value)}" if not more else ", ".join(name for name, _ in assigned)
        self._chart.box(self._id(*path), f"{path[-1]}\n{shown}")
        return [(self._id(*path), "")]

    def _call(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        id_, called, arguments = self._id(*path), str(body["call"]), body.get("args", {})
        is_ours = called in self._subworkflows
        if is_ours:
            self._chart.arrow(id_, self._chart.id(called), is_dotted=True)
        elif isinstance(arguments, dict) and arguments:  # show the first argument: a URL, the seconds of a sleep
            called += f" {_summary(next(iter(arguments.values())))}"
        result = f"{body['result']} = " if "result" in body else ""
        self._chart.box(id_, f"{path[-1]}\n{result}{called}", "call" if is_ours else "step")
        return [(id_, "")]

    def _switch(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        id_ = self._id(*path)
        self._chart.box(id_, path[-1], "choice")
        cases = [_as_map(case) for case in _as_list(body["switch"])]
        exits: list[Exit] = []
        jumps: dict[str, list[str]] = {}  # target → its conditions: one arrow for all of them
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

    def _steps(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        with self._chart.frame(self._id(*path), path[-1]):
            exits = self._block(body["steps"])
        return [(self._id(*path), "")] if exits else []

    def _for(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        with self._chart.frame(self._id(*path), f"{path[-1]}: {_loop_text(_as_map(body['for']))}"):
            self._block(_as_map(body["for"])["steps"])
        return [(self._id(*path), "")]

    def _parallel(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        parts = _as_map(body["parallel"])
        loop = f" {_loop_text(_as_map(parts['for']))}" if "for" in parts else ""
        with self._chart.frame(self._id(*path), f"{path[-1]}: parallel{loop}"):
            if loop:
                self._block(_as_map(parts["for"])["steps"])
            for one in _as_list(parts.get("branches", [])):
                for name, branch in _as_map(one).items():
                    with self._chart.frame(self._id(*path, name), name):
                        self._block(_as_map(branch)["steps"])
        return [(self._id(*path), "")]

    def _try(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        try_path, except_path = (*path, "try"), (*path, "except")
        try_body = {"steps": body["try"]} if isinstance(body["try"], list) else _as_map(body["try"])
        except_body = {name: value for name, value in _as_map(body.get("except", {})).items() if name != "as"}
        with self._chart.frame(self._id(*path), path[-1]):
            with self._chart.frame(self._id(*try_path), "try" + _retry_text(body.get("retry"))):
                exits = self._frame_content(try_path, try_body)
            if "except" in body:
                error = _as_map(body["except"]).get("as")
                with self._chart.frame(self._id(*except_path), f"except as {error}" if error else "except"):
                    exits = exits + self._frame_content(except_path, except_body)
                self._chart.arrow(self._id(*try_path), self._id(*except_path), "error", is_dotted=True)
        return [(self._id(*path), "")] if exits else []

    def _frame_content(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        """Draw what stands in a try or except: its steps, or one step without a name."""
        if list(body) == ["steps"]:
            return self._block(body["steps"])
        return self._step((*path, str(next(iter(body), "nothing"))), body)

    def _end(self, path: tuple[str, ...], body: Mapping[str, YamlValue]) -> list[Exit]:
        word = "raise" if "raise" in body else "return"
        name = "" if path[-1].startswith("case ") else f"{path[-1]}\n"
        self._chart.box(self._id(*path), f"{name}{word} {_summary(body[word])}", "end")
        return []


_DRAW_METHODS = {
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


def _as_list(value: YamlValue) -> list[YamlValue]:
    return value if isinstance(value, list) else []


def _as_map(value: YamlValue) -> dict[str, YamlValue]:
    return value if isinstance(value, dict) else {}


def _loop_text(parts: Mapping[str, YamlValue]) -> str:
    return f"for {parts['value']} in {_summary(parts['in'] if 'in' in parts else parts['range'])}"


def _retry_text(policy: "YamlValue | None") -> str:
    if policy is None:
        return ""
    parts = _as_map(policy)
    texts = [f"{name} {_summary(value)}" for name, value in parts.items() if name != "backoff"]
    texts += [f"{name} {_summary(value)}" for name, value in _as_map(parts.get("backoff", {})).items()]
    return f"\nretry: {', '.join(texts) if parts else _summary(policy)}"


def _summary(value: YamlValue) -> str:
    """A value as a short text; of a map only the keys."""
    if isinstance(value, dict):
        text = f"{{{', '.join(value)}}}"
    elif isinstance(value, list):
        text = f"[{', '.join(map(_summary, value))}]"
    else:
        text = _expression(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 1]}…"


def _expressions(value: YamlValue) -> list[str]:
    """Every ${…} in the value."""
    if isinstance(value, str):
        return [value] if value.startswith("${") else []
    parts = value.values() if isinstance(value, dict) else value
    return [text for part in parts for text in _expressions(part)]


def _expression(value: str) -> str:
    text = " ".join(value.split())
    return text.removeprefix("${").removesuffix("}") if text.startswith("${") else text


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(), diagram_of(WORKFLOW.read_text())))
