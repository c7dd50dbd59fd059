"""Each schema and the class beside it say the same: what one takes the other holds, and gives back as it came."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

import schemas
from schemas.error import Error, Kind
from schemas.interaction import Interaction
from schemas.limits import Limits
from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Options, Request
from tests.interactions import a_request, an_interaction
from tests.servers import ROOT

PICTURE = {"object": f"pictures/{'0' * 32}.png", "title": "t", "description": "d", "colour": 1}
CLASSES = (Error, Interaction, Limits, Message, Options, Picture, Reply, Request)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "schemas" / f"{name}.json").read_text())
    return found


def names_of(kind: type) -> set[str]:
    return {one.name for one in dataclasses.fields(kind)}


def test_a_field_that_only_the_schema_or_only_the_class_has_is_seen() -> None:
    assert names_of(Request) == schema("request")["properties"].keys()
    assert names_of(Options) == schema("request")["properties"]["options"]["properties"].keys()
    assert names_of(Picture) == schema("picture")["properties"].keys()
    assert names_of(Message) == schema("message")["properties"].keys()
    assert names_of(Interaction) == schema("interaction")["properties"].keys()
    parts = schema("limits")["properties"].values()
    assert names_of(Limits) == {name for part in parts for name in part["properties"]}


def test_a_word_of_a_closed_set_that_only_one_of_them_knows_is_seen() -> None:
    assert {*get_args(Failure), None} == set(schema("reply")["properties"]["failure"]["enum"])
    assert set(get_args(Kind)) == {one["const"] for one in schema("error")["properties"]["kind"]["oneOf"]}


@pytest.mark.parametrize(
    "options", [{}, {"words": "a"}, {"symmetry": 3}, {"words": "a", "symmetry": 24, "palette": "b"}]
)
@pytest.mark.parametrize("channel_id", ["5", None])
def test_a_request_is_passed_on_as_it_came(options: dict[str, Any], channel_id: str | None) -> None:
    value = {**a_request().to_json(), "options": options, "channel_id": channel_id}
    assert Request.from_json(value).to_json() == value


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [("2026-01-01T12:00:00Z", 0), ("2026-01-01T12:00:00.5Z", 500_000), ("2026-01-01T12:00:00.000001Z", 1)],
)
def test_an_instant_is_read_in_each_of_its_spellings(text: str, microsecond: int) -> None:
    request = Request.from_json({**a_request().to_json(), "received_at": text})
    assert request.received_at == datetime(2026, 1, 1, 12, 0, 0, microsecond, UTC)
    assert request.to_json()["received_at"] == f"2026-01-01T12:00:00.{microsecond:06}Z"


@pytest.mark.parametrize("name", ["received_at", "expires_at"])
@pytest.mark.parametrize(
    "wrap", [Request.from_json, lambda value: Reply.from_json({"request": value, "failure": "undrawable"})]
)
def test_an_instant_of_no_calendar_is_named(name: str, wrap: Callable[[Any], object]) -> None:
    with pytest.raises(schemas.SchemaError, match=f"request.{name} is in no calendar"):
        wrap({**a_request().to_json(), name: "2026-02-30T00:00:00Z"})


def test_a_reply_holds_its_picture_or_the_reason_why_there_is_none() -> None:
    request = a_request()
    with_picture = Reply.from_json({"request": request.to_json(), "picture": PICTURE})
    assert with_picture == Reply(request, Picture.from_checked(PICTURE))
    assert isinstance(with_picture.result, Picture)
    assert with_picture.result.to_json() == PICTURE
    assert Reply.from_json({"request": request.to_json(), "failure": "undrawable"}) == Reply(request, "undrawable")
    assert with_picture.interaction_id == request.interaction_id


def test_what_the_steps_answer_fits_its_schema() -> None:
    for error in (Error("discord", 429, "m", 0.5), Error("mistake", 500, "m")):
        value = error.to_json()
        assert schemas.check("error", value) == value
        assert ("retry_after" in value) == (error.retry_after_s is not None)
    assert schemas.check("message", Message("9").to_json()) == {"message_id": "9"}


def test_of_an_interaction_the_token_is_not_shown() -> None:
    interaction = Interaction.from_json(an_interaction())
    assert interaction.token.reveal() == an_interaction()["token"]
    assert an_interaction()["token"] not in repr(interaction)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_what_was_checked_stays_as_it_was(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert not hasattr(object.__new__(kind), "__dict__")


@pytest.mark.parametrize("read", [Request.from_json, Reply.from_json, Interaction.from_json, Limits.from_json])
@pytest.mark.parametrize("value", [None, [], {}, "x", {"request": {}}])
def test_what_does_not_fit_makes_none(read: Callable[[object], object], value: object) -> None:
    with pytest.raises(schemas.SchemaError):
        read(value)
