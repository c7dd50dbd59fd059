"""What Discord may send, and what the member then reads: over real HTTP, signed, under functions-framework.

Source: Discord, "Interaction Object", "Interaction Data", "Application Command Types", "Interaction Callback Type".
"""

import itertools
import json
from base64 import b64decode
from typing import Any

import pytest

import schemas
from tests.ingress.function import DISCORD, RecordingQueue
from tests.interactions import an_interaction

Json = dict[str, Any]

_NUMBERS = itertools.count(1)
EMOJI = "<:mandala:1310000000000000001>"


def fresh(**options: Any) -> Json:
    """An interaction that nobody has sent yet, of a member who has not asked yet."""
    number = next(_NUMBERS)
    return an_interaction(str(1330000000000000000 + number), user=str(7000 + number), **options)


def told(url: str, interaction: object) -> str:
    """The words that only the member sees."""
    answer = DISCORD.post(url, interaction)
    assert (answer.status_code, answer.json()["type"], answer.json()["data"]["flags"]) == (200, 4, 64), answer.text
    words: str = answer.json()["data"]["content"]
    assert 0 < len(words) <= 2000
    return words


def requested(url: str, interaction: Json) -> Json:
    """The request that the queue then holds for the interaction."""
    answer = DISCORD.post(url, interaction)
    assert (answer.status_code, answer.json()) == (200, {"type": 5}), answer.text
    (task,) = [task for name, task in RecordingQueue.tasks.items() if name.endswith(f"-{interaction['id']}")]
    body = b64decode(task["httpRequest"]["body"])  # type: ignore[index]
    argument = json.loads(body)["argument"]
    assert len(argument.encode()) <= 4096
    request: Json = schemas.check("request", json.loads(argument))
    return request


def without(interaction: Json, *names: str) -> Json:
    return {name: value for name, value in interaction.items() if name not in names}


@pytest.mark.parametrize(
    "interaction",
    [
        an_interaction(command="dance"),
        {**an_interaction(), "type": 3, "data": {"custom_id": "mando", "component_type": 3}, "message": {"id": "1"}},
        {"type": 5, "data": {"custom_id": "mando", "components": []}},
        {"type": 6},
        {"type": 77},
        {"type": "2"},
        {"type": None},
        {"type": [2]},
        {},
        {"type": 2},
        {"type": 2, "data": []},
        {"type": 2, "data": {"name": 5}},
        {**an_interaction(), "data": {}},
        {**an_interaction(), "data": {"name": "mando", "type": 2, "target_id": "42", "resolved": {"users": {}}}},
        {**an_interaction(), "data": {"name": "mando", "type": 3, "target_id": "42", "resolved": {"messages": {}}}},
        {**an_interaction(), "data": {"name": "mando", "type": 4}},
        {**an_interaction(), "data": {"name": "mando", "type": "1"}},
    ],
    ids=lambda one: json.dumps({"type": one.get("type"), "data": one.get("data")})[:60],
)
def test_what_is_no_slash_command_of_ours_gets_a_message_that_only_the_member_sees(url: str, interaction: Json) -> None:
    before = len(RecordingQueue.tasks)
    assert "/mando" in told(url, interaction)
    assert len(RecordingQueue.tasks) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", 5),
        ("id", "../1"),
        ("application_id", None),
        ("token", None),
        ("token", "\ud800"),
        ("token", "../../x"),
        ("member", None),
        ("member", {}),
        ("member", {"user": {"id": "me"}}),
    ],
    ids=str,
)
def test_a_command_without_what_discord_always_sends_is_still_answered(url: str, field: str, value: object) -> None:
    interaction = {**fresh(), field: value}
    assert "Something went wrong on my side" in told(url, interaction)
    assert interaction["token"] is None or interaction["token"] not in told(url, interaction)


@pytest.mark.parametrize("null", [{}, {"user": None}, {"user": {}}, {"user": 5}], ids=str)
def test_in_a_server_the_member_asks(url: str, null: Json) -> None:
    interaction = fresh()
    assert requested(url, {**interaction, **null})["user_id"] == interaction["member"]["user"]["id"]


