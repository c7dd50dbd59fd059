"""Each limit of a message and of an embed: at it a form is taken and read whole, above it refused by its path."""

from typing import Any

import pytest

from local.discord.errors import DiscordError, NotImitated
from local.discord.forms.answer import Immediate, Unshown, parse_answer
from local.discord.forms.form import (
    ANSWER,
    CREATE,
    EDIT,
    EDIT_REPLY,
    FOLLOW_UP,
    Call,
    Form,
    ListedFile,
    parse_deferred_flags,
    parse_form,
)

EVERY: dict[str, Call] = {
    "create": CREATE,
    "edit": EDIT,
    "follow_up": FOLLOW_UP,
    "edit_reply": EDIT_REPLY,
    "answer": ANSWER,
}
FIELD = {"name": "n", "value": "v"}


def errors_of(error: DiscordError) -> Any:
    return error.body["errors"]


def x(count: int) -> str:
    return "x" * count


def in_embed(**more: Any) -> dict[str, Any]:
    return {"embeds": [more]}


# Path → a form at the limit, a form above it, and the code of the refusal.  Source: Discord, "Create Message", "Embed
# Limits", "Attachment Request Structure", "Allowed Mentions Object".
LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("content", {"content": x(2000)}, {"content": x(2001)}, "BASE_TYPE_MAX_LENGTH"),
    ("embeds", {"embeds": [{"title": "t"}] * 10}, {"embeds": [{"title": "t"}] * 11}, "BASE_TYPE_MAX_LENGTH"),
    ("embeds.0.title", in_embed(title=x(256)), in_embed(title=x(257)), "BASE_TYPE_MAX_LENGTH"),
    ("embeds.0.description", in_embed(description=x(4096)), in_embed(description=x(4097)), "BASE_TYPE_MAX_LENGTH"),
    ("embeds.0.color", in_embed(color=0xFFFFFF), in_embed(color=0x1000000), "NUMBER_TYPE_MAX"),
    ("embeds.0.color", in_embed(color=0), in_embed(color=-1), "NUMBER_TYPE_MIN"),
    ("embeds.0.footer.text", in_embed(footer={"text": x(2048)}), in_embed(footer={"text": x(2049)}), ""),
    ("embeds.0.author.name", in_embed(author={"name": x(256)}), in_embed(author={"name": x(257)}), ""),
    ("embeds.0.fields", in_embed(fields=[FIELD] * 25), in_embed(fields=[FIELD] * 26), ""),
    (
        *("embeds.0.fields.0.name", in_embed(fields=[FIELD | {"name": x(256)}])),
        *(in_embed(fields=[FIELD | {"name": x(257)}]), "BASE_TYPE_BAD_LENGTH"),
    ),
    (
        *("embeds.0.fields.0.value", in_embed(fields=[FIELD | {"value": x(1024)}])),
        *(in_embed(fields=[FIELD | {"value": x(1025)}]), "BASE_TYPE_BAD_LENGTH"),
    ),
    (
        *("embeds.0.fields.0.name", in_embed(fields=[FIELD | {"name": " x "}])),
        *(in_embed(fields=[FIELD | {"name": "  "}]), "BASE_TYPE_BAD_LENGTH"),
    ),
    (
        *("embeds.0.fields.0.value", in_embed(fields=[FIELD])),
        *(in_embed(fields=[FIELD | {"value": ""}]), "BASE_TYPE_BAD_LENGTH"),
    ),
    (
        *("embeds.0.fields.0.name", in_embed(fields=[FIELD])),
        *(in_embed(fields=[{"value": "v"}]), "BASE_TYPE_REQUIRED"),
    ),
    (
        *("embeds.0.timestamp", in_embed(timestamp="2026-11-25T20:00:00." + "0" * 6 + "+00:00")),
        *(in_embed(timestamp=x(65)), "BASE_TYPE_MAX_LENGTH"),
    ),
    ("embeds.0.url", in_embed(url="https://a/" + x(2038)), in_embed(url="https://a/" + x(2039)), ""),
    ("flags", {"flags": (1 << 13) - 1}, {"flags": 1 << 31}, "NUMBER_TYPE_MAX"),
    ("flags", {"flags": 0}, {"flags": -1}, "NUMBER_TYPE_MIN"),
    ("attachments", {"attachments": [{"id": 0}] * 10}, {"attachments": [{"id": 0}] * 11}, "BASE_TYPE_MAX_LENGTH"),
    ("attachments.0.id", {"attachments": [{"id": "9" * 20}]}, {"attachments": [{"id": "9" * 21}]}, ""),
    ("attachments.0.id", {"attachments": [{"id": 0}]}, {"attachments": [{}]}, "BASE_TYPE_REQUIRED"),
    (
        *("attachments.0.filename", {"attachments": [{"id": 0, "filename": x(1024)}]}),
        *({"attachments": [{"id": 0, "filename": x(1025)}]}, "BASE_TYPE_BAD_LENGTH"),
    ),
    (
        *("attachments.0.filename", {"attachments": [{"id": 0, "filename": "x"}]}),
        *({"attachments": [{"id": 0, "filename": ""}]}, "BASE_TYPE_BAD_LENGTH"),
    ),
    *(
        (
            f"attachments.0.{name}",
            {"attachments": [{"id": 0, name: x(1024)}]},
            {"attachments": [{"id": 0, name: x(1025)}]},
            "BASE_TYPE_MAX_LENGTH",
        )
        for name in ("title", "description")
    ),
    *(
        (
            f"allowed_mentions.{kind}",
            {"allowed_mentions": {kind: ["1"] * 100}},
            {"allowed_mentions": {kind: ["1"] * 101}},
            "BASE_TYPE_MAX_LENGTH",
        )
        for kind in ("users", "roles")
    ),
    (
        *("allowed_mentions.parse", {"allowed_mentions": {"parse": ["users", "roles", "everyone"]}}),
        *({"allowed_mentions": {"parse": ["users"] * 4}}, "BASE_TYPE_MAX_LENGTH"),
    ),
    (
        *("allowed_mentions.replied_user", {"allowed_mentions": {"replied_user": True}}),
        *({"allowed_mentions": {"replied_user": 1}}, "BOOLEAN_TYPE_CONVERT"),
    ),
]


