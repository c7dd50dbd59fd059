"""The pages of /ops without scripts: all is in the HTML, forms lead back, and what has not changed is not sent."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.project import QUEUE, REPLY_QUEUE
from tests.ops.pages import Page, see, send_form
from tests.story.way import Way, a_way


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    async with a_way(tmp_path) as made:
        yield made


async def waiting(way: Way, words: str = "a quiet sea") -> str:
    """A request that waits in the second queue, because Discord is down; its id."""
    await way.ask("POST", "/faults", {"target": "discord", "kind": "503"})
    interaction = await way.send(words)
    await way.until(interaction, "waiting", lambda story: story["summary"]["rounds"] == 2)
    return interaction


async def test_the_front_page_has_numbers_queues_reasons_and_the_newest_requests(way: Way) -> None:
    shown = await way.send("first")
    await way.until(shown, "shown")
    waits = await waiting(way)
    page = await see(way, "/ops")
    assert page.status == 200
    assert "1 shown" not in page.part("tile-shown")
    assert re.search(r"Pictures [1-9]", page.part("tile-shown"))
    assert "reply-discord-queue running 1" in page.part("queue-reply-discord-queue")
    assert "1 the workflow has put it off" in page.part("wait-workflow:reply-discord-queue")
    assert re.search(r"workflows/mando\.yaml:\d+ longest_wait_s: 60", page.words)
    assert "waiting for Discord, round 2, next try in" in page.part(f"request-{waits}")
    assert "shown after" in page.part(f"request-{shown}")
    assert "steps → Discord: 503, until removed" in page.part("faults")
    assert "revision 000001" in page.part("files")
    assert 'class="shade"' in page.text  # of the charts
    assert page.part("executions-succeeded") == "succeeded 2"
    assert 'aria-label="succeeded: at most ' in page.text


async def test_before_anything_has_happened_the_pages_say_so(way: Way) -> None:
    assert "None yet. Type /mando in the channel" in (await see(way, "/ops")).words
    assert "None yet. Type /mando in the channel" in (await see(way, "/ops/requests")).words
    assert "Nothing is like that" in (await see(way, "/ops/requests?q=nothing")).words
    assert "Nothing. What is broken is shaded" in (await see(way, "/ops/break")).words


async def test_a_page_that_has_not_changed_is_not_sent_again(way: Way) -> None:
    await way.until(await way.send(), "shown")
    for path, verb in (("/ops", "pause"), ("/ops/requests", "resume"), ("/ops/break", "pause")):
        tag = (await see(way, path)).headers["ETag"]
        again = await see(way, path, tag)
        assert (again.status, again.text) == (304, "")
        await way.ask("POST", f"/v2/{QUEUE}:{verb}", {})
        assert (await see(way, path, tag)).status == 200


async def test_a_program_gets_json_at_the_same_address_and_a_browser_a_page(way: Way) -> None:
    interaction = await way.send()
    await way.until(interaction, "shown")
    for path in ("/ops/requests", f"/ops/requests/{interaction}"):
        assert isinstance((await way.ask("GET", path))[1], dict)
        assert (await see(way, path)).text.startswith("<!doctype html>")


async def test_what_a_member_typed_is_text_and_never_a_part_of_the_page(way: Way) -> None:
    interaction = await way.send("<script>alert(1)</script>")
    await way.until(interaction, "shown")
    for path in ("/ops", "/ops/requests", f"/ops/requests/{interaction}", "/ops/requests?q=<script>alert(1)</script>"):
        page = await see(way, path)
        assert "<script>alert" not in page.text
        assert "<script>alert(1)</script>" in page.words or "q=" in path


async def test_the_list_is_searched_filtered_and_paged_by_links(way: Way) -> None:
    ids = [await way.send(f"words {number}") for number in range(3)]
    for interaction in ids:
        await way.until(interaction, "shown")

    def listed(page: Page) -> list[str]:
        return re.findall(r'id="request-(\d+)"', page.text)

    assert listed(await see(way, "/ops/requests")) == ids[::-1]
    assert listed(await see(way, "/ops/requests?q=words+1")) == [ids[1]]
    assert listed(await see(way, "/ops/requests?state=failed")) == []
    assert listed(await see(way, "/ops/requests?state=shown&error=1")) == []
    first = await see(way, "/ops/requests?size=2")
    (older,) = first.links("/ops/requests?before=")
    assert listed(await see(way, older)) == [ids[0]]
    chips = (await see(way, "/ops/requests?state=shown")).text
    assert re.search(r'id="chip-shown"[^>]*href="/ops/requests" aria-current="true"', chips)
    assert (await see(way, "/ops/requests?state=lost")).status == 400


async def test_the_others_that_wait_for_the_same_reason_are_a_link_away(way: Way) -> None:
    await way.until(await way.send(), "shown")  # which waits for nothing
    one, other = await waiting(way), await waiting(way, "another")
    page = await see(way, f"/ops/requests/{one}")
    assert page.part("others") == "1 other waits for the same"
    (link,) = page.links("/ops/requests?reason=")
    same = await see(way, link)
    assert set(re.findall(r'id="request-(\d+)"', same.text)) == {one, other}
    assert "Only those that wait because: the workflow has put it off" in same.part("reason")
    found = await see(way, f"{link}&q=another")
    assert re.findall(r'id="request-(\d+)"', found.text) == [other], "a reason and a search hold together"


async def test_a_request_that_waits_says_why_until_when_and_which_line_decides(way: Way) -> None:
    page = await see(way, f"/ops/requests/{await waiting(way)}")
    assert "waiting for Discord, round 2, next try in" in page.part("state")
    assert "The workflow has put it off" in page.part("why")
    assert "Next try in" in page.part("why")
    assert "knobs.longest_wait_s is 60" in page.words
    lit = re.search(r'<li class="lit">(.*?)</li>', page.text)
    assert lit is not None
    assert "longest_wait_s: 60" in lit[1]


async def test_each_bar_of_the_waterfall_leads_to_its_step_and_its_line_of_the_revision(way: Way) -> None:
    page = await see(way, f"/ops/requests/{await waiting(way)}")
    bars = page.links("#bar-")
    assert len(bars) > 5
    assert all(f'id="{bar[1:]}"' in page.text for bar in bars)
    lines = page.links("#000001-")
    assert lines
    assert all(f'id="{line[1:]}"' in page.text for line in lines)
    assert re.search(r"Discord answered 503: broken on purpose × [2-9]", page.words)
    assert '{"message": "broken on purpose", "code": 0}' in page.words  # the raw answer


async def test_a_request_shows_its_input_its_output_and_the_command_that_does_it_again(way: Way) -> None:
    interaction = await way.send()
    await way.until(interaction, "shown")
    page = await see(way, f"/ops/requests/{interaction}")
    assert f'"interaction_id": "{interaction}"' in page.part("input")
    assert '"object": "pictures/' in page.part("output")
    assert page.part("command").startswith("mando run workflows/mando.yaml --data '{")
    assert page.links("/#message-")


async def test_what_is_no_request_is_said_in_a_sentence(way: Way) -> None:
    for path, words in (
        ("/ops/requests/123456789012345678", "Nothing is known of interaction 123456789012345678."),
        ("/ops/requests/7", "7 is not the id of an interaction: it has 15 to 19 digits."),
        ("/ops/replays/9", "There is no replay 9."),
    ):
        page = await see(way, path)
        assert (page.status, page.part("problem")) == (404, words)


async def test_a_replay_and_a_reply_by_a_form_lead_back_to_the_request(way: Way) -> None:
    interaction = await way.send()
    await way.until(interaction, "shown")
    address = f"/ops/requests/{interaction}"
    done = await send_form(way, f"requests/{interaction}/replay", back=address)
    assert (done.status, done.address) == (200, address)
    story = await way.until(interaction, "shown", lambda story: len(story["executions"]) == 2)
    page = await see(way, address)
    original, replay = (one["id"] for one in story["executions"])
    assert f"a replay of {original[:8]}" in page.part(f"execution-{replay}")
    assert f"replayed as {replay[:8]}" in page.part(f"execution-{original}")
    assert (await send_form(way, f"requests/{interaction}/reply", back=address)).status == 200


async def test_a_cancel_asks_first_and_is_then_done(way: Way) -> None:
    interaction = await waiting(way)
    address = f"/ops/requests/{interaction}"
    (asks,) = (await see(way, address)).links("/ops/confirm/")
    question = await see(way, asks)
    assert f"Cancel request {interaction}?" in question.part("question")
    await way.ask("DELETE", "/faults")
    assert "cancelled" in (await send_form(way, f"requests/{interaction}/cancel", back=address)).part("state")
    again = await send_form(way, f"requests/{interaction}/cancel", back=address)
    assert (again.status, again.part("problem")) == (409, "It is over already: cancelled.")


async def test_a_queue_is_paused_resumed_and_purged_by_forms(way: Way) -> None:
    interaction = await waiting(way)
    queue = "reply-discord-queue"
    assert "paused" in (await send_form(way, f"queues/{queue}/pause")).part(f"queue-{queue}")
    assert "running" in (await send_form(way, f"queues/{queue}/resume")).part(f"queue-{queue}")
    question = await see(way, f"/ops/confirm/queues/{queue}/purge?back=/ops")
    assert f"Purge {queue}?" in question.part("question")
    await send_form(way, f"queues/{queue}/purge")
    assert way.cloud.tasks.depth(REPLY_QUEUE) == 0
    assert "cancelled" in (await see(way, f"/ops/requests/{interaction}")).part("state")
    unknown = await send_form(way, "queues/nothing/pause")
    assert (unknown.status, "Queue does not exist" in unknown.part("problem")) == (404, True)


async def test_only_a_page_of_ours_may_send_a_form(way: Way) -> None:
    for origin, status in (("http://evil.example", 403), ("null", 403), (None, 415)):
        assert (await send_form(way, "faults", origin, target="discord", kind="503")).status == status
    assert way.cloud.faults.pending == []


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/elsewhere", "/ops/\\evil", "/opsx", ""])
async def test_a_form_leads_to_no_page_but_ours(way: Way, back: str) -> None:
    assert (await send_form(way, "faults/remove", back=back)).address == "/ops"


async def test_all_that_failed_are_replayed_and_how_each_ended_is_shown(way: Way) -> None:
    way.statuses["/reply-discord"] = 400
    failed = [await way.send(str(number)) for number in range(3)]
    for interaction in failed:
        await way.until(interaction, "failed")
    way.statuses.clear()
    page = await send_form(way, "replays", states="failed,told", since="3600", rate="100")
    assert page.address == "/ops/replays/1"
    assert "Replay of 3 requests" in page.part("title")
    async with asyncio.timeout(20):
        while "Over: 3 were started, and all have ended." not in page.words:
            page = await see(way, "/ops/replays/1")
    assert "3 shown" in page.part("ended-shown")
    assert 'value="3"' in page.text
    refused = await send_form(way, "replays", states="failed", since="3600", rate="much")
    assert (refused.status, refused.part("problem")) == (400, "Rate is a number, not 'much'.")
