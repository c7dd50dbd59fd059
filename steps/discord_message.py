"""A message as Discord takes it.  Made by reply.py, sent by discord.py.

Source: Discord, "Edit Webhook Message", "Create Message", "Embed Object", "Allowed Mentions Object".
"""

from dataclasses import dataclass, replace
from typing import Any

from schemas.picture import Picture
from schemas.request import UserId

_FILE_NAME = "mandala.png"


@dataclass(frozen=True, slots=True)
class DiscordMessage:
    """A whole message: what is not named is emptied, so that an edit leaves nothing of what stood there before.

    linked is the address of a picture that Discord fetches; None where it is uploaded with the message.
    mentioned is the one whom it notifies; nobody else can be, whatever the content says.
    """

    content: str = ""
    picture: Picture | None = None
    linked: str | None = None
    mentioned: UserId | None = None

    def mentioning(self, user_id: UserId) -> "DiscordMessage":
        return replace(self, content=f"<@{user_id}> {self.content}".rstrip(), mentioned=user_id)

    def to_json(self) -> dict[str, Any]:
        return {
            "content": self.content,
            "embeds": [_embed(self.picture, self.linked)] if self.picture else [],
            "attachments": [_attachment(self.picture)] if self.picture and not self.linked else [],
            "allowed_mentions": {"users": [self.mentioned]} if self.mentioned else {"parse": []},
        }


def _embed(picture: Picture, linked: str | None) -> dict[str, Any]:
    return {
        "title": picture.title,
        "description": picture.description,
        "color": picture.colour,
        "image": {"url": linked or f"attachment://{_FILE_NAME}"},
    }


def _attachment(picture: Picture) -> dict[str, Any]:
    return {"id": 0, "filename": _FILE_NAME, "description": picture.description}