@pytest.mark.parametrize(
    "null",
    [{}, {"member": None}, {"member": {}}, {"member": {"user": None}}, {"guild_id": None, "guild": None}],
    ids=str,
)
def test_in_a_direct_message_the_user_asks(url: str, null: Json) -> None:
    interaction = without(fresh(), "member", "guild_id", "guild_locale") | {"context": 1, "user": {"id": "99"}}
    assert requested(url, {**interaction, **null, "user": {"id": interaction["id"]}})["user_id"] == interaction["id"]


def test_both_a_member_and_a_user_is_the_member(url: str) -> None:
    interaction = fresh()
    assert requested(url, {**interaction, "user": {"id": "99"}})["user_id"] == interaction["member"]["user"]["id"]


@pytest.mark.parametrize("value", [None, 5, "", "…", "general", [], {}], ids=str)
def test_a_channel_that_is_no_channel_is_absent(url: str, value: object) -> None:
    assert requested(url, {**fresh(), "channel_id": value})["channel_id"] is None
    assert requested(url, without(fresh(), "channel_id"))["channel_id"] is None


@pytest.mark.parametrize("value", [None, 5, "", "x", "e" * 17, "en_US", [], {}], ids=str)
def test_a_locale_that_is_no_locale_is_absent(url: str, value: object) -> None:
    assert requested(url, {**fresh(), "locale": value})["locale"] == "en-US"
    assert requested(url, without(fresh(), "locale"))["locale"] == "en-US"
    assert requested(url, fresh())["locale"] == "en-GB"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2, "new": {"deep": [{"er": None}]}},
        {"version": None, "entitlements": None, "guild_id": None, "guild_locale": None, "app_permissions": None},
        {"context": 0, "authorizing_integration_owners": {"0": "0", "1": "42"}, "attachment_size_limit": 2**40},
        {"context": 1, "authorizing_integration_owners": {"1": "42"}},
        {"context": 2, "authorizing_integration_owners": {"1": "42"}, "guild_id": None},
        {"channel": {"id": "1", "type": 3, "name": None, "last_message_id": None}, "guild": {"features": []}},
        {"entitlements": [{"id": "1", "sku_id": "2", "type": 8, "deleted": False}]},
    ],
    ids=str,
)
def test_fields_that_we_do_not_use_change_nothing(url: str, change: Json) -> None:
    assert requested(url, {**fresh(words="cat"), **change})["options"] == {"words": "cat"}


def test_ids_may_be_as_large_as_64_bits_go(url: str) -> None:
    interaction = {**fresh(), "id": str(2**64 - 1), "channel_id": str(2**64 - 1)}
    request = requested(url, interaction)
    assert (request["interaction_id"], request["channel_id"]) == (str(2**64 - 1),) * 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"options": None},
        {"options": []},
        {"options": {}},
        {"options": "words"},
        {"options": [None, 5, "words", [], {}]},
        {"options": [{"name": "words", "type": 3}]},
        {"options": [{"name": "words", "type": 3, "value": None}]},
        {"options": [{"name": 5, "type": 3, "value": "x"}]},
        {"options": [{"name": "size", "type": 4, "value": 5}, {"name": "url", "type": 3, "value": "http://x"}]},
        {"options": [{"name": "draw", "type": 1, "options": [{"name": "words", "type": 3, "value": "x"}]}]},
        {"options": [{"name": "word" * 9, "type": 3, "value": "x"}] * 40},
        {"resolved": None, "guild_id": None, "type": None, "target_id": None},
    ],
    ids=str,
)
def test_options_that_are_absent_or_not_ours_leave_the_choice_to_us(url: str, data: Json) -> None:
    interaction = fresh()
    interaction["data"] = {"id": "1", "name": "mando", "type": 1, **data}
    assert requested(url, interaction)["options"] == {}


def test_an_option_that_is_focused_or_stands_there_twice_counts_once(url: str) -> None:
    interaction = fresh()
    words = [{"name": "words", "type": 3, "value": word, "focused": True} for word in ("a", "b")]
    interaction["data"]["options"] = words
    assert requested(url, interaction)["options"] == {"words": "b"}


