"""A mistake of ours is found by its log entry alone, and the entry tells nothing that may be a secret."""

import io
import json
import logging
import sys
import traceback
from pathlib import Path

import pytest
import requests

from service.log import JsonLines, entry, log, place, stack_trace
from tests.servers import BIN, ROOT, free_port, running

SECRET = "aW50ZXJhY3Rpb246c2VjcmV0"


class BrokenTable(Exception):
    """Raised by this test."""


def deepest(secret: str) -> None:
    raise KeyError(f"/webhooks/7/{secret}")


def middle(secret: str) -> None:
    try:
        deepest(secret)
    except KeyError as error:
        raise BrokenTable(secret) from error


def mistake(suppress: bool = False) -> BaseException:
    try:
        try:
            middle(SECRET)
        except BrokenTable as error:
            raise ValueError(SECRET) from (None if suppress else error)
    except ValueError as error:
        return error
    raise AssertionError


def test_every_frame_of_an_error_and_of_its_causes_is_there_with_file_line_and_function() -> None:
    error = mistake()
    said = stack_trace(error)
    for cause in (error, error.__cause__, error.__cause__.__cause__):  # type: ignore[union-attr]
        assert cause is not None
        for frame, line in traceback.walk_tb(cause.__traceback__):
            assert f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}\n' in said
    lines = said.splitlines()
    assert [lines.index(kind) for kind in ("KeyError", f"{__name__}.BrokenTable", "ValueError")] == sorted(
        lines.index(kind) for kind in ("KeyError", f"{__name__}.BrokenTable", "ValueError")
    ), "the first cause comes first, as Python prints it"
    assert said.count("Traceback (most recent call last):") == 3


def test_no_text_of_an_error_and_no_line_of_code_is_there() -> None:
    said = stack_trace(mistake())
    assert SECRET not in said
    assert "raise" not in said


def test_what_python_would_not_show_is_not_shown() -> None:
    assert "KeyError" not in stack_trace(mistake(suppress=True))


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert stack_trace(first).count("Traceback") == 2


def test_an_endless_recursion_is_a_few_lines() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError) as caught:
        again()
    assert len(stack_trace(caught.value)) < 2000
    assert "again" in stack_trace(caught.value)


def test_an_entry_is_one_line_whatever_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    log("ERROR", "two\nlines \u2028", status=5, interaction_id=None)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    wanted = {"severity": "ERROR", "message": "two\nlines \u2028", "status": 5, "interaction_id": None}
    assert json.loads(said) == wanted


def test_an_entry_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that is stopped takes with it what waits in its memory."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(written), encoding="utf-8"))
    log("INFO", "done", interaction_id="77")
    assert written.getvalue() == b'{"severity": "INFO", "message": "done", "interaction_id": "77"}\n'


def test_an_entry_of_a_library_has_the_same_shape() -> None:
    error = mistake()
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broke: %s", ("why",), (type(error), error, None))
    assert json.loads(JsonLines().format(record)) == json.loads(entry("ERROR", "broke: why", error))


def test_a_mistake_is_named_by_its_kind_and_place() -> None:
    assert place(mistake()).startswith(f"ValueError at {__file__}:")
    assert place(KeyError(SECRET)) == "KeyError at nowhere"


def test_an_error_that_no_application_caught_is_logged_so_by_the_worker_of_both_doors(tmp_path: Path) -> None:
    """uvicorn would print its text."""
    (tmp_path / "broken.py").write_text(f"async def app(scope, receive, send):\n    raise KeyError({SECRET!r})\n")
    port, output = free_port(), tmp_path / "log"
    worker = "--workers 1 --worker-class service.slow_clients.Worker --log-level error --no-control-socket"
    command = f"exec {BIN}/gunicorn {worker} --bind 127.0.0.1:{port} broken:app >{output} 2>&1"
    url = f"http://127.0.0.1:{port}"
    with running(["sh", "-c", command], {"PYTHONPATH": f"{ROOT}:{tmp_path}"}, url):
        assert requests.get(url, timeout=10).status_code == 500
    said = output.read_text()
    assert SECRET not in said
    entries = [json.loads(line) for line in said.splitlines()]
    assert entries
    assert {one["severity"] for one in entries} == {"ERROR"}
    assert f'File "{tmp_path}/broken.py", line 2, in app\nKeyError' in entries[0]["stack_trace"]


def test_a_request_fails_because_its_log_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux's /dev/full takes what is written and refuses the flush."""
    full = open("/dev/full", "w")  # noqa: PTH123, SIM115 -- closing it fails as the flush did
    monkeypatch.setattr(sys, "stdout", full)
    log("INFO", "a picture")
    monkeypatch.undo()
    with pytest.raises(OSError, match="No space left"):
        full.close()
