"""Measure the functions for texts, JSON, lists and maps on 200 KB: ours and workflows-emulator.

A workflow calls each function of a group once, in each of 5 iterations, and assigns what it gives to a variable.  Both
programs are written in Python, so what is one call in C takes both equally long: text.replace_all, text.to_upper,
text.url_encode, base64.*.  For the rest the emulator copies every variable at each expression, and reads each result
that is no text as YAML.  So it has no bytes in a variable (base64.decode and json.encode assign a text), and `null` is
not among its values; these are left out here.  What text.find_all_regex gives has no matches in it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from bench.peers.peer_venv import peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.process import worker

EMULATOR = "workflows-emulator"
_ITERATIONS = 5
_BYTES = 200_000
# Each row: the argument, and the expressions; each assigns its result to `x`.
_GROUPS: Mapping[str, tuple[str, Sequence[str]]] = {
    "text.split, substring, find_all, replace_all, to_upper": (
        "text",
        [
            'text.split(args.text, "\\n")',
            "text.substring(args.text, 1000, 150000)",
            'text.find_all(args.text, "lazy")',
            'text.replace_all(args.text, "fox", "wolf")',
            "text.to_upper(args.text)",
        ],
    ),
    "text.match_regex, find_all_regex, replace_all_regex": (
        "text",
        [
            'text.match_regex(args.text, "z+q")',
            'text.find_all_regex(args.text, "[0-9]+")',
            'text.replace_all_regex(args.text, "[0-9]+", "#")',
        ],
    ),
    "base64.encode, base64.decode, text.url_encode": (
        "text",
        [
            "len(base64.decode(base64.encode(text.encode(text.substring(args.text, 0, 150000)))))",
            "text.url_encode(text.substring(args.text, 0, 100000))",
        ],
    ),
    "json.decode, json.encode_to_string": (
        "json",
        ["json.decode(args.json)", "len(json.encode_to_string(x)) > 0"],
    ),
    "len, keys, map.get, map.merge": (
        "data",
        [
            "len(args.data)",
            "keys(args.data)",
            'map.get(args.data, ["key7", "name"])',
            "map.merge(args.data, args.data)",
        ],
    ),
    "list.concat, list.prepend": (
        "numbers",
        ["list.concat(args.numbers, 1)", "list.prepend(args.numbers, 1)"],
    ),
}


def measure(effort: Effort) -> Iterator[Figure]:
    given = _arguments(effort.of(_BYTES, _BYTES // 20))
    with worker("mando") as ours, worker("emulator", peers_python()) as theirs:
        programs = {OURS: ours, EMULATOR: theirs}
        for group, (needed, expressions) in _GROUPS.items():
            source, argument = _workflow(expressions, effort.of(_ITERATIONS)), {needed: given[needed]}
            rates, results = {name: list[float]() for name in programs}, set()
            for one in programs.values():
                one.run("compile", source=source)
            for _ in range(effort.of(3)):
                for name, one in programs.items():
                    times = effort.of(10) if name == OURS else 1
                    done = one.run("execute", source=source, argument=argument, times=times)
                    rates[name].append(times / done.cpu_s)
                    results.add(done.result)
            assert len(results) == 1, f"{group}: {results}"
            yield Figure(f"{group}, on 200 KB", "1/s of CPU", "more", rates, [Goal(20, False, EMULATOR)])


def _workflow(expressions: Sequence[str], iterations: int) -> str:
    """A workflow that returns the last result, or its length."""
    length = "x" if expressions[-1].startswith("len(") else "len(x)"
    return (
        "main:\n  params: [args]\n  steps:\n  - init: {assign: [x: 0]}\n  - loop:\n      for:\n        value: v\n"
        f"        range: [1, {iterations}]\n        steps:\n        - work:\n            assign:\n"
        + "".join(f"            - x: '${{{one}}}'\n" for one in expressions)
        + f"  - done: {{return: '${{{length}}}'}}\n"
    )


def _arguments(size: int) -> Mapping[str, object]:
    text = ("the quick brown fox jumps over the lazy dog 0123456789\n" * 4000)[:size]
    data = {f"key{at}": {"id": at, "note": text[at : at + 120], "tags": ["a", "b"]} for at in range(size // 180)}
    return {
        "text": text,
        "data": data,
        "json": json.dumps(data),
        "numbers": list(range(size // 7)),
    }


if __name__ == "__main__":
    alone.main(measure, __doc__)
