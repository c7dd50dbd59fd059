"""The sources of a `mando up` whose queue is not what limits.  Called by path and operator."""

import re
from pathlib import Path

from tests.system.up import copy_of_sources


def sources_with_fast_queue(folder: Path) -> Path:
    """A copy of ours; its queues have the highest rate that a queue can have."""
    root = copy_of_sources(folder)
    queue = root / "queue.yaml"
    lifted = re.sub(r"rate: \S+", "rate: 500/s", queue.read_text())
    lifted = re.sub(r"bucket_size: \d+", "bucket_size: 100", lifted)
    queue.write_text(re.sub(r"max_concurrent_requests: \d+", "max_concurrent_requests: 200", lifted))
    return root
