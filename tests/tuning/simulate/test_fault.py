"""What one fault is called in charts and tables."""

import pytest

from tuning.simulate.scenario import story_of


@pytest.mark.parametrize(
    ("fault", "label"),
    [
        ("{part: discord, kind: error, status: 503, ends: 10m}", "Discord down (503)"),
        ("{part: tokens, kind: error, status: 503, ends: 10m}", "Google's token issuer down (503)"),
        (
            "{part: discord, kind: error, status: 500, flaps: {fails: 5m, works: 5m}, ends: 20m}",
            "Discord down on and off (500)",
        ),
        (
            "{part: steps, kind: error, status: 500, share: [[0s, 1], [9s, 0]], ends: 9s}",
            "App Engine fails up to 100 % of calls (500)",
        ),
        ("{part: storage, kind: rate_limit, ends: 10m}", "Cloud Storage limits our rate (429)"),
        ("{part: discord, kind: rate_limit, share: 0.9, ends: 10m}", "Discord refuses 90 % of calls (429)"),
        ("{part: executions, kind: hang, ends: 10m}", "Workflows does not answer"),
        ("{part: steps, kind: slow, median: 2s, max: 9s, ends: 10m}", "App Engine slow"),
        ("{part: tasks, kind: stall, ends: 3m}", "Cloud Tasks sends nothing"),
        ("{part: steps, kind: cold}", "App Engine starts anew"),
    ],
)
def test_a_fault_is_named_as_people_say_it(fault: str, label: str) -> None:
    (found,) = story_of("s", "s.yaml", f"title: t\nsource: s\nsure: guess\nfaults:\n- {fault}").faults
    assert found.label == label
