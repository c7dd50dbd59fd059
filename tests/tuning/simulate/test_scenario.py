"""Scenarios: what fails when, of which calls, and what is refused in an operator's file."""

import itertools
import pickle
import random
from pathlib import Path

import pytest

from tests.house.files import ROOT
from tuning.simulate.fault import PARTS, Part
from tuning.simulate.load import Load, even
from tuning.simulate.scenario import (
    FOLDER,
    NoLength,
    Scenario,
    UnknownScenario,
    calm,
    names,
    read_story,
    scenario,
    story_of,
)
from tuning.yaml_file import FileMistake

LOAD = even(40, 900)
INCIDENTS = [
    *("discord-2022-01-26", "discord-2022-03-08", "edge-2025-11-18", "edge-2025-12-05", "google-2025-06-12"),
    *("appengine-2016-08-11", "appengine-2017-06-07", "tokens-2015-03-05", "discord-auth-2023-11-06"),
]
MADE_UP = [
    *("discord-down", "429-storm", "slow-storage", "viral-burst", "queue-stall", "cold", "flap", "hiccup", "ip-ban")
]


def a_story(faults: str, load: Load = LOAD, down_s: float | None = None, at_s: float | None = 0) -> Scenario:
    """The scenario of a file with these faults, each a line."""
    head = "title: t\nsource: s\nsure: guess\n"
    path = Path("story.yaml")
    story = story_of(path.stem, path.name, head + faults)
    assert at_s is not None
    factor = 1.0 if down_s is None else down_s / story.length_s
    moved = tuple(fault.moved(at_s, factor) for fault in story.faults)
    return Scenario(story.name, story.title, load, moved, at_s, at_s + story.length_s * factor)


def test_every_incident_is_there_and_every_made_up_one() -> None:
    assert names() == sorted(INCIDENTS + MADE_UP)


@pytest.mark.parametrize("name", INCIDENTS + MADE_UP)
def test_a_scenario_has_a_title_a_source_and_a_length(name: str) -> None:
    story = read_story(name)
    assert story.title
    assert story.source
    assert story.sure in ("documented", "measured") or name in MADE_UP
    assert (story.length_s > 0) is (name != "cold")


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("discord-2022-01-26", 143 + 60),
        ("edge-2025-11-18", 346),
        ("edge-2025-12-05", 25),
        ("google-2025-06-12", 160),
        ("appengine-2016-08-11", 107),
        ("appengine-2017-06-07", 138),
        ("tokens-2015-03-05", 84),
        ("flap", 57),
        ("ip-ban", 60),
    ],
)
def test_an_incident_is_as_long_as_it_was(name: str, minutes: float) -> None:
    """Source: the owners' reports that each file names; 2022-01-26: 14:49 to 17:12 EST, and an hour for commands."""
    assert read_story(name).length_s == 60 * minutes


@pytest.mark.parametrize("name", INCIDENTS + MADE_UP)
def test_a_fault_begins_after_a_third_of_the_load_or_when_it_is_said(name: str) -> None:
    found = scenario(name, LOAD)
    assert found.begins_s == 300
    assert found.ends_s == 300 + read_story(name).length_s
    assert scenario(name, LOAD, at_s=60).begins_s == 60
    assert all(found.begins_s <= fault.begins_s <= fault.ends_s <= found.ends_s for fault in found.faults)


@pytest.mark.parametrize("name", sorted({*INCIDENTS, *MADE_UP} - {"cold"}))
def test_a_length_that_is_asked_for_is_the_length(name: str) -> None:
    found = scenario(name, LOAD, down_s=60)
    assert found.ends_s - found.begins_s == pytest.approx(60)


def test_what_happens_in_an_instant_has_no_length_to_set() -> None:
    with pytest.raises(NoLength, match="cold happens in one instant"):
        scenario("cold", LOAD, down_s=60)


PARTS_OF_ALL: list[Part] = ["discord", "steps", "storage", "executions", "tasks", "tokens"]


@pytest.mark.parametrize("name", INCIDENTS + MADE_UP)
def test_nothing_is_hit_before_and_after(name: str) -> None:
    found = scenario(name, LOAD)
    for part, now_s in itertools.product(PARTS_OF_ALL, (0, found.begins_s - 0.001, found.ends_s, found.ends_s + 1)):
        assert found.share(part, now_s) == 0
        assert found.hit(part, now_s, 0.0) is None


@pytest.mark.parametrize("name", INCIDENTS + MADE_UP)
def test_as_many_calls_are_hit_as_the_share_says(name: str) -> None:
    found, dice = scenario(name, LOAD), random.Random(3)
    for part in PARTS_OF_ALL:
        now_s = dice.uniform(found.begins_s, found.ends_s)
        hits = sum(found.hit(part, now_s, number / 1000) is not None for number in range(1000))
        assert hits / 1000 == pytest.approx(found.share(part, now_s), abs=0.002)


