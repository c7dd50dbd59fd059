"""Tables from an error of Discord (status, code) to a verdict: what to do with the reply.

Source: Discord, "Opcodes and Status Codes" and "Rate Limits"; "observed" beside a row refers to issues of
discord/discord-api-docs.  A 429 is not here: rate_limits.py reads it.
"""

from collections.abc import Mapping
from typing import Literal

Verdict = Literal["retry", "early", "blocked", "expired", "gone", "refused", "bug"]

# By Discord's code, which means the same under every status: the page gives codes without their statuses.
DISCORD_ERRORS: Mapping[int, Verdict] = {
    10015: "early",  # unknown webhook: our acknowledgement is not processed yet (observed, #7220)
    10008: "gone",  # unknown message: the member deleted it
    10003: "gone",  # unknown channel: deleted since; only where the bot posts
    10062: "gone",  # unknown interaction: too late
    50083: "gone",  # the thread is archived: nothing in it can be edited
    50027: "expired",  # invalid webhook token: its 15 minutes are over (observed with 401, #6851)
    40333: "blocked",  # Cloudflare blocks this request; also a passing fault of theirs (observed with 403)
    40004: "retry",  # sending messages is switched off for a while
    40006: "retry",  # this feature is switched off for a while
    40062: "retry",  # the resource is being rate limited
    20016: "retry",  # slow mode of the channel
    20028: "retry",  # write limit of the channel
    20029: "retry",  # write limit of the server
    110001: "retry",  # the application is not available yet
    130000: "retry",  # overloaded
    40005: "bug",  # the picture is too large
    50045: "bug",  # the file is too large
}
# An answer without a code comes not from Discord's API but from the network in front of it.
_WITHOUT_CODE: Mapping[int, Verdict] = {
    403: "blocked",  # Cloudflare's page of HTML (observed, #1149)
}
# For all others.  401 and 403 must not be retried: 10,000 of them in 10 minutes ban our address.
_BY_STATUS: Mapping[int, Verdict] = {
    401: "refused",  # 0 and 50014: the bot's token is not valid
    403: "refused",  # 50001: the bot does not see the channel; 50013: it may not write there
    404: "gone",  # "you should not attempt to use it again"
    408: "retry",
    425: "retry",
}


def verdict_of(status: int, code: int | None) -> Verdict:
    """What to do after an answer that is neither 2xx nor 429."""
    known = _WITHOUT_CODE.get(status) if code is None else DISCORD_ERRORS.get(code)
    # 5xx: Discord's own 500, 502, 503 and 504, and Cloudflare's 520 to 530.  3xx: our address of the API is wrong.
    # 400: 50035 invalid form body, 50006 empty message, 50041 wrong version of the API, 200000 the server's moderation
    # does not take this text (a failure message is another text).
    return known or _BY_STATUS.get(status, "retry" if status >= 500 else "bug")
