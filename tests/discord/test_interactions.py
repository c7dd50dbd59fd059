"""An interaction is sent as Discord sends it, and its answer is read as Discord reads it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from local.discord.engine import delivery
from local.discord.engine.delivery import RESPOND_WITHIN_S, ByCallback, NotAnAnswer, Pong, read_answer
from local.discord.forms.answer import Deferred, Immediate, Unshown
from tests.discord.application import Interaction, Running, answering, json_values, local_discord, served

BUSY = {"type": 4, "data": {"content": "Too busy.", "flags": 64}}


async def test_the_application_gets_a_whole_signed_slash_command(here: Running) -> None:
    options = [{"name": "words", "value": "my cat"}, {"name": "symmetry", "value": 12}]
    outcome = await here.interact(data={"name": "mando", "options": options})
    (interaction,) = here.application.interactions
    assert interaction["id"] == outcome["id"]
    assert interaction["type"] == 2
    assert interaction["data"]["options"] == [
        {"name": "words", "type": 3, "value": "my cat"},
        {"name": "symmetry", "type": 4, "value": 12},
    ]
    identities = here.discord.identities
    assert interaction["application_id"] == identities.application_id
    assert interaction["member"]["user"]["id"] == identities.member_id
    assert interaction["authorizing_integration_owners"] == {"0": identities.guild_id}
    assert 190 <= len(interaction["token"]) <= 230
    assert here.application.headers[0]["User-Agent"].startswith("Discord-Interactions/")


async def test_a_deferred_answer_leaves_the_bot_thinking(here: Running) -> None:
    outcome = await here.interact()
    assert outcome["state"] == "acknowledged"
    assert outcome["acknowledged"]["status"] == 200
    assert 0 < outcome["acknowledged"]["ms"] < RESPOND_WITHIN_S * 1000
    (message,) = await here.messages()
    assert message["state"] == "thinking"
    assert message["flags"] == 128
    assert message["interaction"]["name"] == "mando"
    assert message["interaction_metadata"]["id"] == outcome["id"]


async def test_an_immediate_answer_is_shown_to_the_member_alone_if_it_says_so(here: Running) -> None:
    here.application.answer = answering(BUSY)
    await here.interact()
    (message,) = await here.messages()
    assert (message["state"], message["content"], message["flags"]) == ("replied", "Too busy.", 64)


async def test_a_deferred_answer_that_is_ephemeral_stays_so_whatever_the_edit_says(here: Running) -> None:
    here.application.answer = answering({"type": 5, "data": {"flags": 64}})
    await here.interact()
    status, message = await here.call("PATCH", here.reply_url, json={"content": "done", "flags": 0})
    assert (status, message["flags"]) == (200, 64)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (answering({"type": 5}, status=500), "status 500, expected 200"),
        (answering({"type": 5}, status=201), "status 201, expected 200"),
        (answering({"type": 5}, content_type="text/plain"), "content type text/plain"),
        (answering({"type": 1}), "no answer to a command"),
        (answering({"type": 6}), "no answer to a command"),
        (answering([]), "no answer to a command"),
        (answering({"type": 4}), "Only dictionaries"),
        (answering({"type": 4, "data": {}}), "empty message"),
        (answering({"type": 4, "data": {"content": "x" * 2001}}), "2000 or fewer"),
    ],
)
async def test_any_other_answer_is_no_answer(here: Running, answer: Any, problem: str) -> None:
    here.application.answer = answer
    outcome = await here.interact()
    assert outcome["state"] == "failed"
    assert problem in outcome["deliveries"][0]["problem"]
    (message,) = await here.messages()
    assert (message["state"], message["flags"]) == ("failed", 64)


async def test_an_answer_after_3_seconds_is_none_and_the_token_is_void(here: Running) -> None:
    late = asyncio.Event()

    async def answer(_: Interaction) -> web.Response:
        await late.wait()
        return web.json_response({"type": 5})

    here.application.answer = answer
    outcome = await here.interact()
    late.set()
    assert outcome["state"] == "failed"
    assert outcome["deliveries"][0]["ms"] >= 3000
    assert outcome["deliveries"][0]["problem"] == "no answer within 3 s"
    assert await here.call("PATCH", here.reply_url, json={"content": "late"}) == (
        404,
        {"message": "Unknown Webhook", "code": 10015},
    )


async def test_an_application_that_is_not_there_did_not_respond(here: Running) -> None:
    here.discord.ingress_url = "http://127.0.0.1:1/"
    outcome = await here.interact()
    assert outcome["state"] == "failed"
    assert outcome["acknowledged"]["status"] is None


async def test_several_deliveries_of_one_interaction_make_one_message(here: Running) -> None:
    outcome = await here.interact(deliveries=3)
    assert len(here.application.interactions) == len(outcome["deliveries"]) == 3
    assert len({json.dumps(one) for one in here.application.interactions}) == 1
    assert len(await here.messages()) == 1


async def test_one_usable_answer_among_several_deliveries_is_enough(here: Running) -> None:
    async def answer(_: Interaction) -> web.Response:
        first = len(here.application.interactions) == 1
        return web.Response(status=500) if first else web.json_response({"type": 5})

    here.application.answer = answer
    assert (await here.interact(deliveries=2))["state"] == "acknowledged"


async def test_an_interaction_can_be_delivered_again_later_and_nothing_new_is_shown(here: Running) -> None:
    first = await here.interact()
    here.application.answer = answering(BUSY)
    again = await here.interact(interaction_id=first["id"])
    assert here.application.interactions[0] == here.application.interactions[1]
    assert again["messages"] == first["messages"]


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ({"data": {"name": "mandala"}}, 404, 10063),
        ({"data": {"name": "mando", "options": [{"name": "size", "value": 1}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "words", "value": "x" * 201}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "words", "value": "\udfff"}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "symmetry", "value": 13}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "symmetry", "value": "12"}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "variation", "value": 1000}]}}, 400, 50035),
        ({"data": {"name": "mando", "options": [{"name": "words", "value": "a"}] * 2}}, 400, 50035),
        ({"data": {"name": "mando"}, "deliveries": 11}, 400, 50035),
        ({"interaction_id": "12"}, 404, 10062),
        ({}, 400, 50035),
    ],
)
async def test_what_no_client_of_discord_could_send_never_reaches_the_application(
    here: Running, call: dict[str, Any], status: int, code: int
) -> None:
    answered, body = await here.call("POST", f"{here.api}/interactions", json=call)
    assert (answered, body["code"]) == (status, code)
    assert not here.application.interactions


@pytest.fixture
async def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """A local Discord that waits for answers as long as a slow machine needs."""
    monkeypatch.setattr(delivery, "RESPOND_WITHIN_S", 30.0)
    async with local_discord(tmp_path) as running:
        yield running


async def test_an_answer_that_comes_in_parts_is_read_only_to_the_end_of_the_first(patient: Running) -> None:
    """However the network cuts it; beyond 1 MiB it is none."""

    def in_parts(*parts: bytes) -> Any:
        async def answer(_: Interaction) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(here_is[0])
            for part in parts:
                await response.write(part)
                await asyncio.sleep(0.01)
            return response

        return answer

    here_is: list[web.Request] = []
    handle = patient.application.handle
    filler = b" " * (1024 * 1024 - len(b'{"type": 5}'))

    async def noted(request: web.Request) -> web.StreamResponse:
        here_is[:] = [request]
        return await handle(request)

    async with served([web.post("/", noted)]) as url:
        patient.discord.ingress_url = url
        for parts, state in (
            ((b'{"type"', b": ", b"5}"), "acknowledged"),
            ((b'{"type": 5', filler, b"}"), "acknowledged"),
            ((b'{"type": 5', filler, b" }"), "failed"),
        ):
            patient.application.answer = in_parts(*parts)
            outcome = await patient.interact()
            assert outcome["state"] == state, outcome["deliveries"]


async def test_deliveries_wait_for_each_other(patient: Running) -> None:
    """Each has a connection of its own, however many there are."""
    everybody = asyncio.Barrier(110)

    async def answer(_: Interaction) -> web.Response:
        await everybody.wait()
        return web.json_response({"type": 5})

    patient.application.answer = answer
    outcomes = await asyncio.gather(*(patient.interact(deliveries=10) for _ in range(11)))
    assert [one["state"] for one in outcomes] == ["acknowledged"] * 11


async def test_a_form_of_another_site_cannot_use_a_command(here: Running) -> None:
    body = json.dumps({"data": {"name": "mando"}})
    headers = {"Content-Type": "text/plain"}
    status, _ = await here.call("POST", f"{here.api}/interactions", data=body, headers=headers)
    assert status == 415
    assert not here.application.interactions


@given(
    st.integers(100, 599), st.sampled_from(["application/json", "text/html"]), st.binary() | st.text().map(str.encode)
)
def test_whatever_is_answered_is_read_or_refused(status: int, content_type: str, body: bytes) -> None:
    with contextlib.suppress(NotAnAnswer):
        read = read_answer(status, content_type, body)
        assert isinstance(read, Pong | ByCallback | Deferred | Immediate | Unshown)


@given(st.fixed_dictionaries({"type": st.integers(0, 10) | json_values, "data": json_values}))
def test_whatever_json_is_answered_is_read_or_refused(answer: Any) -> None:
    with contextlib.suppress(NotAnAnswer):
        read = read_answer(200, "application/json", json.dumps(answer).encode())
        assert isinstance(read, Pong | Deferred | Immediate | Unshown)
