"""The workflow fails although every call is answered well: nothing else of it can be looked at."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE, REPLY
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place


def find(subject: Subject) -> Iterator[Found]:
    if not subject.has_workflow:
        return
    good = subject.good
    if good.missing:  # another rule says so
        return
    refused = next((call for call in good.calls if not call.is_good), None)
    if refused is not None:
        what = f"the steps refuse the call of {refused.path}: its address, method, headers, auth or body are wrong"
        yield Found(subject.step_place(refused.step), what)
    elif good.error is not None:
        where = subject.step_place(good.failed) if good.failed is not None else Place(subject.file)
        yield Found(where, f"the workflow fails although every call is answered well: {good.error}")
    elif not good.has_ended:
        yield Found(Place(subject.file), "the workflow does not end although every call is answered well")
    elif missing := [path for path in (GENERATE, REPLY) if not good.made(path)]:
        yield Found(Place(subject.file), f"the workflow ends without a call of {' and '.join(missing)}")


RULE = Rule(
    "good-path",
    "error",
    "the workflow does not deliver a picture although every call is answered well",
    "no member gets a picture",
    "run `mando up` and see the failed execution; the steps say what they expect in schemas/",
    find,
)
