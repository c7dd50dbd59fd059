"""Picture, or the reason why there is none → the message that the member sees.  Called by app.py for /reply-discord."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from steps.bucket import PictureBucket
from steps.config import Delivery
from steps.discord import Discord
from steps.errors import NotYetAcknowledged, PermanentError, TokenExpired
from steps.seal import Opener

# Discord gives up an interaction that is not acknowledged within 3 s; the rest is for clocks that differ.
_ACKNOWLEDGED_WITHIN = timedelta(seconds=30)

# What a member is told, by `failure` of schemas/reply.json.
APOLOGIES: Mapping[str, str] = {
    "undrawable": "I cannot draw that. Please try other options, or leave them out.",
    "unavailable": "Something went wrong on my side and your mandala did not get finished. Please try again later.",
}


def reply(
    order: dict[str, Any], bucket: PictureBucket, discord: Discord, opener: Opener, delivery: Delivery, now: datetime
) -> dict[str, Any]:
    """Show the order's (schemas/reply.json) picture or apology; returns the message (schemas/message.json).

    A picture that comes after the interaction's token has expired is posted to the channel, if there is a bot for it.
    Raises PermanentError(410) where no message is left to edit, and what the bucket and Discord raise.
    """
    request = order["request"]
    is_alive = now < datetime.fromisoformat(request["expires_at"])
    token = opener.open(request["sealed_token"]) if is_alive else None  # first: a forged one shall cost no download
    if "failure" in order:
        message, png = _message(content=APOLOGIES[order["failure"]]), None
    else:
        message, png = _show(order["picture"], bucket, delivery)
    expired = TokenExpired(f"the interaction's token expired at {request['expires_at']}")
    if token is not None:
        try:
            return {"message_id": discord.edit_original(request["application_id"], token, message, png)}
        except TokenExpired as error:
            expired = error
        except NotYetAcknowledged as error:
            if now - datetime.fromisoformat(request["received_at"]) < _ACKNOWLEDGED_WITHIN:
                raise
            raise PermanentError(410, f"{error}; our acknowledgement never reached it") from None
    if "failure" in order:
        raise PermanentError(410, f"{expired}; the member was not told of the failure")
    return {"message_id": _post(request, discord, message, png, expired)}


def _post(
    request: dict[str, Any], discord: Discord, message: dict[str, Any], png: bytes | None, expired: TokenExpired
) -> str:
    """To the channel, mentioning the member.  Raises PermanentError(410) where that cannot be."""
    channel_id, user_id = request["channel_id"], request["user_id"]
    if not discord.can_post:
        raise PermanentError(410, f"{expired}; to post to the channel instead, set DISCORD_BOT_TOKEN for the steps")
    if channel_id is None:
        raise PermanentError(410, f"{expired}; the interaction names no channel to post to")
    mention = {"content": f"<@{user_id}>", "allowed_mentions": {"users": [user_id]}}
    return discord.post(channel_id, message | mention, nonce=request["interaction_id"], png=png)


def _show(picture: dict[str, Any], bucket: PictureBucket, delivery: Delivery) -> tuple[dict[str, Any], bytes | None]:
    embed = {"title": picture["title"], "description": picture["description"], "color": picture["colour"]}
    if delivery == "link":
        return _message(embeds=[embed | {"image": {"url": bucket.public_url(picture["object"])}}]), None
    message = _message(
        embeds=[embed | {"image": {"url": "attachment://mandala.png"}}],
        attachments=[{"id": 0, "filename": "mandala.png", "description": picture["description"]}],
    )
    return message, bucket.get(picture["object"])


def _message(**parts: Any) -> dict[str, Any]:
    """A whole message: what is not named is emptied, so that an edit leaves nothing of what stood there before."""
    return {"content": "", "embeds": [], "attachments": [], "allowed_mentions": {"parse": []}} | parts
