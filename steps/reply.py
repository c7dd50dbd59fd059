"""Picture, or the reason why there is none → the message that the member sees.  Called by app.py for /reply-discord."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Request, instant
from steps.bucket import PictureBucket
from steps.config import Delivery
from steps.discord import Discord
from steps.discord_message import DiscordMessage
from steps.errors import Blocked, NotYetAcknowledged, PermanentError, RetryableError, TokenExpired
from steps.seal import Unsealer

# Discord drops an interaction that is not acknowledged within 3 s; the rest is for clocks that differ.
_ACKNOWLEDGED_WITHIN = timedelta(seconds=30)

# While the network in front of Discord blocks us, each retry counts as an invalid request: long waits.
BLOCKED_WAITS_S = (2.0, 10.0, 30.0, 90.0)

# What a member is told.
FAILURE_MESSAGES: Mapping[Failure, str] = {
    "undrawable": "I cannot draw that. Please try other options, or leave them out.",
    "unavailable": "Something went wrong on my side and your mandala did not get finished. Please try again later.",
    "cancelled": "Your mandala was stopped by an operator. Please ask again.",
}


def reply(
    order: Reply,
    bucket: PictureBucket,
    discord: Discord,
    opener: Unsealer,
    delivery: Delivery,
    now: datetime,
    attempt: int,
) -> Message:
    """Show the picture or the failure message.

    order is the body of the call; attempt is its number, from 1.
    Raises PermanentError if no message is left to edit, and what the bucket and Discord raise.
    """
    try:
        return Message(_edit_or_post(order, bucket, discord, opener, delivery, now))
    except Blocked as error:
        wait_s = BLOCKED_WAITS_S[min(attempt, len(BLOCKED_WAITS_S)) - 1]
        raise RetryableError(str(error), retry_after_s=wait_s, kind="discord") from None


def _edit_or_post(
    order: Reply, bucket: PictureBucket, discord: Discord, opener: Unsealer, delivery: Delivery, now: datetime
) -> str:
    """Edit the acknowledgement; if that is impossible, post as the bot to the channel.  Returns the message's id.

    If the acknowledgement never reached Discord, the member reads that the application did not respond; so a failure
    message is posted too.  After the token's end none is posted: each replay would post another.
    """
    request = order.request
    is_alive = now < request.expires_at
    token = opener.open(request.sealed_token) if is_alive else None  # before the download: a forged token costs none
    if isinstance(order.result, Picture):
        message, png = _message_and_file(order.result, bucket, delivery)
    else:
        message, png = DiscordMessage(FAILURE_MESSAGES[order.result]), None
    reason = f"the interaction's token expired at {instant(request.expires_at)}"
    may_post = isinstance(order.result, Picture)
    if token is not None:
        try:
            return discord.edit_original(request.application_id, token, message.to_json(), png, request.interaction_id)
        except TokenExpired as error:
            reason = str(error)
        except NotYetAcknowledged as error:
            # If the clocks differ by more than that, this cannot be told: treat it as final.
            if abs(now - request.received_at) < _ACKNOWLEDGED_WITHIN:
                raise
            reason, may_post = f"{error}; our acknowledgement never reached it", True
    if not may_post:
        raise _no_message_left(f"{reason}; the member was not told of the failure")
    return _post(request, discord, message, png, reason)


def _post(request: Request, discord: Discord, message: DiscordMessage, png: bytes | None, reason: str) -> str:
    """Post to the channel, mentioning the member.  Raises PermanentError if that is impossible."""
    if not discord.can_post:
        raise _no_message_left(f"{reason}; to post to the channel instead, set DISCORD_BOT_TOKEN for the steps")
    if request.channel_id is None:
        raise _no_message_left(f"{reason}; the interaction names no channel to post to")
    mention = message.mentioning(request.user_id)
    return discord.post(request.channel_id, mention.to_json(), nonce=request.interaction_id, png=png)


def _no_message_left(message: str) -> PermanentError:
    return PermanentError("gone", message, kind="discord")


def _message_and_file(
    picture: Picture, bucket: PictureBucket, delivery: Delivery
) -> tuple[DiscordMessage, bytes | None]:
    """The message, and the file that goes with it."""
    if delivery == "link":
        return DiscordMessage(picture=picture, linked_url=bucket.public_url(picture.object)), None
    return DiscordMessage(picture=picture), bucket.get(picture.object)
