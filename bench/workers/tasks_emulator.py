"""A worker that is one queue of gcloud-tasks-emulator: the same jobs as those of queue.py.  Its tasks are in memory.

It cannot stop while tasks wait, so stop() lets it find an empty queue.
"""

# mypy: ignore-errors

import logging
import threading
import time

from gcloud_tasks_emulator.server import Processor, QueueState
from google.cloud.tasks_v2 import HttpMethod, Queue, Task

from bench.workers.jobs import serve
from bench.workers.memory import resident_kib

QUEUE = "projects/demo/locations/us-central1/queues/q"


class Emulated:
    def __init__(self):
        logging.disable(logging.CRITICAL)
        self._state, self._created = QueueState("localhost", 80, -1), 0
        self._state.create_queue("projects/demo/locations/us-central1", Queue(name=QUEUE))
        self._state.pause_queue(QUEUE)

    def fill(self, up_to, url):
        self.create(up_to - len(self._state.list_tasks(QUEUE)), url)

    def create(self, count, url):
        for _ in range(count):
            self._created += 1
            request = {"url": url, "http_method": HttpMethod.POST, "body": b'{"argument": "{}"}'}
            name = f"{QUEUE}/tasks/{hash(str(self._created)) & 0xFFFFFFFF:08x}-{self._created}"
            self._state.create_task(QUEUE, Task(name=name, http_request=request))

    def start(self, url):
        self._processor = Processor(self._state)
        self._processor._is_running.set()
        self._state.resume_queue(QUEUE)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._processor._process_queue(QUEUE)
        except Exception:
            if self._state.queue(QUEUE).state == Queue.State.RUNNING:
                raise

    def stop(self):
        self._processor._is_running.clear()
        waiting = self._state.list_tasks(QUEUE)
        self._state.pause_queue(QUEUE)
        self._state.purge_queue(QUEUE)
        self._thread.join(timeout=10)
        self._state.list_tasks(QUEUE).extend(waiting)

    def cpu_s(self):
        return time.process_time()


if __name__ == "__main__":
    emulated = Emulated()
    jobs = {name: getattr(emulated, name) for name in ("fill", "create", "start", "stop", "cpu_s")}
    serve({**jobs, "resident_kib": resident_kib})