@pytest.mark.parametrize("call", EVERY)
@pytest.mark.parametrize(("path", "right", "wrong", "code"), LIMITS)
def test_a_form_at_its_limit_is_refused_or_one_above_it_taken(
    path: str, right: dict[str, Any], wrong: dict[str, Any], code: str, call: str
) -> None:
    parse_form(right, EVERY[call])
    with pytest.raises(DiscordError) as caught:
        parse_form(wrong, EVERY[call], ("data",))
    node = errors_of(caught.value)["data"]
    for step in path.split("."):
        assert list(node) == [step], "and nothing else is wrong"
        node = node[step]
    ((name, (error,)),) = node.items()
    assert (name, error["code"]) == ("_errors", code or "BASE_TYPE_MAX_LENGTH")


def test_what_only_one_call_takes_is_taken_by_another() -> None:
    """tts and the nonce: Discord, "Create Message", "Execute Webhook", "Edit Message", "Edit Webhook Message"."""
    given = {"content": "x", "tts": True, "nonce": x(25), "enforce_nonce": True, "flags": (1 << 13) - 1}
    read = {name: parse_form(given, call) for name, call in EVERY.items()}
    suppress = 1 << 2 | 1 << 12
    assert read == {
        "create": Form(content="x", flags=suppress, tts=True, nonce=x(25), enforce_nonce=True),
        "edit": Form(content="x", flags=1 << 2),
        "follow_up": Form(content="x", flags=suppress | 1 << 6, tts=True),
        "edit_reply": Form(content="x", flags=1 << 2),
        "answer": Form(content="x", flags=suppress | 1 << 6, tts=True),
    }
    for wrong in ({"nonce": x(26)}, {"enforce_nonce": 1}):
        with pytest.raises(DiscordError):
            parse_form(wrong, CREATE)
        for call in (EDIT, FOLLOW_UP, EDIT_REPLY, ANSWER):
            parse_form(wrong, call)


