"""workflows/mando.yaml against steps that answer as scripted, in virtual time: what is repeated, told, not lost."""

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from local.workflows.effects import HttpFailure, HttpResponse
from tests.system.virtual import (
    DRAW,
    HANGS,
    HICCUP_WAITS_S,
    LIFE_S,
    LONGEST_WAIT_S,
    MESSAGE,
    MISTAKE_WAITS_S,
    PICTURE,
    SHOW,
    World,
    answering,
    failed,
    limited,
    ours,
    payload_of,
)


def test_when_all_goes_well_nothing_waits_and_at_most_five_steps_are_billed() -> None:
    world = World()
    assert world.run() == MESSAGE
    assert [path for path, _ in world.calls] == [DRAW, SHOW]
    assert world.calls[1][1]["picture"] == PICTURE
    assert (world.slept, world.tasks) == ([], [])
    assert (world.bill.internal, world.bill.external) == (5, 0)


@pytest.mark.parametrize("outage", [ours(503), HANGS])
def test_an_outage_of_drawing_is_waited_for_in_the_queue_and_told_in_time(outage: Any) -> None:
    """Each execution lives a minute at most; the tasks come until the time to tell is all that is left."""
    world = World(generate=[outage])
    assert failed(world, in_the_end=True).tags == (["TimeoutError"] if outage == HANGS else ["HttpError"])
    assert world.failures_told == ["unavailable"]
    assert LIFE_S - 200 < world.age_s < LIFE_S, "the token's life is used, and time to tell is kept"
    assert set(world.slept) == set(HICCUP_WAITS_S), "nothing else is waited for in an execution"
    waits_s = [round(task.waits_s, 2) for task in world.tasks]
    assert waits_s[:-1] == sorted(waits_s[:-1])
    assert waits_s[-2] == 0.75 * LONGEST_WAIT_S >= waits_s[-1], "the last one ends where the time to tell begins"
    assert world.executions < 30


@pytest.mark.parametrize("outage", [ours(503), HANGS, limited(30)])
def test_nothing_is_drawn_again_after_a_reply_had_to_wait(outage: Any) -> None:
    world = World(reply=[*[outage] * 20, MESSAGE])
    assert world.run_to_the_end() == MESSAGE
    assert (world.drawings, world.executions, len(world.tasks)) == (1, 1, 1)
    assert world.tasks[0].body == {"request": world.request, "picture": PICTURE, "failure": None}


def test_a_request_may_wait_for_its_drawing_and_then_for_its_reply() -> None:
    world = World(generate=[*[ours(503)] * 4, PICTURE], reply=[limited(40), ours(503), MESSAGE])
    assert world.run_to_the_end() == MESSAGE
    assert [task.queue.rpartition("/")[2] for task in world.tasks] == ["create-image-queue", "reply-discord-queue"]
    assert world.executions == 2


@pytest.mark.parametrize(
    ("where", "status", "told"),
    [
        ("generate", 422, ["undrawable"]),
        ("generate", 400, ["unavailable"]),
        ("generate", 403, ["unavailable"]),
        ("generate", 410, []),
        ("reply", 404, ["unavailable"]),
        ("reply", 410, []),
    ],
)
def test_what_stays_wrong_is_not_repeated_and_told_where_there_is_somebody(
    where: str, status: int, told: list[str]
) -> None:
    world = answering(where, [ours(status), MESSAGE if where == "reply" else PICTURE])
    error = failed(world)
    assert (error.tags, payload_of(error)["code"], payload_of(error)["body"]) == (
        ["HttpError"],
        status,
        ours(status)[1],
    )
    assert (world.slept, world.tasks, world.failures_told) == ([], [], told)


def test_the_first_error_is_the_executions_own_where_the_message_turns_out_to_be_gone() -> None:
    world = World(generate=[ours(400)], reply=[ours(410)])
    assert payload_of(failed(world))["code"] == 400
    assert world.failures_told == ["unavailable"]


def test_an_error_of_a_missing_reply_says_what_went_wrong_and_why_it_could_not_be_told() -> None:
    """Operators read it: without the cause nobody could mend it."""
    payload = payload_of(failed(World(generate=[ours(422)], reply=[ours(400)])))
    codes = {name: payload.pop(name)["code"] for name in ("cause", "reply_error")}
    assert codes == {"cause": 422, "reply_error": 400}
    message = "interaction 77 was acknowledged and got no reply"
    assert payload == {"message": message, "tags": ["NoReply"]}


def test_a_picture_that_discord_refuses_and_a_failure_message_too_are_both_in_the_error() -> None:
    payload = payload_of(failed(World(reply=[ours(404), ours(403)])))
    assert (payload["tags"], payload["cause"]["code"], payload["reply_error"]["code"]) == (["NoReply"], 404, 403)


@pytest.mark.parametrize("answer", [ours(500), "<html>", {"x": 1}])
def test_a_mistake_after_the_picture_may_have_been_shown_shows_it_again_and_draws_nothing(answer: Any) -> None:
    """An edit can be repeated: the same message shows the same picture."""
    world = World(reply=[answer, answer, answer, MESSAGE])
    assert world.run() == MESSAGE
    assert [body["picture"] for _, body in world.calls[1:]] == [PICTURE] * 4
    assert world.drawings == 1


JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}
SOMEBODY_ELSES = {
    "a proxy's page": HttpResponse(502, HTML, b"<html><h1>502 Bad Gateway</h1></html>"),
    "nothing at all": HttpResponse(503, {}, b""),
    "no JSON, though it says so": HttpResponse(503, JSON, b"<html>"),
    "JSON of nothing": HttpResponse(504, JSON, b""),
    "bytes": HttpResponse(502, {"Content-Type": "application/octet-stream"}, b"\xff\xfe"),
    "text that is no UTF-8": HttpResponse(502, {"Content-Type": "text/plain"}, b"\xff\xfe"),
    "a list": HttpResponse(429, JSON, b'[{"retry_after": 3}]'),
    "a text": HttpResponse(429, JSON, b'"retry_after"'),
    "null": HttpResponse(429, JSON, b"null"),
    "a limit in HTML": HttpResponse(429, {**HTML, "Retry-After": "3"}, b"<html>"),
    "a limit without a body": HttpResponse(429, {"Retry-After": "3"}, b""),
    "a page with 200": HttpResponse(200, HTML, b"<html>"),
    "200 of nothing": HttpResponse(200, {}, b""),
    "200 of empty JSON": HttpResponse(200, JSON, b""),
    "200 and a list": HttpResponse(200, JSON, b"[]"),
    "200 and null": HttpResponse(200, JSON, b"null"),
    "200 and a number": HttpResponse(200, JSON, b"1"),
    "200 and bytes": HttpResponse(200, {"Content-Type": "image/png"}, b"\x89PNG"),
    "no content": HttpResponse(204, {}, b""),
    "a redirection": HttpResponse(302, {**HTML, "Location": "/login"}, b"<html>"),
    "App Engine, when it is full": HttpResponse(500, HTML, b"<html>Error: Server Error</html>"),
}


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_whatever_somebody_on_the_way_answers_the_call_is_tried_again(name: str, where: str) -> None:
    """But for a drawing's 200: the step checks its own answer, and another call would bring the same."""
    answer = SOMEBODY_ELSES[name]
    if where == "generate" and answer.code < 400:
        world = World(generate=[answer])
        failed(world)
        assert (world.tasks, world.failures_told) == ([], ["unavailable"])
        return
    world = answering(where, [answer, answer, PICTURE if where == "generate" else MESSAGE])
    assert world.run() == MESSAGE
    assert tuple(world.slept) in (HICCUP_WAITS_S[:2], MISTAKE_WAITS_S[:2])


@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_whatever_somebody_on_the_way_goes_on_to_answer_the_member_is_told(name: str) -> None:
    world = World(generate=[SOMEBODY_ELSES[name]])
    failed(world, in_the_end=True)
    assert world.failures_told == ["unavailable"]
    assert world.age_s < LIFE_S


@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_a_failure_reply_too_is_told_again_after_whatever_answer(name: str) -> None:
    world = World(generate=[ours(422)], reply=[SOMEBODY_ELSES[name], MESSAGE])
    assert payload_of(failed(world))["code"] == 422
    for task in world.tasks:
        assert world.deliver(task) == MESSAGE
    assert world.failures_told == ["undrawable"] * 2


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=5), inside, max_size=2),
    max_leaves=4,
)


@given(asked=ANY_JSON | st.floats(-1, 1000))
@example(asked=1e308)
def test_no_retry_after_makes_the_workflow_fail(asked: Any) -> None:
    """A positive number is waited for, if the token's life leaves it; all else is no answer to how long."""
    world = World(reply=[limited(asked), MESSAGE])
    is_wait = isinstance(asked, int | float) and not isinstance(asked, bool) and asked > 0
    assume(not is_wait or not 747 <= asked <= 749.9)  # the most that can be waited for, give or take the calls before
    if is_wait and asked > 748:
        assert payload_of(failed(world))["code"] == 429
        assert (world.tasks, world.failures_told) == ([], ["unavailable"])
        return
    assert world.run() == {"waits_in": "execution-1-77"}
    assert world.tasks[0].waits_s == pytest.approx(min(asked * 1.25, 748.8) if is_wait else 1.5, abs=0.1)


PASSING: list[Any] = [ours(503), ours(408), ours(500), limited(5), ours(429), HANGS]
PASSING += [HttpFailure("ConnectionError", "reset"), SOMEBODY_ELSES["App Engine, when it is full"]]


@given(
    drawing=st.lists(st.sampled_from(PASSING), max_size=3),
    showing=st.lists(st.sampled_from(PASSING), max_size=3),
)
def test_after_up_to_three_failures_that_pass_of_each_step_the_picture_is_shown(
    drawing: list[Any], showing: list[Any]
) -> None:
    world = World(generate=[*drawing, PICTURE], reply=[*showing, MESSAGE])
    assert world.run_to_the_end() == MESSAGE
    assert world.failures_told == []
    assert world.drawings == len(drawing) + 1
    assert len(world.calls) == world.drawings + len(showing) + 1
