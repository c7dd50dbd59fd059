"""The trace of a request, by which Cloud Logging and Cloud Trace join what all parts did for it.

Its id is that of the interaction, filled up with zeros: each part knows it, also for a task or a replay of days later,
and an operator finds one by the other.
Source: W3C, "Trace Context": 32 hexadecimal digits, not all of them 0.  Cloud Logging, LogEntry.trace.
"""

HEADER = "traceparent"
# We write no spans of our own: the calls of one request stand side by side in its trace.
_PARENT = "0000000000000001"
LOG_FIELD = "logging.googleapis.com/trace"


def trace_id(interaction_id: str) -> str:
    return interaction_id.zfill(32)


def traceparent(interaction_id: str) -> str:
    """The header of a call that is made for the interaction; the flag 01 asks to keep the trace.

    workflows/mando.yaml makes the same text of an id of 19 digits, as all have from 2022 to 2090.
    """
    return f"00-{trace_id(interaction_id)}-{_PARENT}-01"


def trace_name(project: str, interaction_id: str) -> str:
    return f"projects/{project}/traces/{trace_id(interaction_id)}"
