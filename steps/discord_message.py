"""A message as Discord takes it.  Made by reply.py, sent by discord.py.

Source: Discord, "Edit Webhook Message", "Create Message", "Embed Object", "Allowed Mentions Object".  A footer shows
no Markdown and mentions nobody, so words stand there as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.picture import Picture
from schemas.request import UserId

_FILE_NAME = "mandala.png"


@dataclass(frozen=True, slots=True)
class DiscordMessage:
    """A whole message: every field is sent, also if empty, so an edit leaves nothing of the old message.

    linked_url is the address of a picture that Discord fetches; None if the picture is uploaded with the message.
    footer shows how to ask for the same again; without a picture it is all that the embed holds.
    mentioned is the only user that Discord notifies, whatever the content says.
    """

    content: str = ""
    picture: Picture | None = None
    linked_url: str | None = None
    footer: str | None = None
    components: Sequence[Mapping[str, Any]] = ()
    mentioned: UserId | None = None

    def mentioning(self, user_id: UserId) -> "DiscordMessage":
        return replace(self, content=f"<@{user_id}> {self.content}".rstrip(), mentioned=user_id)

    def to_json(self) -> dict[str, Any]:
        return {
            "content": self.content,
            "embeds": [self._embed()] if self.picture or self.footer else [],
            "attachments": [_attachment(self.picture)] if self.picture and not self.linked_url else [],
            "components": list(self.components),
            "allowed_mentions": {"users": [self.mentioned]} if self.mentioned else {"parse": []},
        }

    def _embed(self) -> dict[str, Any]:
        shown = _shown(self.picture, self.linked_url) if self.picture else {}
        return {**shown, **({"footer": {"text": self.footer}} if self.footer else {})}


def _shown(picture: Picture, linked_url: str | None) -> dict[str, Any]:
    return {
        "title": picture.title,
        "description": picture.description,
        "color": picture.colour,
        "image": {"url": linked_url or f"attachment://{_FILE_NAME}"},
    }


def _attachment(picture: Picture) -> dict[str, Any]:
    return {"id": 0, "filename": _FILE_NAME, "description": picture.description}