def test_a_form_of_which_nothing_is_said_says_something() -> None:
    assert parse_form({}, CREATE) == Form()
    given = {"content": None, "embeds": None, "attachments": None, "allowed_mentions": None, "flags": None}
    assert parse_form(given, CREATE) == Form(content="", embeds=(), files=())


def test_a_file_or_a_mention_loses_a_part() -> None:
    files = [{"id": 7, "filename": "a.png", "title": "t", "description": "d"}, {"id": "8"}]
    mentions = {"parse": ["roles"], "users": ["1", 2], "roles": []}
    form = parse_form({"attachments": files, "allowed_mentions": mentions}, EDIT)
    assert form == Form(
        files=(ListedFile("7", "a.png", "t", "d"), ListedFile("8", None, None, None)), pinged=("1", "2")
    )
    assert parse_form({"allowed_mentions": {}}, EDIT) == Form(pinged=())
    assert parse_form({"allowed_mentions": {"parse": ["users"]}}, EDIT) == Form(pinged=None)


EMBED = {
    "title": "t",
    "description": "d",
    "url": "https://a",
    "color": 0,
    "timestamp": "2026-11-25T20:00:00",
    "image": {"url": "https://a/i.png", "height": 7, "proxy_url": "x"},
    "thumbnail": {"url": "attachment://t.png"},
    "footer": {"text": "f", "icon_url": "https://a/f.png", "proxy_icon_url": "x"},
    "author": {"name": "a", "url": "https://b", "icon_url": "https://a/a.png"},
    "fields": [{"name": "n", "value": "v", "inline": True}, {"name": "m", "value": "w"}],
    "type": "link",
    "provider": {"name": "x"},
    "video": {"url": "https://v"},
}


def test_an_embed_loses_a_part_or_keeps_what_discord_ignores() -> None:
    """Source: Discord, "Execute Webhook", embeds; a time without a zone is UTC."""
    (read,) = parse_form({"embeds": [EMBED]}, EDIT).embeds or ()
    assert read == {
        "title": "t",
        "description": "d",
        "url": "https://a",
        "color": 0,
        "timestamp": "2026-11-25T20:00:00+00:00",
        "image": {"url": "https://a/i.png"},
        "thumbnail": {"url": "attachment://t.png"},
        "footer": {"text": "f", "icon_url": "https://a/f.png"},
        "author": {"name": "a", "url": "https://b", "icon_url": "https://a/a.png"},
        "fields": [{"name": "n", "value": "v", "inline": True}, {"name": "m", "value": "w", "inline": False}],
    }
    empty = dict.fromkeys(EMBED) | {"fields": [], "image": {}, "footer": {"text": None}}
    assert parse_form({"embeds": [empty]}, EDIT).embeds == ({},)
    with_zone = {"timestamp": "2026-11-25T20:00:00+02:00"}
    assert parse_form({"embeds": [with_zone]}, EDIT).embeds == (with_zone,)


