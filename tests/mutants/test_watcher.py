"""The plugin that tells the trials which tests reach what, and which are slow."""

import os
import subprocess
import sys
from pathlib import Path
from types import CodeType

from tests.mutants import python, watcher
from tests.mutants.watcher import Report, read, write

ROOT = Path(__file__).parent.parent.parent
CODE = """
def called_on_import():
    return 1

def called_by_a_test():
    return called_on_import()

def called_by_none():
    return 2

ONE = called_on_import()
"""
TESTS = """
import subprocess, sys, threading, time
import pytest, code_under_test

@pytest.fixture(scope="session")
def a_server():
    subprocess.run([sys.executable, "-c", ""], check=True)

def test_slow(): time.sleep(0)
def test_calls(): assert code_under_test.called_by_a_test()
def test_calls_on_a_thread():
    thread = threading.Thread(target=code_under_test.called_by_a_test)
    thread.start()
    thread.join()
def test_starts_a_process(): subprocess.run([sys.executable, "-c", ""], check=True)
def test_uses_a_server(a_server): pass
def test_uses_it_later(a_server): pass
def test_fails(): assert False
"""


def report(tmp_path: Path, before: Report, *, is_watched: bool) -> Report:
    (tmp_path / "code_under_test.py").write_text(CODE)
    (tmp_path / "test_it.py").write_text(TESTS)
    write(tmp_path / "before.json", before)
    found = {watcher.REPORT: str(tmp_path / "report.json"), watcher.BEFORE: str(tmp_path / "before.json")}
    watching = {watcher.REACHED: "1"} if is_watched else {}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:randomly",
        "-p",
        watcher.__name__,
        "-q",
        "--basetemp=temporary",
    ]
    subprocess.run(
        [*command, "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}", **found, **watching},
        check=False,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
    return read(tmp_path / "report.json")


def test_a_test_that_reaches_the_function_or_uses_a_process_is_left_out(tmp_path: Path) -> None:
    found = report(tmp_path, Report(), is_watched=True)
    line = CODE.splitlines().index("def called_by_a_test():") + 1
    assert [one.partition("::")[2] for one in found.that_reach(f"code_under_test.py:{line}")] == [
        "test_calls",
        "test_calls_on_a_thread",
        "test_starts_a_process",
        "test_uses_a_server",
        "test_uses_it_later",
    ]
    assert found.failed == ["test_it.py::test_fails"]


def test_where_nobody_knows_which_tests_matter_some_are_left_out(tmp_path: Path) -> None:
    found = report(tmp_path, Report(), is_watched=True)
    unreached = CODE.splitlines().index("def called_by_none():") + 1
    assert found.reached["code_under_test.py:2"][0] == ""  # outside of a test
    for function in (None, "code_under_test.py:2", f"code_under_test.py:{unreached}"):
        assert found.that_reach(function) == ()  # which means: all


def test_a_slow_test_looks_before_the_quick_ones(tmp_path: Path) -> None:
    slow, quick = "test_it.py::test_slow", "test_it.py::test_fails"
    found = report(tmp_path, Report(took_s={slow: 2 * watcher.SLOW_S, quick: watcher.SLOW_S}), is_watched=False)
    assert list(found.took_s)[-1] == slow
    assert found.reached == {}


def test_a_mistake_belongs_to_another_function_than_the_innermost_as_python_counts_its_line() -> None:
    text = "LIMIT = 1\n\n@decorated\n@again(2)\ndef outer():\n    def inner(x=3):\n        return 4\n    return 5\n"
    functions = {text[one.begin : one.end]: one.function for one in python.mistakes("a.py", text)}
    module = compile(text, "a.py", "exec")
    outer = next(one for one in module.co_consts if isinstance(one, CodeType))
    inner = next(one for one in outer.co_consts if isinstance(one, CodeType))
    assert functions["1"] is None
    assert functions["4"] == f"a.py:{inner.co_firstlineno}"
    assert functions["5"] == f"a.py:{outer.co_firstlineno}"
