"""A file that a schema describes: its value, or one mistake with file, line and column."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuning.yaml_file import FileMistake, read_yaml

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "kind": {"enum": ["slow", "hang"]},
        "rate": {"type": "number", "minimum": 0, "maximum": 9},
        "length": {"type": "string", "pattern": "^[0-9]+s$", "description": "seconds such as 5s"},
        "parts": {"type": "array", "items": {"type": "object", "required": ["x"], "description": "{x: 1}"}},
    },
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


def test_yaml_is_read_as_version_1_2_says(schema: Path) -> None:
    parts = "- {x: 010, u: +1.0, v: False, w: NULL, no: 5:30, y: 2026-11-25, z: ~, t: true, n: -3, f: .5}"
    text = f"name: on\nrate: 1e-5\nparts:\n{parts}"
    assert read_yaml("a.yaml", text, schema).value == {
        "name": "on",
        "rate": 0.00001,
        "parts": [
            {
                "x": 10,
                "u": 1,
                "v": False,
                "w": None,
                "no": "5:30",
                "y": "2026-11-25",
                "z": None,
                "t": True,
                "n": -3,
                "f": 0.5,
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.yaml:1:1: the file is empty"),
        ("name: [", "a.yaml:1:8: expected the node content, but found '<stream end>'"),
        ("name: a\nnames: b", "a.yaml:2:1: unknown 'names'; did you mean 'name'?"),
        ("name: a\nzebra: b", "a.yaml:2:1: unknown 'zebra', expected one of name, kind, rate, length, parts"),
        ("kind: hang", "a.yaml:1:1: 'name' is missing"),
        ("name: a\nkind: slov", "a.yaml:2:7: unknown 'slov'; did you mean 'slow'?"),
        ("name: a\nrate: fast", "a.yaml:2:7: expected number, not 'fast'"),
        ("name: a\nrate: 10", "a.yaml:2:7: expected smaller than or equal to 9, not '10'"),
        (f"name: a\nrate: {'9' * 5000}", f"a.yaml:2:7: the number {'9' * 39}… is too large"),
        ("name: a\nrate: -1e999", "a.yaml:2:7: the number -1e999 is too large"),
        ("name: a\nrate: 1_000", "a.yaml:2:7: expected number, not '1_000'"),
        ("name: a\nlength: 5", "a.yaml:2:9: expected seconds such as 5s, not '5'"),
        ("name: a\nlength: 5m", "a.yaml:2:9: expected seconds such as 5s, not '5m'"),
        ("name: a\nparts:\n- x: 1\n- y: 1", "a.yaml:4:3: 'x' is missing: expected {x: 1}"),
        ("name: a\nparts:\n  - 5", "a.yaml:3:5: expected {x: 1}, not '5'"),
        ("name: a\nname: b", "a.yaml:2:1: 'name' stands there twice"),
        ("name: a\nparts: [{x: 1, x: 2}]", "a.yaml:2:16: 'x' stands there twice"),
        ("name: a\n? [1]\n: b", "a.yaml:2:3: expected a name before the colon"),
        ("name: &a b\nkind: *a", "a.yaml:1:7: an alias repeats this value; write it out where it is needed"),
        ("name: &a [*a]", "a.yaml:1:7: an alias repeats this value; write it out where it is needed"),
        ("- name", "a.yaml:1:1: expected object, not '['name']'"),
        ("name: a\tb\x00", "a.yaml:1:10: the character '\\x00' cannot stand in YAML"),
        (f"name: a\nlength: {'5' * 100}", f"a.yaml:2:9: expected seconds such as 5s, not '{'5' * 39}…'"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_was_expected(schema: Path, text: str, message: str) -> None:
    with pytest.raises(FileMistake) as raised:
        read_yaml("a.yaml", text, schema)
    assert str(raised.value) == message


@given(st.text(st.sampled_from("name:kid rtelhp[]{},&*-\n\t'\"5s|>!%@#")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_with_a_place_in_it(schema: Path, text: str) -> None:
    try:
        read_yaml("a.yaml", text, schema)
    except FileMistake as mistake:
        assert 1 <= mistake.line <= text.count("\n") + 1
        assert mistake.column >= 1


@pytest.fixture
def usual_depth() -> Iterator[None]:
    """Python's own limit of calls within calls, which hypothesis lifts."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}")])
@pytest.mark.usefixtures("usual_depth")
def test_a_text_that_is_nested_too_deeply_is_refused(schema: Path, opening: str, closing: str) -> None:
    with pytest.raises(FileMistake, match="nested too deeply"):
        read_yaml("a.yaml", opening * 2000 + closing * 2000, schema)
