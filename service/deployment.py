"""The numbers of deploy/deployment.yaml that the programs themselves need.  Read once, when a process starts.

`mando deploy` and `mando check` check the whole file; here only a number that cannot be read ends the process.
"""

import sys
from pathlib import Path

import yaml

FILE = Path(__file__).parent.parent / "deploy" / "deployment.yaml"

try:
    _NUMBERS = yaml.load(FILE.read_bytes(), yaml.CSafeLoader)  # libyaml: Python's own reader takes ten times as long
    # Requests that Cloud Run sends to one instance of the ingress at once.
    INGRESS_REQUESTS = int(_NUMBERS["ingress"]["concurrency"])
    # From the arrival of a request's first byte to the ingress's answer.
    INGRESS_ANSWERS_WITHIN_S = float(_NUMBERS["ingress"]["answer_within_s"])
    # Threads of one process of the steps, which draw and upload.
    STEPS_THREADS = int(_NUMBERS["steps"]["threads"])
    # Of the steps' calls, in seconds: to connect, and for each read.
    BUCKET_TIMEOUT_S, DISCORD_TIMEOUT_S = (
        (float(timeout["connect"]), float(timeout["read"]))
        for timeout in (_NUMBERS["steps"]["bucket_timeout_s"], _NUMBERS["steps"]["discord_timeout_s"])
    )
    # Before the token's end, a reply that waits in the queue becomes a word to the member.
    LAST_WORD_S = float(_NUMBERS["steps"].get("last_word_s", 0))
    # Of a reply that puts itself off: the shortest wait, the longest one, and when the last attempt begins, before the
    # token's end.
    FIRST_WAIT_S, LONGEST_WAIT_S, LAST_ATTEMPT_S = (
        float(_NUMBERS["steps"]["reply_waits"][name]) for name in ("first_s", "longest_s", "last_attempt_s")
    )
except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
    sys.stderr.write(f"mando: cannot read deploy/deployment.yaml: {error!r}; `mando check` says what is wrong in it\n")
    sys.exit(2)
