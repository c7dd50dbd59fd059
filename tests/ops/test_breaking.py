"""What /ops/break does without scripts: faults, switches, incidents, clocks."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.incidents import incidents
from local.ops.broken import SWITCHES, TARGETS, Switch
from tests.ops.pages import see, send_form
from tests.story.way import Way, a_way

BACK = "/ops/break"


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    async with a_way(tmp_path, incidents=incidents()) as made:
        yield made


async def test_one_fault_is_shown_until_it_is_removed(way: Way) -> None:
    page = await send_form(way, "faults", back=BACK, target="discord", kind="503", count="4", for_s="")
    assert page.part("faults") == "steps → Discord: 503, 4 more"
    page = await send_form(way, "faults", back=BACK, target="storage", kind="500", for_s="60", after="on")
    assert "steps → bucket: does the work, then 500, for another " in page.part("faults")
    page = await send_form(way, "faults/remove", back=BACK)
    assert 'id="faults"' not in page.text
    assert way.cloud.faults.pending == []


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
async def test_a_switch_is_on_until_it_is_switched_off(way: Way, switch: Switch) -> None:
    name = switch.name
    await way.ask("POST", "/faults", {"target": "discord", "kind": "429"})
    page = await send_form(way, f"switches/{name}", back=BACK, on="1")
    assert "Switch off" in page.part(f"switch-{name}")
    page = await send_form(way, f"switches/{name}", back=BACK)
    assert "Switch on" in page.part(f"switch-{name}")
    assert [fault.kind for fault in way.cloud.faults.pending] == ["429"]


async def test_an_incident_is_begun_for_a_chosen_time_and_ended(way: Way) -> None:
    page = await send_form(way, "faults", back=BACK, scenario="discord-down", for_s="120")
    assert re.match(r"Discord is down, for another (2 min|1\d\d s)", page.part("incident-discord-down"))
    interaction = await way.send()
    await way.until(interaction, "waiting", lambda story: story["summary"]["rounds"] == 2)
    assert 'class="shade"' in (await see(way, "/ops")).text
    page = await send_form(way, "faults/remove", back=BACK, scenario="discord-down")
    assert "Nothing." in page.words
    (outage,) = (await way.ask("GET", "/ops/figures"))[1]["outages"]
    assert (outage["target"], outage["kind"], outage["endS"] is not None) == ("discord", "503", True)


async def test_what_of_an_incident_cannot_be_played_is_said(way: Way) -> None:
    page = await see(way, BACK)
    assert "Not played here: Google's token issuer fails 85 % of calls (503)" in page.words
    assert "viral-burst" not in page.text
    for target in TARGETS:
        assert f'<option value="{target}"' in page.text


@pytest.mark.parametrize(("clock", "words"), [("clock", "queue and workflow"), ("token-clock", "the token issuer")])
async def test_a_clock_is_set_and_shown(way: Way, clock: str, words: str) -> None:
    page = await send_form(way, f"faults/{clock}", back=BACK, offset_s="-8")
    assert f"the clock of {words.removeprefix('the ')}".replace("token", "the token") in page.part("faults")
    assert "is 8 s behind" in page.part("faults")
    refused = await send_form(way, f"faults/{clock}", back=BACK, offset_s="1e12")
    assert (refused.status, "offset_s is a" in refused.part("problem").lower()) == (400, True)