@pytest.mark.parametrize(
    ("now_s", "share"),
    [(0, 1), (59.9, 1), (60, 0.5), (120, 0.25), (179.9, 0.0004), (180, 0), (200, 0)],
)
def test_a_share_below_at_and_above_each_corner(now_s: float, share: float) -> None:
    faults = "faults:\n- {part: discord, kind: hang, share: [[0s, 1], [1m, 1], [1m, 0.5], [3m, 0]], ends: 3m}"
    assert a_story(faults).share("discord", now_s) == pytest.approx(share, abs=1e-3)


def test_a_shorter_scenario_has_the_same_form() -> None:
    long, short = scenario("google-2025-06-12", LOAD, at_s=0), scenario("google-2025-06-12", LOAD, 600, 0)
    for share in (0, 0.1, 0.25, 0.3, 0.6, 0.99):
        assert short.share("storage", 600 * share) == pytest.approx(long.share("storage", 9600 * share))


def test_flaps_keep_their_lengths_in_a_shorter_scenario() -> None:
    found = scenario("edge-2025-11-18", LOAD, at_s=0)
    assert [found.share("discord", 60 * minute) for minute in (0, 4.9, 5, 9.9, 10, 95, 99, 100, 189.9)] == [
        *(1, 1, 0, 0, 1, 0, 0, 1, 1)
    ]
    short = scenario("flap", LOAD, down_s=180, at_s=0)
    assert [short.share("discord", second) for second in (0, 39, 40, 89, 90, 129, 130, 179, 180)] == [
        *(1, 1, 0, 0, 1, 1, 0, 0, 0)
    ]


def test_two_faults_of_one_part_divide_its_calls() -> None:
    faults = (
        "faults:\n- {part: discord, kind: error, status: 403, share: 0.2, ends: 1m}\n"
        "- {part: discord, kind: hang, share: 0.5, ends: 1m}\n- {part: steps, kind: hang, ends: 1m}"
    )
    found = a_story(faults)
    hits = [found.hit("discord", 10, u) for u in (0, 0.199, 0.2, 0.699, 0.7, 0.999)]
    assert [hit and hit.label for hit in hits] == [
        *("Discord fails 20 % of calls (403)", "Discord fails 20 % of calls (403)"),
        *("Discord does not answer 50 % of calls", "Discord does not answer 50 % of calls", None, None),
    ]


def test_stalls_and_cold_starts_hit_no_call() -> None:
    stalled, cold = scenario("queue-stall", LOAD), scenario("cold", LOAD)
    assert stalled.hit("tasks", 301, 0.0) is None
    assert [fault.kind for fault in stalled.of("tasks")] == ["stall"]
    assert [(fault.kind, fault.share_at(300)) for fault in cold.of("steps")] == [("cold", 1)]


def test_a_viral_burst_adds_requests_and_breaks_nothing() -> None:
    found = scenario("viral-burst", LOAD)
    assert found.faults == ()
    came = list(found.load.times(random.Random(1)))
    assert sum(330 <= at < 390 for at in came) == pytest.approx(10 * 40 * 60, rel=0.05)
    assert sum(at < 300 for at in came) == 40 * 300


def test_a_slow_call_takes_as_long_as_the_median_and_the_max_say() -> None:
    (fault,) = a_story("faults:\n- {part: storage, kind: slow, median: 2s, max: 30s, ends: 1m}").faults
    assert fault.slow is not None
    assert fault.slow.median == pytest.approx(2)
    assert fault.slow.quantile(1) == 30


def test_a_rate_limit_is_a_429_that_says_how_long_to_wait_unless_it_is_a_page() -> None:
    storm, ban = (scenario(name, LOAD).faults[0] for name in ("429-storm", "ip-ban"))
    assert (storm.status, storm.body, storm.retry_after_s) == (429, "json", 5)
    assert (ban.status, ban.body, ban.retry_after_s) == (429, "page", None)


def test_in_calm_weather_nothing_fails() -> None:
    found = calm(LOAD)
    assert [found.hit(part, now_s, 0.0) for part in PARTS_OF_ALL for now_s in (0, 450, 1e9)] == [None] * 18


def test_another_process_may_run_the_same_scenario() -> None:
    found = scenario("viral-burst", LOAD)
    copied = pickle.loads(pickle.dumps(scenario("edge-2025-11-18", found.load)))
    assert copied.hit("discord", 301, 0.5).status == 500
    assert list(copied.load.times(random.Random(2))) == list(found.load.times(random.Random(2)))


