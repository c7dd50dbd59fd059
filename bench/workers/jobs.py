"""The inside of a worker: jobs come in as lines of JSON, and what they took goes out.  Imports nothing of a program.

A line is [name, arguments], the answer [seconds, seconds of CPU time, result].  Used by the programs in this folder.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping


def serve(jobs: Mapping[str, Callable[..., object]]) -> None:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        gc.collect()
        began_s, cpu_s = time.perf_counter(), time.process_time()
        result = jobs[name](**arguments)
        print(json.dumps([time.perf_counter() - began_s, time.process_time() - cpu_s, result]), flush=True)
