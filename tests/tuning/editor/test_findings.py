"""A finding is shown at the field that it is about, and an edit is told apart from what was there before."""

from tests.servers import ROOT
from tuning.check.rules import check
from tuning.editor.findings import compared, findings
from tuning.knobs import with_value
from tuning.sources import Sources, from_folder

OURS = from_folder(ROOT)


def of(sources: Sources) -> list[dict[str, object]]:
    return findings(check(sources), sources)


def test_what_an_edit_breaks_is_new_and_at_its_field() -> None:
    after = of(with_value(OURS, "create-image-queue.rate", 200))
    (new,) = [one for one in compared(of(OURS), after)["findings"] if one["rule"] == "start-quota"]
    assert (new["knob"], new["level"], new["is_new"]) == ("create-image-queue.rate", "error", True)


def test_what_was_there_before_is_not_new_although_its_numbers_are_others() -> None:
    before, after = (of(with_value(OURS, "create-image-queue.rate", rate)) for rate in (95, 96))
    assert [one["what"] for one in before] != [one["what"] for one in after]
    said = compared(before, after)
    assert {one["is_new"] for one in said["findings"]} == {False}
    assert said["mended"] == []


def test_what_an_edit_mends_is_said() -> None:
    before, after = (of(with_value(OURS, "create-image-queue.rate", rate)) for rate in (200, 5))
    assert "start-quota" in [one["rule"] for one in compared(before, after)["mended"]]


def test_a_number_that_makes_a_file_unreadable_is_said_at_its_field() -> None:
    (one,) = of(with_value(OURS, "limits.per_minute", 0))
    assert (one["rule"], one["knob"]) == ("unreadable", "limits.per_minute")


def test_of_several_numbers_in_a_line_it_is_the_one_meant() -> None:
    broken = with_value(OURS, "steps.discord_timeout_s.read", 0)
    assert [one["knob"] for one in of(broken)] == ["steps.discord_timeout_s.read"]


def test_where_no_number_stands_it_is_at_no_field() -> None:
    assert {one["knob"] for one in of({**OURS, "queue.yaml": "queue: ["})} == {None}
