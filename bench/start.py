"""Measure from the start of a process to its first acknowledged interaction: what a member waits for a new instance.

The ingress, the same with google-cloud-tasks imported as its documentation does, and a bare functions-framework that
answers without looking.  In turn, each as a process of its own; the queue is a server here that answers at once.
"""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from tests.ingress.function import DISCORD, RecordingQueue, environment
from tests.interactions import an_interaction
from tests.servers import BIN, ROOT, free_port, serving

ROUNDS = 9
_TRY_EVERY_S = 0.005
_GIVE_UP_AFTER_S = 60

SOURCES = {
    "bare functions-framework": 'def handle_request(http):\n    http.get_data()\n    return {"type": 5}\n',
    "with google-cloud-tasks": "from google.cloud import tasks_v2, tasks_v2beta3\nfrom ingress.main import *\n"
    "from service.slow_clients import use_deadlines_in_functions_framework as use\nuse()\n",
    "ingress": "from ingress.main import *\n"
    "from service.slow_clients import use_deadlines_in_functions_framework as use\nuse()\n",
}


def main() -> None:
    taken_s: dict[str, list[float]] = {name: [] for name in SOURCES}
    with tempfile.TemporaryDirectory() as folder, serving(RecordingQueue) as queue_url:
        variables = {**os.environ, **environment(queue_url), "PYTHONPATH": str(ROOT)}
        for number in range(ROUNDS):
            for name, text in SOURCES.items():
                source = Path(folder) / f"{name.replace(' ', '_')}.py"
                source.write_text(text)
                taken_s[name].append(_first_answer_s(source, variables, f"13100000000000{number:05}"))
    print("process start to the first acknowledged interaction, seconds, median of", ROUNDS)
    for name, values in taken_s.items():
        print(f"  {name:<26}{statistics.median(values):8.2f}")
    pairs = zip(taken_s["ingress"], taken_s["with google-cloud-tasks"], strict=True)
    print(f"  ratio, median of rounds   {statistics.median(ours / theirs for ours, theirs in pairs):8.2f}")


def _first_answer_s(source: Path, variables: dict[str, str], interaction_id: str) -> float:
    port = free_port()
    command = [str(BIN / "functions-framework"), "--target=handle_request", f"--source={source}", "--host=127.0.0.1"]
    began_s = time.perf_counter()
    process = subprocess.Popen([*command, f"--port={port}"], env=variables, stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began_s < _GIVE_UP_AFTER_S:
            try:
                answer = DISCORD.post(f"http://127.0.0.1:{port}", an_interaction(interaction_id))
            except requests.ConnectionError:
                time.sleep(_TRY_EVERY_S)
                continue
            if answer.status_code != 200 or answer.json()["type"] != 5:
                raise SystemExit(f"{source.stem} answered {answer.status_code} {answer.text}")
            return time.perf_counter() - began_s
        raise SystemExit(f"{source.stem} did not answer")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
