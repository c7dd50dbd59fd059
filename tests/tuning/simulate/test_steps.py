"""The steps alone, with the bucket and Discord that they call."""

from functools import partial
from typing import Any

from local.executions.engine.virtual import Agenda
from tests.tuning.simulate.builders import a_model, a_scenario, even, simulated
from tests.tuning.simulate.working import LOAD, Working, an_instance, run
from tuning.simulate.calls import Call
from tuning.simulate.discord import Answer, Discord
from tuning.simulate.instance import Instance
from tuning.simulate.measure import Measure
from tuning.simulate.processor import Processor
from tuning.simulate.request import Request
from tuning.simulate.scenario import calm
from tuning.simulate.storage import Storage


def test_a_picture_is_drawn_once() -> None:
    working = Working()
    assert [working.call("generate", at_s) for at_s in (0.0, 10.0, 20.0)] == [200, 200, 200]
    assert working.storage.calls == {"write": 1, "read": 0, "look": 2}


def test_for_a_fresh_request_nobody_looks() -> None:
    working = Working()
    assert [working.call("generate", at_s) for at_s in (0.0, 2.9)] == [200, 200]
    assert working.storage.calls == {"write": 2, "read": 0, "look": 0}


def test_a_workflow_that_says_the_number_of_its_attempt_is_of_a_time_when_that_counted() -> None:
    working = Working()
    for attempt, at_s, looks in ((1, 10.0, 0), (2, 10.5, 1)):
        call = Call(working.request, "generate", 1, at_s, lambda *_: None, None, attempt)
        working.agenda.add(at_s, partial(working.steps.perform, call, working.place, lambda _: None))
        run(working.agenda)
        assert working.storage.calls["look"] == looks


def test_a_picture_that_could_not_be_stored_is_drawn_again() -> None:
    working = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 503, ends: 10s}"))
    assert working.call("generate") == 503
    assert working.call("generate", at_s=20.0) == 200
    assert working.storage.calls == {"write": 2, "read": 0, "look": 1}


def test_a_write_that_takes_too_long_may_have_been_done() -> None:
    working = Working(a_scenario(LOAD, "{part: storage, kind: slow, median: 8s, max: 8s, ends: 1s}"))
    assert working.call("generate") == 503
    assert working.call("generate", at_s=20.0) == 200
    assert working.storage.calls["write"] == 1


def test_a_reply_is_shown_and_an_apology_replaces_nothing_else() -> None:
    working = Working()
    assert working.call("reply") == 200
    assert (working.request.shown, working.request.edited, working.request.posts) == ("pictures", True, 0)
    assert working.call("tell") == 200
    assert working.request.shown == "told"


def test_after_the_token_only_the_bot_shows_the_picture_and_twice_only_after_minutes() -> None:
    assert [Working().call(kind, at_s=901.0) for kind in ("reply", "tell")] == [410, 410]
    working = Working(steps__bot_token=1)
    assert working.call("tell", at_s=901.0) == 410
    for at_s, posts in ((902.0, 1), (960.0, 1), (1300.0, 2)):
        assert working.call("reply", at_s=at_s) == 200
        assert working.request.posts == posts
    assert working.request.shown == "late"


def test_a_picture_that_discord_shows_after_we_gave_up_is_shown() -> None:
    working = Working(a_scenario(LOAD, "{part: discord, kind: slow, median: 15s, max: 15s, ends: 1m}"))
    assert working.call("reply") == 503
    assert working.request.replied_s is None
    run(working.agenda)
    assert working.request.shown == "pictures"
    assert working.request.replied_s is not None
    assert 15 < working.request.replied_s < 16


def test_a_global_limit_holds_all_calls_of_the_process_back() -> None:
    working = Working(a_scenario(LOAD, "{part: discord, kind: rate_limit, retry_after: 30s, ends: 1s}"))
    assert [working.call("reply", at_s=at_s) for at_s in (0.0, 20.0, 40.0)] == [429, 429, 200]


def test_too_many_invalid_requests_ban_our_address() -> None:
    faults = a_scenario(LOAD, "{part: discord, kind: error, status: 403, ends: 10s}")
    discord = Discord(a_model(discord__most_invalid=3, discord__ban_s=100), faults, 1, 10.0)
    seen = [discord.call(at_s, 0, number, uploads=False)[1] for number, at_s in enumerate((1, 2, 3, 20, 102, 104))]
    refused, banned = Answer(403), Answer(429, is_page=True)
    assert seen[:5] == [refused, refused, refused, banned, banned]
    assert seen[5].status == 200


def test_more_writes_than_a_bucket_takes_are_slowed_down() -> None:
    storage = Storage(a_model(storage__writes_per_s=2), calm(LOAD), 1, 5.0)
    seconds = [storage.call("write", 100.0, number, 0)[0] for number in range(5)]
    assert [round(after - seconds[0], 3) for after in seconds] == [0, 0, 0.5, 1.0, 1.5]


def test_a_request_without_a_free_thread_waits_for_one() -> None:
    agenda = Agenda(0.0)
    instance, begun = an_instance(agenda, threads=2), list[int]()
    for number in range(3):
        instance.begin(lambda number=number: begun.append(number), 0.0)  # type: ignore[misc]
    assert begun == [0, 1]
    instance.end(1.0)
    assert begun == [0, 1, 2]
    assert instance.in_progress == 2


def test_uploads_fill_the_line_one_after_another() -> None:
    instance = Instance(
        0.0,
        started_s=0.0,
        processor=Processor(Agenda(0.0), 1.0, 1.0),
        processes=1,
        threads=1,
        bytes_per_s=100.0,
        connections_per_s=1.0,
    )
    assert [instance.upload_ends_s(at_s, 300.0) for at_s in (0.0, 1.0, 10.0)] == [3.0, 6.0, 13.0]
    assert instance.upload_ends_s(20.0, 1.0) == 21.0  # one connection a second


def test_two_messages_for_one_request_are_a_duplicate_and_break_the_promise() -> None:
    measure = Measure(Agenda(0.0), 1.0, 1, lambda _: False)
    for number, (edited, posts) in enumerate([(True, 0), (False, 1), (True, 1), (False, 2)]):
        request = Request(number, 0.0)
        measure.send(request)
        request.acknowledged, request.edited, request.posts, request.open = True, edited, posts, 1
        measure.release(request)
    assert measure.duplicates == 2


def test_retries_write_no_picture_twice() -> None:
    found: Any = simulated(even(5, 30), "{part: storage, kind: slow, median: 8s, max: 8s, ends: 10s}")
    assert found.calls_per_request.generate > 1.3
    assert found.cost_usd["storage_write"] * 200_000 == 150


def test_a_picture_that_is_sent_again_is_taken_for_a_later_one() -> None:
    request = Request(0, 100.0)
    for at_s, what, since_s in ((101.0, "told", 101.0), (110.0, "pictures", 110.0), (120.0, "pictures", 110.0)):
        request.show(what, at_s)  # type: ignore[arg-type]
        assert request.shown_s == since_s
    assert request.replied_s == 110.0
