"""Modals: a form that an application opens, what a member may write into it, and what the application is told."""

import contextlib
from typing import Any

import pytest
from hypothesis import given

from local.discord.errors import DiscordError, NotImitated
from local.discord.forms.answer import AUTOCOMPLETE, MODAL_SUBMIT, Question, parse_answer
from local.discord.forms.modal import Modal, parse_modal, submitted
from tests.discord.application import Running, answering, json_values
from tests.discord.test_callback import calling_back
from tests.discord.test_components import AGAIN, press, rows
from tests.discord.test_form_limits import errors_of, x

COLOURS = [{"label": "Rose", "value": "rose"}, {"label": "Teal", "value": "teal"}]
WORDS = {"type": 4, "custom_id": "words", "style": 1}
MENU = {"type": 3, "custom_id": "colour", "options": COLOURS}
MODAL: dict[str, Any] = {
    "custom_id": "form",
    "title": "Feedback",
    "components": [
        {"type": 10, "content": "Tell us"},
        {"type": 18, "label": "Words", "description": "A few", "component": WORDS | {"min_length": 2}},
        {"type": 1, "components": [WORDS | {"custom_id": "more", "label": "More", "required": False}]},
        {"type": 18, "label": "Colour", "component": MENU},
    ],
}


async def submit(here: Running, opener: dict[str, Any], **values: Any) -> tuple[int, Any]:
    body = {"type": 5, "data": {"id": opener["id"], "custom_id": "form", "components": values}}
    return await here.call("POST", f"{here.api}/interactions", json=body)


async def test_a_modal_is_opened_filled_in_and_answered(here: Running) -> None:
    """Source: Discord, "Modal Submit Data Structure", "Message Interaction Metadata Object"."""
    here.application.answer = answering({"type": 9, "data": MODAL})
    opened = await here.interact()
    assert (opened["state"], opened["messages"], opened["modal"]["title"]) == ("acknowledged", [], "Feedback")
    here.application.answer = answering({"type": 4, "data": {"content": "thanks"}})
    status, outcome = await submit(here, opened, words="my cat", colour=["teal"])
    assert (status, outcome["state"]) == (200, "acknowledged")
    assert here.application.interactions[-1]["data"] == {
        "custom_id": "form",
        "components": [
            {"type": 10, "id": 1},
            {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": "words", "value": "my cat"}},
            {"type": 1, "id": 4, "components": [{"type": 4, "id": 5, "custom_id": "more", "value": ""}]},
            {"type": 18, "id": 6, "component": {"type": 3, "id": 7, "custom_id": "colour", "values": ["teal"]}},
        ],
    }
    (message,) = outcome["messages"]
    assert (message["type"], message["interaction"]["name"]) == (20, "mando")
    metadata = message["interaction_metadata"]
    assert (metadata["type"], metadata["triggering_interaction_metadata"]["id"]) == (5, opened["id"])


async def test_a_modal_of_a_button_updates_its_message(here: Running) -> None:
    here.application.answer = answering({"type": 4, "data": {"content": "ask"} | rows([AGAIN])})
    (message,) = (await here.interact())["messages"]
    calling_back(here, {"type": 9, "data": MODAL}, query="?with_response=true")
    _, opened = await press(here, message, "again")
    here.application.answer = answering({"type": 7, "data": {"content": "asked"}})
    await submit(here, opened, words="my cat", colour=["teal"])
    assert here.application.interactions[-1]["message"]["id"] == message["id"]
    assert [one["content"] for one in await here.messages()] == ["asked"]


@pytest.mark.parametrize(
    "values",
    [
        {"colour": ["teal"]},
        {"words": "x", "colour": ["teal"]},
        {"words": "my cat"},
        {"words": "my cat", "colour": ["x"]},
    ],
)
async def test_a_modal_that_is_not_filled_in_is_sent(here: Running, values: dict[str, Any]) -> None:
    here.application.answer = answering({"type": 9, "data": MODAL})
    status, body = await submit(here, await here.interact(), **values)
    assert (status, body["code"], len(here.application.interactions)) == (400, 50035, 1)


async def test_what_opened_no_modal_is_submitted(here: Running) -> None:
    status, body = await submit(here, await here.interact(), words="x")
    assert (status, body["code"]) == (404, 10062)
    assert 9 not in Question(MODAL_SUBMIT).answers(), "a modal opens no modal"


def test_a_field_that_must_be_filled_in_stays_empty() -> None:
    with pytest.raises(DiscordError):
        submitted(parse_modal(in_modal(), ()), {})
    submitted(parse_modal(in_modal(required=False, min_length=2), ()), {})


def in_modal(**more: Any) -> dict[str, Any]:
    return MODAL | {"components": [{"type": 18, "label": "L", "component": WORDS | more}]}


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        (MODAL | {"title": x(45)}, MODAL | {"title": x(46)}, "title"),
        (MODAL | {"custom_id": x(100)}, MODAL | {"custom_id": x(101)}, "custom_id"),
        (MODAL, MODAL | {"components": []}, "components"),
        (MODAL, MODAL | {"components": [MODAL["components"][0]] * 6}, "components"),
        (MODAL, MODAL | {"components": [AGAIN]}, "components.0.type"),
        (in_modal(), in_modal(type=2), "components.0.component.type"),
        (in_modal(style=2), in_modal(style=3), "components.0.component.style"),
        (in_modal(placeholder=x(100)), in_modal(placeholder=x(101)), "components.0.component.placeholder"),
        (in_modal(max_length=4000), in_modal(max_length=4001), "components.0.component.max_length"),
    ],
)
def test_a_modal_at_its_limit_is_refused_or_one_above_it_taken(right: Any, wrong: Any, path: str) -> None:
    """Source: Discord, "Interaction Callback Data Structure: Modal", "Text Input"."""
    assert isinstance(parse_modal(right, ()), Modal)
    with pytest.raises(DiscordError) as caught:
        parse_modal(wrong, ())
    node = errors_of(caught.value)
    for step in path.split("."):
        assert list(node) == [step]
        node = node[step]


@pytest.mark.parametrize("kind", [5, 6, 7, 8, 19, 21, 22, 23])
def test_a_field_of_a_modal_that_cannot_be_shown_is_dropped_silently(kind: int) -> None:
    with pytest.raises(NotImitated) as caught:
        parse_modal(in_modal(type=kind), ())
    assert f"type {kind}" in caught.value.sentence


@given(json_values, json_values)
def test_whatever_an_application_answers_is_read_or_refused(value: Any, inner: Any) -> None:
    label = {"type": 18, "label": "c"} | as_object(inner)
    fields = {"choices": [inner], "custom_id": "a", "title": "b", "components": [label]}
    for kind, question in ((7, Question(on_message=True)), (8, Question(AUTOCOMPLETE, 10)), (9, Question())):
        for data in (value, fields | as_object(value), {"components": [{"type": 1, "components": [inner]}]}):
            with contextlib.suppress(DiscordError):
                parse_answer({"type": kind, "data": data}, question)


def as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"component": value}
