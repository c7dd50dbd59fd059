"""How long a reply waits that a task could not show.  Called by last_word.py.

tuning/ has a copy; a test compares.
"""

from service.deployment import FIRST_WAIT_S, LAST_ATTEMPT_S, LAST_WORD_S, LONGEST_WAIT_S

# Up to so much longer than Discord asks a task waits, so that a crowd does not come back at one instant.
JITTER = 0.5
_SHORTEST_LAST_WAIT_S = 1.0  # a last attempt sooner than that would find what this one found


def wait_s(age_s: float, left_s: float, asked_s: float | None, jitter: float) -> float | None:
    """Seconds until the next attempt; None if it would come too late.

    age_s: of the request.  left_s: of the token's life.  asked_s: the time that Discord asks for, or our own guard
    (throttle.py); many that came back so soon would stand in each other's way.  jitter: random, from 0 to 1.
    The last attempt begins LAST_ATTEMPT_S before the token's end, whatever Discord asks for.
    """
    wait = min(max(age_s, FIRST_WAIT_S), LONGEST_WAIT_S) * (1 + jitter) / 2
    if left_s < LAST_WORD_S:
        wait = min(wait, max(left_s / 2, FIRST_WAIT_S))
    if asked_s:
        wait = max(wait, asked_s * (1 + JITTER * jitter))
    last_s = left_s - LAST_ATTEMPT_S
    if last_s < _SHORTEST_LAST_WAIT_S:
        return None
    return last_s if wait > last_s - _SHORTEST_LAST_WAIT_S else wait


def is_urgent(left_s: float) -> bool:
    """Whether so little of the token's life is left at an attempt that no crowd may stand before it."""
    return left_s < LAST_WORD_S
