"""A story as text: what it is now and why, then a waterfall in characters.  Pure.  For `mando trace`."""

from collections.abc import Iterator
from datetime import UTC, datetime

from local.story.story import Bar, Story
from local.story.words import seconds

_WIDTH = 40
_MARKS = {"work": "█", "wait": "░", "error": "▓"}
_MOST_LABEL = 64


def text_of(story: Story) -> str:
    return "\n".join([*_head(story), "", *_waterfall(story), *_tail(story)]) + "\n"


def _head(story: Story) -> Iterator[str]:
    one = story.summary
    whose = f" of {one.member}" if one.member else ""
    words = f", {one.words}" if one.words else ""
    yield f"interaction {one.interaction}{whose}: {one.command or '/mando'}{words}"
    yield f"state       {story.state}"
    yield f"began       {_clock(one.begun_s)}, {seconds(story.now_s - one.begun_s)} ago"
    yield f"rounds      {one.rounds}, with {one.attempts} calls of the steps"
    if one.revision:
        yield f"revision    {one.revision} of the workflow"
    if one.object:
        yield f"picture     {one.object}"
    if one.message_id:
        yield f"message     {one.message_id}"
    if one.next_s is not None:
        yield f"next try    {_clock(one.next_s)}, in {seconds(one.next_s - story.now_s)}"
    if one.kind in ("failed", "told") and one.execution:
        yield f"to deliver  mando replay {one.execution}"
    if story.why is not None:
        yield f"why then    {story.why.words}"
        if story.why.line:
            yield f"            {story.why.file}:{story.why.line}: {story.why.name} is {story.why.value}"
        others = "1 waits" if story.others == 1 else f"{story.others or 'nobody else'} wait" + "s" * (not story.others)
        yield f"others      {others} for the same reason"


def _waterfall(story: Story) -> Iterator[str]:
    if not story.bars:
        yield "nothing was recorded of its way"
        return
    begin_s = min(bar.begin_s for bar in story.bars)
    end_s = max([bar.end_s or story.now_s for bar in story.bars] + [begin_s + 0.001])
    labels = [_label(bar) for bar in story.bars]
    width = min(_MOST_LABEL, max(map(len, labels)))
    for bar, label in zip(story.bars, labels, strict=True):
        drawn = _drawn(bar, begin_s, end_s, story.now_s)
        lasts = seconds((bar.end_s or story.now_s) - bar.begin_s) + ("" if bar.end_s else " so far")
        yield f"{label[:width]:<{width}} {drawn} {_offset(bar.begin_s - begin_s):>9} {lasts}".rstrip()
        if bar.sentence:
            yield f"{'':<{width}} {bar.sentence}"
    yield f"{'':<{width}} █ work  ░ wait  ▓ error"


def _label(bar: Bar) -> str:
    place = f"  {bar.file.rpartition('/')[2]}:{bar.line}" if bar.line else ""
    return f"{bar.label}{place}"


def _drawn(bar: Bar, begin_s: float, end_s: float, now_s: float) -> str:
    scale = _WIDTH / (end_s - begin_s)
    first = min(_WIDTH - 1, int((bar.begin_s - begin_s) * scale))
    last = max(first + 1, min(_WIDTH, round(((bar.end_s or now_s) - begin_s) * scale)))
    return f"│{' ' * first}{_MARKS[bar.kind] * (last - first)}{' ' * (_WIDTH - last)}│"


def _tail(story: Story) -> Iterator[str]:
    if story.executions:
        yield ""
    for one in story.executions:
        replay = f", a replay of {one.original}" if one.original else ""
        yield f"execution {one.id}: {one.state}{replay}" + (f", {one.error}" if one.error else "")
    for task in story.tasks:
        status = f", the last answer {task.last_status}" if task.last_status is not None else ""
        due = f", due {_clock(task.next_s)}" if task.next_s is not None and task.next_s > story.now_s else ""
        yield f"task {task.name.rpartition('/')[2]} in {task.queue}: {task.attempts} attempts{status}{due}"
    for words in story.missing:
        yield f"not known: {words}"


def _clock(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _offset(seconds_in: float) -> str:
    return f"+{seconds(seconds_in)}"
