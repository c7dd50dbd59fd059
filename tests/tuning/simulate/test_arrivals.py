"""Files of arrivals: whatever their form, the same instants give the same load, and a mistake has a line."""

import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuning.simulate.arrivals import read_arrivals
from tuning.yaml_file import FileMistake

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=ZONES), min_size=1, max_size=40)  # noqa: DTZ001

NAME = "projects/p/locations/us-central1/workflows/mando/executions/1"


def as_gcloud_lists(texts: Sequence[str]) -> str:
    """Source: Workflow Executions API, the basic view: name, startTime, state and others."""
    return json.dumps([{"name": NAME, "startTime": text, "state": "SUCCEEDED"} for text in texts], indent=2) + "\n"


def as_whole_executions(texts: Sequence[str]) -> str:
    late = "2100-01-01T00:00:00Z"
    return json.dumps([{"argument": '{"a": "]"}', "createTime": text, "startTime": late} for text in texts])


def as_json_lines(texts: Sequence[str]) -> str:
    return "\n".join(json.dumps({"time": text, "message": "enqueued"}) for text in texts)


def as_described_one_by_one(texts: Sequence[str]) -> str:
    return "\n".join(json.dumps({"createTime": text, "state": "ACTIVE"}, indent=2) for text in texts)


def as_log_entries(texts: Sequence[str]) -> str:
    return json.dumps([{"insertId": "x", "timestamp": text, "receiveTimestamp": "?"} for text in texts], indent=2)


def as_log(texts: Sequence[str]) -> str:
    return "".join(f"[{text}] INFO POST / 200 at 2030-01-01T00:00:00Z\n\n" for text in texts)


def as_values(texts: Sequence[str]) -> str:
    return "\r\n".join(texts)


FORMS = [
    *(as_gcloud_lists, as_whole_executions, as_json_lines, as_described_one_by_one, as_log_entries, as_log, as_values)
]


def written(folder: Path, text: str) -> Path:
    path = folder / "arrivals.txt"
    path.write_text(text, newline="")
    return path


@pytest.mark.parametrize("form", FORMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(instants=INSTANTS)
def test_the_same_instants_give_the_same_arrivals(
    tmp_path: Path, form: Callable[[Sequence[str]], str], instants: list[datetime]
) -> None:
    arrivals = read_arrivals(written(tmp_path, form([at.isoformat() for at in instants])))
    first = min(instants)
    assert list(arrivals.times()) == pytest.approx(sorted((at - first).total_seconds() for at in instants), abs=1e-5)
    assert len(arrivals) == len(instants)
    assert arrivals.length_s == pytest.approx(max(1.0, (max(instants) - first).total_seconds()), abs=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_files_of_several_parts_are_read_whole(tmp_path: Path, form: Callable[[Sequence[str]], str]) -> None:
    begun = datetime(2026, 11, 25, tzinfo=UTC)
    seconds = [*range(70_000)]
    random.Random(5).shuffle(seconds)
    arrivals = read_arrivals(written(tmp_path, form([(begun + timedelta(seconds=n)).isoformat() for n in seconds])))
    assert list(arrivals.times()) == [*map(float, range(70_000))]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-25T10:00:00Z", 0),
        ("2026-11-25t10:00:00z", 0),
        ("2026-11-25 10:00:00Z", 0),
        ("2026-11-25T12:00:00+02:00", 0),
        ("2026-11-25T10:00:00-00:00", 0),
        ("2026-11-25T10:00:00.5Z", 0.5),
        ("2026-11-25T10:00:00.123456789Z", 0.123456),
        ("2026-11-25T10:00:60Z", 60),
        ("2026-11-25T10:59:60.25Z", 3600.25),
    ],
)
def test_every_form_of_an_instant_is_read(tmp_path: Path, text: str, seconds: float) -> None:
    """Source: RFC 3339, section 5.6: small letters and a space may stand there too, a second may be 60."""
    arrivals = read_arrivals(written(tmp_path, f"2026-11-25T10:00:00Z\n{text}\n"))
    assert list(arrivals.times()) == pytest.approx([0, seconds], abs=1e-5)


def test_a_log_may_hold_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"2026-11-25T10:00:00Z GET /\xff\n2026-11-25T10:00:01Z GET /\xe9\x00\n")
    assert list(read_arrivals(path).times()) == [0, 1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "there are no arrivals"),
        ("[]", 1, "there are no arrivals"),
        ("\n\n", 1, "there are no arrivals"),
        ("2026-11-25T10:00:00Z\nTraceback\n", 2, "no instant in this line"),
        ("2026-11-25T10:00:00\n", 1, "no instant in this line"),
        ("2026-11-25T10:00:00Z\n\n2026-02-30T10:00:00Z\n", 3, "'2026-02-30T10:00:00Z' is no instant"),
        ("2026-11-25T10:00:00+99:00\n", 1, "is no instant"),
        ('[\n  {"startTime": "2026-11-25T10:00:00Z"},\n  {"state": "QUEUED"}\n]', 3, "QUEUED has none"),
        ('[\n{\n"time":\n"2026-11-25T10:00:00Z"\n},\n{\n"a": 1\n}\n]', 6, "expected an object with createTime"),
        ('[\n{\n"time":\n"2026-11-25T10:00:00Z"\n},\n{\n"a": b\n}\n]', 7, "no JSON: Expecting value"),
        ('{"a": 1}\n', 1, "expected an object with createTime, startTime, timestamp or time"),
        ('{"createTime": "2026-11-25T10:00:00Z"}\n7\n', 2, "expected an object"),
        ('{"createTime": 1795663478}\n', 1, "createTime is '1795663478', expected an instant"),
        ('{"createTime": "yesterday"}\n', 1, "createTime is 'yesterday', expected an instant"),
        ('{"createTime": "2026-11-25T10:00:00Z"}\n{"createTime"\n', 3, "no JSON"),
        ('[{"createTime": "2026-11-25T10:00:00Z"},\n{"a": nothing}]', 2, "no JSON: Expecting value"),
        ('[{"createTime": "2026-11-25T10:00:00Z"}\n', 2, "no JSON"),
        ('[{"createTime": "2026-11-25T10:00:00Z"}]\nmore', 1, "something follows the end of the list"),
        ('{"a": ' + "[" * 100_000, 1, "no JSON"),
        ('{"a": ' + "9" * 5_000 + "}", 1, "no JSON"),
    ],
)
def test_a_mistake_has_the_line_where_it_stands(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(FileMistake) as raised:
        read_arrivals(written(tmp_path, text))
    assert (raised.value.file, raised.value.line, raised.value.column) == ("arrivals.txt", line, 0)
    assert message in str(raised.value)


@given(text=st.text(), begin=st.sampled_from(["", "{", "[{", '[{"time":', "2026-11-25T10:00:00Z\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_with_a_line_of_it(tmp_path: Path, text: str, begin: str) -> None:
    path = tmp_path / "any.txt"
    path.write_bytes((begin + text).encode("utf-8", "surrogatepass"))
    try:
        read_arrivals(path)
    except FileMistake as mistake:
        assert 1 <= mistake.line <= len((begin + text).splitlines()) + 1


def test_reading_a_list_keeps_8_bytes_for_each_arrival(tmp_path: Path) -> None:
    path = written(tmp_path, as_gcloud_lists([f"2026-11-25T10:{n // 60 % 60:02}:{n % 60:02}Z" for n in range(20_000)]))
    tracemalloc.start()
    try:
        arrivals = read_arrivals(path)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(arrivals) == 20_000
    assert kept < 300_000
    assert most < 2_000_000 < path.stat().st_size
