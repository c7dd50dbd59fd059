"""How long the local cloud keeps each kind of data.  docs/data.md shows RETENTION_TABLE.

Unfinished work is never deleted: running executions, tasks, interactions without an answer.
"""

from collections.abc import Sequence

_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3600.0, 86400.0
_MB, _GB = 1024**2, 1024**3

# Executions with their histories, and operations.  Source: Workflows, "Quotas and limits", retention: 90 days.
# Discord and a bucket without a lifecycle keep messages and objects for ever.  Here they are deleted as early as the
# executions that made them, because a picture without its execution's history cannot be explained.
KEPT_S = 90 * _DAY_S
# Of the whole data folder, as `du` counts it: about 8,000 pictures, which a developer's machine has room for.
KEPT_BYTES = 2 * _GB
# The minimum, however full the folder is: a token lives 15 minutes, and a reply may still read its picture.
LEAST_KEPT_S = _HOUR_S

# Source: Cloud Tasks v2beta3, Queue, task_ttl and tombstone_ttl: the defaults of `queues.create`.
TASK_TTL_S = 31 * _DAY_S
TOMBSTONE_S = _DAY_S
# What `gcloud app deploy queue.yaml` sends.
YAML_TASK_TTL_S = 3650 * _DAY_S
YAML_TOMBSTONE_S = 9 * _DAY_S
QUEUE_TOMBSTONE_S = 7 * _DAY_S  # source: Cloud Tasks, queues.delete

UPLOAD_SESSION_S = 7 * _DAY_S  # source: Cloud Storage, "Resumable uploads"

INTERACTION_TOKEN_S = 15 * _MINUTE_S  # source: Discord, "Receiving and Responding"
NONCE_S = 5 * _MINUTE_S  # source: Discord, "Create Message": "the past few minutes"
GRANT_S = 7 * _DAY_S  # source: Discord, "Client Credentials Grant": expires_in 604800

ID_TOKEN_S = _HOUR_S  # source: Google, "ID tokens"
CERTIFICATES_FRESH_S = _HOUR_S
ISSUER_S = 36500 * _DAY_S  # the issuer's certificate: longer than this machine

LOG_BYTES = 16 * _MB  # of each program, about 60,000 requests; as much again for the previous log


def in_words(seconds: float) -> str:
    """A duration for people: "90 days", "an hour", "15 minutes".  At least a minute."""
    units = ((_DAY_S, "a day", "days"), (_HOUR_S, "an hour", "hours"), (_MINUTE_S, "a minute", "minutes"))
    unit_s, one, many = next(unit for unit in units if seconds >= unit[0])
    return one if seconds == unit_s else f"{seconds / unit_s:,.0f} {many}"


# (what, how long): the rows of the table in docs/data.md.
RETENTION_TABLE: Sequence[tuple[str, str]] = (
    ("executions that have ended, their histories, operations", f"{in_words(KEPT_S)} after the end, as in the cloud"),
    ("messages, interactions and files of the local Discord", in_words(KEPT_S)),
    ("pictures and all other objects", in_words(KEPT_S)),
    ("the story of each request, which `/ops` and `mando trace` tell", in_words(KEPT_S)),
    (
        "all together",
        f"{KEPT_BYTES // _GB} GB as `du` counts it; beyond that the oldest go first, but nothing younger than"
        f" {in_words(LEAST_KEPT_S)}",
    ),
    ("the journal of an execution, its callbacks and what came to them", "until it ends"),
    ("executions that run, tasks that wait", "until they have ended"),
    (
        "tasks that nobody takes",
        f"as their queue says: {in_words(YAML_TASK_TTL_S)} with `queue.yaml`, else {in_words(TASK_TTL_S)}",
    ),
    (
        "names of tasks that are done",
        f"as their queue says: {in_words(YAML_TOMBSTONE_S)} with `queue.yaml`, else {in_words(TOMBSTONE_S)}",
    ),
    ("names of queues that were deleted", in_words(QUEUE_TOMBSTONE_S)),
    ("uploads that were begun and not ended", in_words(UPLOAD_SESSION_S)),
    ("an interaction's token", in_words(INTERACTION_TOKEN_S)),
    ("the nonce of a message", in_words(NONCE_S)),
    ("access tokens that the local Discord grants", f"{in_words(GRANT_S)}, or until `mando up` ends"),
    ("Google's ID tokens of the local issuer", in_words(ID_TOKEN_S)),
    (
        "the issuer's certificate",
        f"as long as `issuer.pem` is there; who fetched it may use it for {in_words(CERTIFICATES_FRESH_S)}",
    ),
    (
        "`ingress.log`, `steps.log`",
        f"{LOG_BYTES // _MB} MB each, and as much of what was before in `ingress.log.1`, `steps.log.1`",
    ),
    ("workflows and their revisions, keys", "until somebody deletes them"),
)
