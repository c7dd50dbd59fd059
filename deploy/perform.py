"""Make the calls, one after the other.  Called by `mando deploy` and `mando destroy`.

After a failure, run it again: calls that are done are left out or change nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from deploy.call import Call, Query
from deploy.explain import explain
from deploy.run import Answer, Runner


class CallFailed(Exception):
    """Raised when a call fails; the message names the call, and its output if that was not shown already."""


def perform(
    settings: Mapping[str, str],
    calls: Iterable[Call | Query],
    programs: Mapping[str, tuple[str, ...]],
    folder: Path,
    report: Callable[[str], None],
) -> dict[str, str]:
    """Make the calls in the folder; return the queries' results by name.  Raises CallFailed.

    programs maps the first word of a command to the program that is run.
    """
    runner = Runner(dict(settings), programs, folder)
    for call in calls:
        if isinstance(call, Query):
            _query(runner, call, report)
        elif _is_left_out(runner, call):
            continue
        elif call.unless is not None and _is_done(runner, call, runner.ask(call.unless)):
            report(f"{call.purpose}: is there already")
        else:
            shown = runner.shown(call.command)
            report(f"{call.purpose}: {shown}")
            made = runner.make(call.command, call.into)
            if made.status:
                raise CallFailed(_with_advice(f"{call.purpose}: exit status {made.status} of {shown}", made.stderr))
    return {name: value for name, value in runner.known.items() if name not in settings}


def _query(runner: Runner, query: Query, report: Callable[[str], None]) -> None:
    answer = runner.ask(query.command)
    if answer.status or not (answer.text or query.may_be_empty):
        said = answer.stderr or "it answered nothing"
        raise CallFailed(_with_advice(f"{query.purpose}: {runner.shown(query.command)}\n{said}", said))
    runner.known[query.name] = answer.text
    report(f"{query.purpose}: {' '.join(answer.text.split()) or 'none'}")


def _is_left_out(runner: Runner, call: Call) -> bool:
    if call.where_any is not None and not runner.known[call.where_any]:
        return True
    return call.where_none is not None and bool(runner.known[call.where_none])


def _is_done(runner: Runner, call: Call, found: Answer) -> bool:
    if found.status:
        return False
    return call.same_as_file is None or found.stdout == Path(runner.filled(call.same_as_file)).read_bytes()


def _with_advice(failure: str, said: str) -> str:
    """The failure, with what to do about it where that is known."""
    advice = explain(said)
    return f"{failure}\n{advice}" if advice else failure
