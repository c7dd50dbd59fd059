"""Every number that a model says, and its unit.  Called by model, which refuses a file that has others.

The units: s (a distribution, or a number), share (0 to 1), count, 1/s, bytes, bits/s, cores, status (of HTTP).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "share", "count", "1/s", "bytes", "bits/s", "cores", "status"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number is of; a distribution if its value differs from call to call."""

    unit: Unit
    text: str
    is_distribution: bool = False


def _time(text: str) -> Meaning:
    return Meaning("s", text, is_distribution=True)


PARAMETERS: Mapping[str, Meaning] = {
    "ingress.network_s": _time("from Discord to the function and back, without the function's work"),
    "ingress.handle_s": _time("the function's work on one interaction, without the creation of the task"),
    "ingress.cold_start_s": _time("until a new instance of the function takes its first request"),
    "ingress.idle_stop_s": Meaning("s", "an instance without requests is stopped after this time"),
    "ingress.members": Meaning("count", "members who use the command; each is limited by limits.yaml"),
    "ingress.wait_limit_s": Meaning("s", "a request waits so long for an instance, then the answer is 429"),
    "tasks.create_s": _time("one call that creates a named task"),
    "tasks.dispatch_s": _time("from the creation of a task to its first dispatch, where the queue is free"),
    "tasks.duplicate_share": Meaning("share", "tasks that are dispatched twice although the first time succeeded"),
    "tasks.ramp_s": Meaning("s", "after a pause the rate rises from ramp_from_share to all of it in this time"),
    "tasks.ramp_from_share": Meaning("share", "the rate at the beginning of the ramp, as a share of the queue's rate"),
    "tasks.ramp_idle_s": Meaning("s", "a queue without dispatches for this time begins with the ramp"),
    "tasks.throttled_share": Meaning(
        "share", "the rate while the target answers 429 or 5xx, as a share of the queue's"
    ),
    "tasks.throttle_errors_share": Meaning("share", "of the last dispatches so many failed when throttling begins"),
    "tasks.throttle_recovery_s": Meaning("s", "time from the last error to the full rate"),
    "executions.create_s": _time("one call that creates an execution"),
    "executions.hop_s": _time("from the answer to one call until the next call reaches its target"),
    "executions.step_s": Meaning("s", "each further step between two calls"),
    "executions.starts_per_s": Meaning("1/s", "executions created a second; more are answered with 429"),
    "executions.most_at_once": Meaning("count", "active executions, sleeping ones too; more are QUEUED"),
    "executions.most_queued": Meaning("count", "executions that are QUEUED; more are answered with 429"),
    "executions.newest_first_share": Meaning("share", "how often the newest of the QUEUED ones begins, not the oldest"),
    "executions.queue_look_s": Meaning("s", "time until a free place is given to one that is QUEUED"),
    "appengine.start_f1_s": _time("until a new F1 instance takes its first request"),
    "appengine.start_f2_s": _time("until a new F2 instance takes its first request"),
    "appengine.start_f4_s": _time("until a new F4 instance takes its first request"),
    "appengine.f1_cores": Meaning("cores", "what an F1 instance computes with, in modern cores"),
    "appengine.f2_cores": Meaning("cores", "what an F2 instance computes with, in modern cores"),
    "appengine.f4_cores": Meaning("cores", "what an F4 instance computes with, in modern cores"),
    "appengine.start_decision_s": Meaning("s", "time between two starts of instances"),
    "appengine.cpu_window_s": Meaning("s", "the use of the processors is smoothed over this time"),
    "appengine.abort_status": Meaning("status", "the answer to a request that waited too long for an instance"),
    "appengine.idle_stop_s": Meaning("s", "an instance without requests is stopped, and paid, after this time"),
    "appengine.bits_per_s": Meaning("bits/s", "outgoing traffic of one instance"),
    "appengine.connections_per_s": Meaning("1/s", "outgoing connections of one instance"),
    "appengine.deadline_s": Meaning("s", "a request that takes longer is ended"),
    "appengine.fixed_instances": Meaning(
        "count", "this many instances always run; 0: App Engine starts and stops them"
    ),
    "elsewhere.containers": Meaning("count", "containers of /reply-discord on a host elsewhere; they are always there"),
    "machine.cores": Meaning("cores", "all parts share these cores; 0: each instance has its own"),
    "machine.request_cpu_s": Meaning("s", "CPU time of a request before its execution, where all share the cores"),
    "machine.call_cpu_s": Meaning("s", "the same of each call of a step, besides the step's own"),
    "steps.generate_cpu_s": _time("CPU time, on one modern core, that draws a picture"),
    "steps.generate_again_cpu_s": _time("CPU time of a /generate-image whose picture is in the bucket already"),
    "steps.reply_cpu_s": _time("CPU time of a /reply-discord: the token, the upload"),
    "steps.bot_token": Meaning("count", "1 if the steps have a bot token: with it they post after the token's life"),
    "steps.picture_bytes": Meaning("bytes", "a picture, median"),
    "storage.write_s": _time("one write of a picture"),
    "storage.read_s": _time("one read of a picture"),
    "storage.look_s": _time("one look whether a picture is in the bucket, without reading it"),
    "storage.writes_per_s": Meaning("1/s", "writes of a new bucket; more are slowed down"),
    "discord.reply_s": _time("one edit of the reply with a picture"),
    "discord.tell_s": _time("one edit of the reply with words alone"),
    "discord.answer_limit_s": Meaning("s", "an interaction that is not answered by then has failed for the member"),
    "discord.token_life_s": Meaning("s", "the reply can be edited for this time"),
    "discord.most_invalid": Meaning("count", "answers 401, 403 and 429 in 10 minutes; more, and the address is banned"),
    "discord.ban_s": Meaning("s", "such a ban lasts this long"),
}
