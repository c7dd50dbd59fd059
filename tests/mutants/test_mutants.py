"""The tool that makes mistakes makes those that an engineer makes, and the tests that look for them see them."""

import gc
import random
from collections.abc import Callable

import pytest

from tests.mutants import python, workflow
from tests.mutants.__main__ import draw, every_mistake
from tests.mutants.accepted import reasons
from tests.mutants.mistake import Mistake
from tests.mutants.rooms import ROOMS, Room
from tests.mutants.trial import ROOT, BrokenBefore, tried

PYTHON = '''"""A docstring with 1 < 2."""
from a import b
LIMIT = 5
@dataclass(frozen=True)
class Box:
    size: int | None = None
def f(x: int = 1) -> str | None:
    if x < LIMIT and not b:
        raise ValueError(f"{x} < 5")
    log.info("said", x)
    self.kept = [x, "ä"]
    db.run("SELECT a FROM t WHERE n <= ? AND m = ? ORDER BY n", x, limit=min(x, 7))
    return x + 1
'''
YAML = """
main:
  params: [a]
  steps:
    - ask:
        switch:
          - condition: ${a.n > 20 and a.m == "x"}   # 7 of them
            next: late
          - condition: ${not(a.ok)}
            raise: ${a}
    - wait: {call: sys.sleep, args: {seconds: 30}}
    - late: {return: 1}
    - wait_s:
        assign:
          - wait_s: ${math.max(2, a.s) * 3}
          - word: ${if(a.n == 2, "b", "c")}
    - end:
        return: ${wait_s}
"""


def lines(find: Callable[[str, str], list[Mistake]], text: str) -> set[str]:
    """What the mistakes write, line by line."""
    return {one.strip("+ ") for mistake in find("x", text) for one in mistake.diff(text) if one.startswith("+")}


def test_a_mistake_that_an_engineer_makes_in_python_is_never_tried() -> None:
    written = lines(python.mistakes, PYTHON)
    assert {
        "LIMIT = 6",
        "LIMIT = 10",
        "if x <= LIMIT and not b:",
        "if (not b):",
        "if (x < LIMIT):",
        "if x < LIMIT and b:",
        "pass",
        'self.kept = ["ä"]',
        'db.run("SELECT a FROM t WHERE n < ? AND m = ? ORDER BY n", x, limit=min(x, 7))',
        'db.run("SELECT a FROM t WHERE n <= ? ORDER BY n", x, limit=min(x, 7))',
        'db.run("SELECT a FROM t WHERE n <= ? AND m = ? ORDER BY n DESC", x, limit=min(x, 7))',
        'db.run("SELECT a FROM t WHERE n <= ? AND m = ? ORDER BY n", x)',
        'db.run("SELECT a FROM t WHERE n <= ? AND m = ? ORDER BY n", x, limit=max(x, 7))',
        "return x - 1",
        "return None",
    } <= written


def test_a_type_a_docstring_or_the_words_of_an_error_are_changed() -> None:
    for one in python.mistakes("x", PYTHON):
        assert one.line not in (1, 2, 4, 5)
        assert "raise ValueError" not in "".join(one.diff(PYTHON)[1:])
        assert "str | None" in one.made_in(PYTHON)


def test_a_mistake_that_an_operator_makes_in_yaml_is_never_tried() -> None:
    written = lines(workflow.mistakes, YAML)
    assert {
        '- condition: ${a.n > 40 and a.m == "x"}   # 7 of them',
        '- condition: ${a.n > 10 and a.m == "x"}   # 7 of them',
        '- condition: ${a.n >= 20 and a.m == "x"}   # 7 of them',
        '- condition: ${a.n > 20 or a.m == "x"}   # 7 of them',
        "- condition: ${a.n > 20}   # 7 of them",
        "- condition: ${(a.ok)}",
        "- wait: {call: sys.sleep, args: {seconds: 29}}",
        "next: end",
        "- wait_s: ${math.min(2, a.s) * 3}",
        "- wait_s: ${math.max(2, a.s) / 3}",
        '- word: ${if(a.n == 2, "c", "b")}',
        "return: null",
    } <= written
    assert not any("14 of them" in line for line in written)


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_a_room_has_no_mistakes_or_one_that_does_not_compile(name: str) -> None:
    gc.collect()  # what tests before left behind is not to end amid a parse, which Python 3.11 does not survive
    found = every_mistake(ROOMS[name])
    assert len(found) > 100
    for mistake in draw(found, 20, random.Random(1)):
        text = (ROOT / mistake.path).read_text()
        assert mistake.made_in(text) != text
        assert mistake.diff(text)
        if mistake.path.endswith(".py"):
            compile(mistake.made_in(text), mistake.path, "exec", dont_inherit=True)


def test_another_seed_draws_the_same_or_the_same_seed_others() -> None:
    found = every_mistake(ROOMS["ingress"])
    drawn = [draw(found, 30, random.Random(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({(one.path, one.line) for one in drawn[0]}) == 30


def test_a_mistake_is_not_seen_by_a_process_that_the_tests_start_or_stays_in_the_working_tree() -> None:
    """The mistake is in `mando draw`, which a test runs."""
    path = "cli/draw.py"
    text = (ROOT / path).read_text()
    begin = text.index("@click.command")
    broken = Mistake(path, text.count("\n", 0, begin) + 1, begin, begin, "import nothing_like_it\n\n", "broken")
    harmless = Mistake(path, broken.line, begin, begin, "_HARMLESS = 1\n", "harmless")
    room = Room((path,), ("tests/cli/test_commands.py::test_an_option_can_be_an_environment_variable_too",))
    before = (ROOT / path).read_bytes()
    verdicts = list(tried(room, [broken, harmless], jobs=2))
    assert [verdict.is_noticed for verdict in verdicts] == [True, False]
    assert verdicts[0].by.startswith("tests/cli/test_commands.py::")
    assert (ROOT / path).read_bytes() == before


def test_a_room_whose_tests_fail_before_is_tried() -> None:
    with pytest.raises(BrokenBefore):
        list(tried(Room((), ("tests/no_such_test.py",)), [], jobs=1))


def test_an_accepted_mistake_has_no_reason_or_is_of_a_line_that_is_gone() -> None:
    for key, reason in reasons().items():
        path, _, change = key.partition(" ")
        assert change.partition(" → ")[0] in (ROOT / path).read_text(), key
        assert len(reason) > 20, key