@pytest.mark.parametrize(
    "more",
    [
        {"title": x(200)}, {"description": x(200)}, {"footer": {"text": x(200)}}, {"author": {"name": x(200)}},
        {"fields": [{"name": x(200), "value": "v"}]}, {"fields": [{"name": "n", "value": x(199)}] * 2},
    ],
)  # fmt: skip
def test_a_text_of_an_embed_is_not_counted_or_counted_twice(more: dict[str, Any]) -> None:
    """Source: Discord, "Embed Limits": 6000 characters of titles, descriptions, fields, footers and authors in all."""
    size = 200 + ("fields" in more) + 199 * (len(more.get("fields", [])) == 2)
    rest = {"description": x(6000 - size - 2000)}, {"description": x(2000)}
    uncounted = {"url": "https://a/" + x(500), "footer": {"icon_url": "https://a"}, "author": {"url": "https://a"}}
    parse_form({"embeds": [uncounted | more, *rest]}, EDIT)
    with pytest.raises(DiscordError) as caught:
        parse_form({"embeds": [uncounted | more, *rest, {"title": "x"}]}, EDIT)
    (error,) = errors_of(caught.value)["embeds"]["_errors"]
    assert error == {"code": "MAX_EMBED_SIZE_EXCEEDED", "message": "Embed size exceeds maximum size of 6000"}


SENTENCES = {
    "poll": "This local Discord shows no polls yet.",
    "message_reference": "This local Discord shows no replies to a message and no forwarded messages yet.",
    "sticker_ids": "This local Discord has no stickers.",
    "shared_client_theme": "This local Discord shows no shared themes.",
    "flag 32768": "This local Discord shows no messages of components (flag 32768) yet.",
    "flag 8192": "This local Discord shows no voice messages (flag 8192).",
}
TAKEN = {  # by Discord, and not shown here
    "create": {*SENTENCES},
    "edit": {"flag 32768"},
    "follow_up": {"poll", "flag 32768"},
    "edit_reply": {"poll", "flag 32768"},
    "answer": {"poll", "flag 32768", "flag 8192"},
}


@pytest.mark.parametrize("call", EVERY)
@pytest.mark.parametrize("what", SENTENCES)
def test_what_cannot_be_shown_is_dropped_silently_or_refused_where_discord_ignores_it(call: str, what: str) -> None:
    flag = what.removeprefix("flag ")
    given = {"flags": int(flag)} if flag != what else {what: [1]}
    if what not in TAKEN[call]:
        assert parse_form(given, EVERY[call]) == Form(flags=0 if flag != what else None)
        return
    with pytest.raises(NotImitated) as caught:
        parse_form(given, EVERY[call])
    assert caught.value.sentence == SENTENCES[what]


def test_a_flag_of_a_deferral_at_its_limit_is_refused() -> None:
    assert parse_deferred_flags({"flags": (1 << 31) - 1}, ()) == 64
    for wrong in (1 << 31, -1):
        with pytest.raises(DiscordError) as caught:
            parse_deferred_flags({"flags": wrong}, ("data",))
        assert list(errors_of(caught.value)["data"]) == ["flags"]


UNSHOWN = {
    10: "This local Discord shows no upgrade button (type 10).",
    12: "This local Discord launches no activities (type 12).",
}


@pytest.mark.parametrize("kind", range(14))
def test_an_answer_is_taken_for_another(kind: int) -> None:
    """Source: Discord, "Interaction Callback Type": 4 and 5 answer a command, 9, 10 and 12 do as well."""
    if kind == 4:
        assert parse_answer({"type": 4, "data": {"content": "x"}}) == Immediate(Form(content="x"))
        assert parse_answer({"type": 4, "data": {"poll": 1}}) == Unshown(SENTENCES["poll"])
    elif kind in UNSHOWN:
        assert parse_answer({"type": kind}) == Unshown(UNSHOWN[kind])
    elif kind not in (5, 9):
        with pytest.raises(DiscordError) as caught:
            parse_answer({"type": kind})
        (error,) = errors_of(caught.value)["type"]["_errors"]
        said = f"type {kind} is no answer to a command; expected one of 4, 5, 9, 10, 12"
        assert (error["message"] == said) == (1 <= kind <= 12)
        assert error["code"] == {0: "NUMBER_TYPE_MIN", 13: "NUMBER_TYPE_MAX"}.get(kind, "BASE_TYPE_CHOICES")
