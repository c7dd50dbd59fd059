"""Measure the requests a second of the whole path on this machine, from the interaction to the reply.

`mando send` sends them to a `mando up` whose queue has the highest rate that a queue can have.  There is no peer for
the whole path, so it is compared with one step: drawing.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mandala
from tests.system.up import copy_of_sources, mando_up

COUNT = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_sources(Path(folder) / "sources")
        queue = root / "queue.yaml"
        lifted = re.sub(r"rate: \S+", "rate: 500/s", queue.read_text())
        queue.write_text(re.sub(r"bucket_size: \d+", "bucket_size: 100", lifted))
        with mando_up(Path(folder) / "data", root) as up:
            send = [sys.executable, "-m", "cli.main", "send", "--count", str(COUNT), "--rate", "100"]
            began_s = time.perf_counter()
            sent = subprocess.run([*send, "--port", str(up.port)], capture_output=True, text=True, check=True)
            took_s = time.perf_counter() - began_s
    summary = json.loads(sent.stdout.splitlines()[-1])["summary"]
    began_s = time.perf_counter()
    for number in range(50):
        mandala.draw_png(mandala.design_for(str(number)))
    draws_per_s = 50 / (time.perf_counter() - began_s)
    print(f"whole path, {COUNT} requests sent at 100 a second")
    print(f"  delivered                 {COUNT / took_s:8.1f} a second, {summary['picture']} pictures")
    print(f"  acknowledged              {summary['acknowledged_ms']['median']:8.1f} ms median")
    print(f"  drawing alone, one core   {draws_per_s:8.1f} a second")
    print(f"  ratio                     {COUNT / took_s / draws_per_s:8.2f}")


if __name__ == "__main__":
    main()