def test_an_operator_may_have_a_scenario_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text((FOLDER / "discord-down.yaml").read_text().replace("503", "502"))
    found = scenario(str(path), LOAD, 120)
    assert (found.name, found.faults[0].status, found.ends_s) == ("mine", 502, 420)


@pytest.mark.parametrize("name", ["discord-dwon", "../models/cloud", "", "README.md"])
def test_an_unknown_name_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(UnknownScenario, match=r"expected a file that ends in \.yaml or one of 429-storm, appengine"):
        scenario(name, LOAD)


@pytest.mark.parametrize(
    ("faults", "place", "message"),
    [
        ("", "1:1", "neither faults nor a load"),
        ("faults: []", "1:1", "neither faults nor a load"),
        ("faults:\n- {part: discort, kind: hang, ends: 1m}", "5:10", "unknown 'discort'; did you mean 'discord'?"),
        (
            "faults:\n- {part: discord, kind: down, ends: 1m}",
            "5:25",
            "unknown 'down', expected one of error, rate_limit",
        ),
        ("faults:\n- {part: discord, kind: stall, ends: 1m}", "5:10", "'stall' is not of discord, expected tasks"),
        ("faults:\n- {part: discord, kind: hang}", "5:3", "'ends' is missing: 'hang' needs ends"),
        (
            "faults:\n- {part: discord, kind: error, ends: 1m}",
            "5:3",
            "'status' is missing: 'error' needs ends and status",
        ),
        (
            "faults:\n- {part: discord, kind: hang, ends: 60}",
            "5:37",
            "expected a duration such as 90s, 10m or 1h30m, not '60'",
        ),
        (
            "faults:\n- {part: discord, kind: hang, ends: 0s}",
            "5:37",
            "expected an end that is later than the beginning",
        ),
        (
            "faults:\n- {part: discord, kind: hang, ends: 1m, status: 503}",
            "5:49",
            "'hang' has no 'status', expected ends",
        ),
        ("faults:\n- {part: steps, kind: cold, ends: 1m}", "5:35", "'cold' has no 'ends', expected begins, share"),
        (
            "faults:\n- {part: discord, kind: error, status: 200, ends: 1m}",
            "5:40",
            "expected an HTTP status from 400 to 599",
        ),
        (
            "faults:\n- {part: discord, kind: hang, share: 1.5, ends: 1m}",
            "5:38",
            "expected a share from 0 to 1, or corners",
        ),
        (
            "faults:\n- {part: discord, kind: hang, share: [[0s, 1], [2m, 0], [1m, 0]], ends: 1m}",
            "5:57",
            "this corner is before the one above it",
        ),
        (
            "faults:\n- {part: discord, kind: hang, share: [[1s, 1], [1m, 0]], ends: 1m}",
            "5:39",
            "the first corner at 0s",
        ),
        ("faults:\n- {part: discord, kind: hang, share: [[0s, 1], [1m, 0]], ends: 2m}", "5:48", "where the fault ends"),
        ("faults:\n- {part: discord, kind: hang, begins: 1m, ends: 2m}", "5:1", "one of them begins at 0s"),
        ("faults:\n- {part: steps, kind: slow, median: 5s, max: 1s, ends: 2m}", "5:46", "a max that is not below it"),
        (
            "faults:\n- {part: storage, kind: rate_limit, scope: webhook, ends: 2m}",
            "5:44",
            "only a rate limit that Discord itself says has a scope",
        ),
        (
            "faults:\n- {part: discord, kind: rate_limit, body: page, retry_after: 1s, ends: 2m}",
            "5:62",
            "a page in front of the part does not say how long to wait",
        ),
        ("faults:\n- {part: discord, kind: hang, flaps: {fails: 1s}, ends: 2m}", "5:38", "'works' is missing"),
        ("faults:\n- {part: discord, kind: hang, flaps: {fails: 1s, works: 0s}, ends: 2m}", "5:38", "times above 0s"),
        ("load: [[0s, 1], [0s, 5]]", "4:17", "expected the last corner later than 0s"),
        ("load: [[0s, 1], [1m, 0.5]]", "4:22", "expected bigger than or equal to 1"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_was_expected(faults: str, place: str, message: str) -> None:
    with pytest.raises(FileMistake) as raised:
        a_story(faults)
    assert str(raised.value).startswith(f"story.yaml:{place}: "), raised.value
    assert message in str(raised.value)


def test_every_kind_of_fault_is_in_a_scenario() -> None:
    kinds = {fault.kind for name in names() for fault in read_story(name).faults}
    assert kinds == PARTS.keys()


def test_the_files_are_short_enough_to_be_written_by_hand() -> None:
    assert max(len(path.read_text().splitlines()) for path in (ROOT / "tuning/scenarios").iterdir()) <= 12
