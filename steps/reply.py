"""Picture, or the reason why there is none → the message that the member sees.  Called by app.py for /reply-discord."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from schemas import recipe
from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Options, Request, instant
from service.sentences import say
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
        message, png = _message_and_file(request, order.result, bucket, delivery)
    else:
        message, png = _apology(request, order.result), None
    reason = f"the interaction's token expired at {instant(request.expires_at)}"
    may_post = isinstance(order.result, Picture)
    if token is not None:
        try:
            shown = _named(message, request).to_json()
            return discord.edit_original(request.application_id, token, shown, png, request.interaction_id)
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
    if request.options.is_for_one:
        raise _no_message_left(f"{reason}; a print is for the member alone, and all see what is posted")
    mention = message.mentioning(request.user_id)
    return discord.post(request.channel_id, mention.to_json(), nonce=request.interaction_id, png=png)


def _no_message_left(message: str) -> PermanentError:
    return PermanentError("gone", message, kind="discord")


def _named(message: DiscordMessage, request: Request) -> DiscordMessage:
    """The message, which names who pressed a button; of a command Discord itself says that.  It notifies nobody."""
    if not request.is_press or request.options.is_for_one:
        return message
    named = say("for", request.locale, member=f"<@{request.user_id}>")
    return replace(message, content=f"{named}\n{message.content}".rstrip())


def _apology(request: Request, failure: Failure) -> DiscordMessage:
    """What cannot be drawn has no button: it would fail again."""
    words = say(failure, request.locale)
    if failure == "undrawable":
        return DiscordMessage(words)
    footer = None if request.options.words is None else recipe.footer(request.options)
    return DiscordMessage(words, footer=footer, components=recipe.buttons({"again": request.options}, request.locale))


def _message_and_file(
    request: Request, picture: Picture, bucket: PictureBucket, delivery: Delivery
) -> tuple[DiscordMessage, bytes | None]:
    """The message, and the file that goes with it."""
    # Without words the id was the seed: whoever types it gets the same picture.
    asked = replace(request.options, words=request.options.words or request.interaction_id)
    drawn = replace(asked, symmetry=picture.symmetry or asked.symmetry, palette=picture.palette or asked.palette)
    message = DiscordMessage(picture=picture, footer=recipe.footer(drawn), components=_buttons(asked, drawn, request))
    if delivery == "link":
        return replace(message, linked_url=bucket.public_url(picture.object)), None
    return message, bucket.get(picture.object)


def _buttons(asked: Options, drawn: Options, request: Request) -> list[dict[str, Any]]:
    """What one may want next of a picture; nothing of a print, which one member sees."""
    if asked.is_for_one:
        return []
    wanted: dict[recipe.Action, Options] = {
        "another": recipe.another(asked),
        "palette": recipe.other_palette(asked, drawn.palette),
        "keep": recipe.large(asked),
    }
    return recipe.buttons(wanted, request.locale)
