"""What a bot asks a message to be: the JSON of a create or an edit, checked, and never more than checked.

Source: Discord, "Create Message", "Edit Webhook Message", "Embed Object", "Embed Limits", "Allowed Mentions Object".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.discord.errors import FormErrors
from local.discord.fields import Fields

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
_ALL_FLAGS = (1 << 31) - 1

_EMBED_CHARACTERS = 6000
_LISTED_FILES = 10

Embed = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One entry of `attachments`: the number of an uploaded file, or the id of one that the message holds already."""

    id: str
    filename: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """None stands for a field that was not given: an edit leaves it as it is.

    pinged is which kinds of mention may notify: "users", "roles", "everyone".
    """

    content: str | None = None
    embeds: tuple[Embed, ...] | None = None
    files: tuple[ListedFile, ...] | None = None
    pinged: tuple[str, ...] = ("users",)
    flags: int = 0
    nonce: str | None = None
    enforce_nonce: bool = False


def parse_form(value: object) -> Form:
    """Raises DiscordError, 400/50035, that names every field that is wrong."""
    errors = FormErrors()
    fields = Fields(value, errors)
    content = fields.text("content", 2000)
    embeds = [_embed(embed) for embed in fields.objects("embeds", 10) or []]
    if sum(_characters(embed) for embed in embeds) > _EMBED_CHARACTERS:
        errors.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_EMBED_CHARACTERS}")
    files = [_listed_file(file) for file in fields.objects("attachments", _LISTED_FILES) or []]
    if fields.objects("components", 40):
        fields.refuse(("components",), "LOCAL_NOT_SUPPORTED", "This stand-in for Discord shows no components yet.")
    mentions = fields.object("allowed_mentions")
    form = Form(
        content=(content or "") if "content" in fields else None,
        embeds=tuple(embeds) if "embeds" in fields else None,
        files=tuple(files) if "attachments" in fields else None,
        pinged=_pinged(mentions) if mentions else ("users",),
        flags=fields.whole("flags", 0, _ALL_FLAGS) or 0,
        nonce=fields.text_or_number("nonce", 25),
        enforce_nonce=fields.boolean("enforce_nonce"),
    )
    errors.check()
    return form


def _embed(fields: Fields) -> Embed:
    """The parts of an embed that Discord's clients show."""
    embed: Embed = {
        "title": fields.text("title", 256),
        "description": fields.text("description", 4096),
        "url": fields.url("url"),
        "color": fields.whole("color", 0, 0xFFFFFF),
        "timestamp": fields.text("timestamp", 64),
        "image": _part(fields, "image", {"url": 0}),
        "thumbnail": _part(fields, "thumbnail", {"url": 0}),
        "footer": _part(fields, "footer", {"text": 2048}),
        "author": _part(fields, "author", {"name": 256, "url": 0}),
        "fields": [
            {
                "name": field.text("name", 256, least=1, required=True),
                "value": field.text("value", 1024, least=1, required=True),
                "inline": field.boolean("inline"),
            }
            for field in fields.objects("fields", 25) or []
        ],
    }
    return {name: value for name, value in embed.items() if value not in (None, [], {})}


def _part(fields: Fields, name: str, lengths: Mapping[str, int]) -> dict[str, str] | None:
    """An object of texts by their greatest length; 0 stands for an address."""
    part = fields.object(name)
    if part is None:
        return None
    read = {key: part.text(key, most) if most else part.url(key) for key, most in lengths.items()}
    return {key: text for key, text in read.items() if text is not None}


def _characters(embed: Embed) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    texts += [field[key] for field in embed.get("fields", []) for key in ("name", "value")]
    return sum(len(text) for text in texts if text)


def _listed_file(fields: Fields) -> ListedFile:
    return ListedFile(
        id=fields.text_or_number("id", 20, required=True) or "",
        filename=fields.text("filename", 1024, least=1),
        description=fields.text("description", 1024),
    )


def _pinged(fields: Fields) -> tuple[str, ...]:
    return fields.values("parse", ("users", "roles", "everyone")) or ()
