"""What each error of Discord means for one reply: a table from (status, Discord's code) to a verdict.

Source: Discord, "Opcodes and Status Codes" and "Rate Limits"; what stands beside a row as "observed" comes from
threads of discord/discord-api-docs.  A 429 is not here: rate_limits.py reads it.
"""

from collections.abc import Mapping
from typing import Literal

Verdict = Literal["retry", "early", "blocked", "expired", "gone", "refused", "bug"]

# A code with status None means the same under every status: the page gives codes without their statuses.
# A status with code None is an answer without a code, so not one of Discord's API but of the network in front of it.
DISCORD_ERRORS: Mapping[tuple[int | None, int | None], Verdict] = {
    (None, 10015): "early",  # unknown webhook: our acknowledgement is not processed yet (observed, #7220)
    (None, 10008): "gone",  # unknown message: the member deleted it
    (None, 10003): "gone",  # unknown channel: deleted since; only where the bot posts
    (None, 10062): "gone",  # unknown interaction: too late
    (None, 50083): "gone",  # the thread is archived: nothing in it can be edited
    (None, 50027): "expired",  # invalid webhook token: its 15 minutes are over (observed with 401, #6851)
    (None, 40333): "blocked",  # Cloudflare blocks this request; also a passing fault of theirs (observed with 403)
    (None, 40004): "retry",  # sending messages is switched off for a while
    (None, 40006): "retry",  # this feature is switched off for a while
    (None, 40062): "retry",  # the resource is being rate limited
    (None, 20016): "retry",  # slow mode of the channel
    (None, 20028): "retry",  # write limit of the channel
    (None, 20029): "retry",  # write limit of the server
    (None, 110001): "retry",  # the application is not available yet
    (None, 130000): "retry",  # overloaded
    (None, 40005): "bug",  # the picture is too large
    (None, 50045): "bug",  # the file is too large
    (400, 50035): "bug",  # invalid form body
    (400, 50006): "bug",  # empty message
    (400, 50041): "bug",  # wrong version of the API
    (400, 40060): "bug",  # already acknowledged: belongs to a route that we never call
    (400, 200000): "bug",  # the server's moderation does not take this text; the apology is another one
    (401, 0): "refused",  # no valid Authorization: the bot's token
    (401, 50014): "refused",  # the bot's token is not valid
    (403, 50001): "refused",  # the bot does not see the channel
    (403, 50013): "refused",  # the bot may not write there
    (403, None): "blocked",  # Cloudflare's page of HTML (observed, #1149)
}
# For every other code.  401 and 403 must not be repeated: 10,000 of them in 10 minutes ban our address.
_BY_STATUS: Mapping[int, Verdict] = {
    401: "refused",
    403: "refused",
    404: "gone",  # "you should not attempt to use it again"
    408: "retry",
    425: "retry",
}


def verdict_of(status: int, code: int | None) -> Verdict:
    """What to do after an answer that is neither 2xx nor 429."""
    for key in ((status, code), (None, code) if code is not None else (status, None)):
        if key in DISCORD_ERRORS:
            return DISCORD_ERRORS[key]
    # 5xx: Discord's own 500, 502, 503 and 504, and Cloudflare's 520 to 530.  3xx: our address of the API is wrong.
    return _BY_STATUS.get(status, "retry" if status >= 500 else "bug")
