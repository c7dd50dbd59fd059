"""Parses the embeds of a message: the fields that a bot may set, checked.

Discord ignores what a bot sends of type, provider, video, and of a picture's height, width and proxy_url.
Source: Discord, "Embed Object", "Embed Limits", "Execute Webhook".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.discord.forms.fields import Fields

Embed = dict[str, Any]

_MOST_EMBEDS = 10
_MOST_CHARACTERS = 6000


def parse_embeds(fields: Fields) -> tuple[Embed, ...]:
    embeds = tuple(_embed(embed) for embed in fields.objects("embeds", _MOST_EMBEDS) or [])
    if sum(_characters(embed) for embed in embeds) > _MOST_CHARACTERS:
        fields.refuse(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_MOST_CHARACTERS}")
    return embeds


def _embed(fields: Fields) -> Embed:
    embed: Embed = {
        "title": fields.trimmed("title", 256),
        "description": fields.trimmed("description", 4096),
        "url": fields.url("url"),
        "color": fields.whole("color", 0, 0xFFFFFF),
        "timestamp": _timestamp(fields),
        "image": _part(fields, "image", {"url": 0}),
        "thumbnail": _part(fields, "thumbnail", {"url": 0}),
        "footer": _part(fields, "footer", {"text": 2048, "icon_url": 0}),
        "author": _part(fields, "author", {"name": 256, "url": 0, "icon_url": 0}),
        "fields": [
            {
                "name": field.trimmed("name", 256, least=1, required=True),
                "value": field.trimmed("value", 1024, least=1, required=True),
                "inline": field.boolean("inline"),
            }
            for field in fields.objects("fields", 25) or []
        ],
    }
    return {name: value for name, value in embed.items() if value not in (None, [], {})}


def _part(fields: Fields, name: str, lengths: Mapping[str, int]) -> dict[str, str] | None:
    """An object of texts.  lengths: field → maximum length, 0 for a URL."""
    part = fields.object(name)
    if part is None:
        return None
    read = {key: part.trimmed(key, most) if most else part.url(key) for key, most in lengths.items()}
    return {key: text for key, text in read.items() if text is not None}


def _timestamp(fields: Fields) -> str | None:
    """Source of the text: https://github.com/Discord4J/Discord4J/issues/196."""
    text = fields.text("timestamp", 64)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fields.refuse(("timestamp",), "DATE_TIME_TYPE_PARSE", f"Could not parse {text}. Should be ISO8601.")
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _characters(embed: Embed) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
    texts += [field[key] for field in embed.get("fields", []) for key in ("name", "value")]
    return sum(len(text) for text in texts if text)