@pytest.mark.parametrize("value", [3, 24, 6.0, "6", " 12 "], ids=repr)
def test_a_symmetry_is_a_whole_number_however_it_is_spelt(url: str, value: object) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "symmetry", "type": 4, "value": value}]
    assert requested(url, interaction)["options"] == {"symmetry": int(float(str(value)))}


@pytest.mark.parametrize(
    "value",
    [2, 25, 0, -6, 99, 6.5, 1e300, 10**400, 2**53 + 1, "", "six", "9" * 5000, True, [], {}],
    ids=lambda v: repr(v)[:20],
)
def test_a_symmetry_that_cannot_be_drawn_is_said_at_once(url: str, value: object) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "symmetry", "type": 4, "value": value}]
    assert "a number from 3 to 24" in told(url, interaction)


@pytest.mark.parametrize("value", ["", "Ocean Blue", "../x", "x" * 6000, "Änne", "\ud800", 5, True, [], {}], ids=ascii)
def test_a_palette_that_cannot_be_one_is_said_at_once(url: str, value: object) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "palette", "type": 3, "value": value}]
    assert "choose one of the list" in told(url, interaction)


@pytest.mark.parametrize(
    ("value", "variation"), [(0, None), (1, 1), ("999", 999), *((wrong, "said") for wrong in (-1, 1000, True, 1.5))]
)
def test_a_variation_is_a_whole_number_and_0_is_the_first_picture(url: str, value: object, variation: object) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "variation", "type": 4, "value": value}]
    if variation == "said":
        assert "a number from 0 to 999" in told(url, interaction)
    else:
        assert requested(url, interaction)["options"].get("variation") == variation


@pytest.mark.parametrize("value", [[], {}, ["cat"]], ids=repr)
def test_words_that_are_none_are_said_at_once(url: str, value: object) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "words", "type": 3, "value": value}]
    assert "cannot read these words" in told(url, interaction)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("my \n cat\x00", "my cat"),
        ("cafe\u0301", "café"),
        ("café", "café"),
        ("\ud800cat\udc00", "cat"),
        ("\u202ecat\u202c", "cat"),
        ("\u200bcat\ufeff", "cat"),
        (EMOJI, EMOJI),
        ("<@42> and <#7>", "<@42> and <#7>"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (7, "7"),
        (7.5, "7.5"),
    ],
    ids=ascii,
)
def test_words_that_look_alike_are_alike(url: str, value: object, words: str) -> None:
    interaction = fresh()
    interaction["data"]["options"] = [{"name": "words", "type": 3, "value": value}]
    assert requested(url, interaction)["options"] == {"words": words}


@pytest.mark.parametrize(
    "value", ["", " \t\n", "\x00\x1f", "\u200b\ufeff", "\u202e", "\u200d\ufe0f", "\ud800"], ids=ascii
)
def test_words_of_which_nothing_is_seen_are_no_words(url: str, value: str) -> None:
    assert requested(url, fresh(words=value))["options"] == {}


@pytest.mark.parametrize(
    "words",
    [EMOJI * 8, "x" * 201, "x" * 6000, "🪷" * 6000, "é" * 3000, "<@42> " * 900, "x" * 20_000],
    ids=lambda words: f"{len(words)} {words[:2]!a}",
)
def test_no_words_are_too_many_and_every_one_of_them_counts(url: str, words: str) -> None:
    first, again, other = (requested(url, fresh(words=one))["options"]["words"] for one in (words, words, words + "!"))
    assert first == again
    assert first != other
    assert len(first) <= 200
    assert first.startswith(words[:100])


def test_200_characters_pass_as_they_are(url: str) -> None:
    assert requested(url, fresh(words="x" * 200))["options"] == {"words": "x" * 200}


def test_the_longest_message_that_a_command_on_a_message_can_bring_is_answered(url: str) -> None:
    """Content of 4,000 and embeds of 6,000 characters, each spelt as two escapes."""
    interaction = fresh()
    message = {"content": "🪷" * 4000, "embeds": [{"description": "🪷" * 4096}, {"description": "🪷" * 1904}]}
    interaction["data"] = {"name": "Draw this", "type": 3, "target_id": "1", "resolved": {"messages": {"1": message}}}
    assert "/mando" in told(url, interaction)
