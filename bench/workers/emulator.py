"""A worker that is workflows-emulator: the same jobs as those of mando.py.  Runs in the environment of the peers."""

# mypy: ignore-errors

import copy
import logging
from concurrent.futures import ThreadPoolExecutor

import requests
import yaml
from jsonschema import validate
from workflows_emulator.main import WORKFLOW_SCHEMA, execute_workflow

from bench.workers.jobs import serve

logging.disable(logging.CRITICAL)
_loaded = {}


def compile_(source):
    """As its load_workflow() does with a file."""
    _loaded[source] = yaml.safe_load(source)
    validate(_loaded[source], WORKFLOW_SCHEMA)
    return len(_loaded[source])


def execute(source, argument, times=1):
    """argument becomes the parameter `args` of main."""
    result = None
    for _ in range(times):
        result = execute_workflow(copy.deepcopy(_loaded[source]), {"args": argument})
    return result


def bare(url, calls, at_once=1):
    def call_some(_):
        for _ in range(calls // at_once):
            requests.get(url)  # which reads the body too

    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(call_some, range(at_once)))


if __name__ == "__main__":
    serve({"compile": compile_, "execute": execute, "bare": bare})
