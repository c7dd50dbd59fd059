"""Parses the JSON with which a bot creates or edits a message, and checks it.

Every field that Discord documents is read, or refused with a sentence that says that this stand-in cannot show it.
A field that Discord does not document for the call is ignored, as Discord does.
Source: Discord, "Create Message", "Edit Message", "Execute Webhook", "Edit Webhook Message", "Interaction Callback
Data Structure", "Allowed Mentions Object", "Attachment Request Structure".
"""

import re
from dataclasses import dataclass

from local.discord.errors import DiscordError, FormErrors, Path
from local.discord.forms.components import Component, parse_components
from local.discord.forms.embeds import Embed, parse_embeds
from local.discord.forms.fields import Fields
from local.discord.snowflake import PATTERN

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
_IS_VOICE_MESSAGE = 1 << 13
_IS_COMPONENTS_V2 = 1 << 15
_ALL_FLAGS = (1 << 31) - 1

_LISTED_FILES = 10
_MOST_MENTIONED = 100


@dataclass(frozen=True, slots=True)
class Call:
    """The differences between Discord's calls that create or edit a message.

    flags may be set, others are ignored; unshown are fields and flags that Discord accepts and we cannot show.
    """

    flags: int
    unshown: tuple[str, ...]
    unshown_flags: int = _IS_COMPONENTS_V2
    tts: bool = True
    nonce: bool = False
    threads: bool = False


_NEW = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS
CREATE = Call(
    flags=_NEW,
    unshown=("poll", "message_reference", "sticker_ids", "shared_client_theme"),
    unshown_flags=_IS_COMPONENTS_V2 | _IS_VOICE_MESSAGE,
    nonce=True,
)
EDIT = Call(flags=SUPPRESS_EMBEDS, unshown=(), tts=False)
FOLLOW_UP = Call(flags=_NEW | EPHEMERAL, unshown=("poll",), threads=True)
EDIT_REPLY = Call(flags=SUPPRESS_EMBEDS, unshown=("poll",), tts=False)  # UPDATE_MESSAGE edits like this, too
ANSWER = Call(flags=_NEW | EPHEMERAL, unshown=("poll",), unshown_flags=_IS_COMPONENTS_V2 | _IS_VOICE_MESSAGE)

_SENTENCES = {
    "poll": "This local Discord shows no polls yet.",
    "message_reference": "This local Discord shows no replies to a message and no forwarded messages yet.",
    "sticker_ids": "This local Discord has no stickers.",
    "shared_client_theme": "This local Discord shows no shared themes.",
}
_FLAG_SENTENCES = {
    _IS_COMPONENTS_V2: "This local Discord shows no messages of components (flag 32768) yet.",
    _IS_VOICE_MESSAGE: "This local Discord shows no voice messages (flag 8192).",
}
_FILE_SENTENCES = {
    "is_spoiler": "This local Discord blurs no files.",
    "duration_secs": "This local Discord shows no voice messages.",
    "waveform": "This local Discord shows no voice messages.",
}


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One entry of `attachments`: the number of an uploaded file, or the id of a file that the message has already."""

    id: str
    filename: str | None
    title: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a message to write.  None means that the field is absent: an edit does not change it.

    pinged: the members whom a mention notifies; None means each member who is mentioned.
    """

    content: str | None = None
    embeds: tuple[Embed, ...] | None = None
    components: tuple[Component, ...] | None = None
    files: tuple[ListedFile, ...] | None = None
    pinged: tuple[str, ...] | None = None
    flags: int | None = None
    tts: bool = False
    nonce: str | None = None
    enforce_nonce: bool = False


def parse_form(value: object, call: Call, path: Path = ()) -> Form:
    """Parse value, which is at path.  Raises DiscordError, 400/50035, for all wrong fields; NotImitated."""
    errors = FormErrors()
    fields = Fields(value, errors, path)
    if call.threads and fields.raw("thread_name"):
        raise DiscordError(400, 220003, "Webhooks can only create threads in forum channels")
    content = fields.text("content", 2000)
    embeds, components = parse_embeds(fields), parse_components(fields)
    files = [_listed_file(file) for file in fields.objects("attachments", _LISTED_FILES) or []]
    for name in call.unshown:
        if fields.raw(name):
            fields.cannot_show((name,), _SENTENCES[name])
    mentions = fields.object("allowed_mentions")
    form = Form(
        content=(content or "") if "content" in fields else None,
        embeds=embeds if "embeds" in fields else None,
        components=components if "components" in fields else None,
        files=tuple(files) if "attachments" in fields else None,
        pinged=_pinged(mentions) if mentions else None,
        flags=_flags(fields, call),
        tts=call.tts and fields.boolean("tts"),
        nonce=fields.text_or_number("nonce", 25) if call.nonce else None,
        enforce_nonce=call.nonce and fields.boolean("enforce_nonce"),
    )
    errors.check()
    return form


def parse_deferred_flags(value: object, path: Path) -> int:
    """The flags of a deferred answer ("thinking…"): EPHEMERAL or 0; other fields and flags are ignored.

    Raises DiscordError, 400/50035.  Source: Discord, "Interaction Callback Data Structure".
    """
    errors = FormErrors()
    flags = Fields({} if value is None else value, errors, path).whole("flags", 0, _ALL_FLAGS)
    errors.check()
    return (flags or 0) & EPHEMERAL


def _flags(fields: Fields, call: Call) -> int | None:
    flags = fields.whole("flags", 0, _ALL_FLAGS)
    if flags is None:
        return None
    for flag, sentence in _FLAG_SENTENCES.items():
        if flags & flag & call.unshown_flags:
            fields.cannot_show(("flags",), sentence)
    return flags & call.flags


def _listed_file(fields: Fields) -> ListedFile:
    for name, sentence in _FILE_SENTENCES.items():
        if fields.raw(name):
            fields.cannot_show((name,), sentence)
    return ListedFile(
        id=fields.text_or_number("id", 20, required=True) or "",
        filename=fields.text("filename", 1024, least=1),
        title=fields.text("title", 1024),
        description=fields.text("description", 1024),
    )


def _pinged(fields: Fields) -> tuple[str, ...] | None:
    """The members who may be notified.  Roles and everyone are only checked: this guild has no role that may be pinged.

    Source of the refusal: "Allowed Mentions Object"; its code: https://github.com/Mephisto5558/Teufelsbot/issues/287.
    """
    parsed = fields.values("parse", ("users", "roles", "everyone")) or ()
    listed = {kind: fields.all_matching(kind, PATTERN, _MOST_MENTIONED) or () for kind in ("users", "roles")}
    fields.boolean("replied_user")  # there are no replies to a message yet
    for kind, ids in listed.items():
        if kind in parsed and ids:
            fields.refuse(
                (),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
    return None if "users" in parsed else listed["users"]


def safe_filename(filename: str) -> str:
    """The filename as Discord changes it, so that it can be a part of a URL."""
    return (
        re.sub(r"[^\w.()-]+", "_", filename.replace("'", "").replace('"', ""), flags=re.ASCII).strip(".") or "unknown"
    )
