"""What is kept of messages, interactions and files: in which order, until when, and what goes with what."""

from pathlib import Path
from typing import Any

import pytest

from local.data.content_pool import ContentPool
from local.discord.data.files import MessageFiles
from local.discord.errors import DiscordError
from local.discord.forms.form import Form
from local.discord.forms.uploads import Upload
from local.discord.forms.use import parse_use
from tests.discord.application import (
    BOT_TOKEN,
    Clock,
    Running,
    a_form,
    a_picture,
    answering,
    local_discord,
)

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


def messages_url(here: Running) -> str:
    return f"{here.api}/channels/{here.discord.identities.channel_id}/messages"


async def say(here: Running, *contents: str) -> list[str]:
    """The ids of the member's messages."""
    return [(await here.discord.run(here.discord.channel.say, content)).id for content in contents]


async def contents(here: Running) -> list[str]:
    return [message["content"] for message in await here.messages()]


async def kept(here: Running, query: str) -> list[Any]:
    store = here.discord.replies._store
    return [row[0] for row in await here.discord.run(store._database.rows, query)]


def on_disk(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "discord.files").iterdir())


FIRST = "SELECT id FROM messages ORDER BY id"


async def test_what_is_forgotten_is_too_young_too_much_or_still_waited_for(here: Running) -> None:
    """The oldest first; what was made at that very instant stays, and so does the newest change of all."""
    assert await here.discord.oldest_s() is None
    made_s = []
    for content in ("1", "2", "3"):
        here.application.answer = answering({"type": 4, "data": {"content": content}})
        await here.interact()
        made_s.append(here.clock.now.timestamp())
        here.clock.advance(seconds=10)
    waiting = await here.discord.run(
        here.discord.beginnings.begin, parse_use({"data": {"name": "mando"}}, None), "x" * 124, here.base
    )
    assert await here.discord.oldest_s() == pytest.approx(made_s[0], abs=0.001)
    assert await here.discord.forget(made_s[0], 10) == 0
    assert await here.discord.forget(made_s[1], 10) == 2, "a message and an interaction"
    assert await contents(here) == ["2", "3"]
    assert await here.discord.oldest_s() == pytest.approx(made_s[1], abs=0.001)
    await say(here, "4")
    here.clock.advance(seconds=10)
    assert await here.discord.forget(here.clock.now.timestamp(), 1) == 2
    assert await contents(here) == ["3", "4"]
    assert await here.discord.forget(here.clock.now.timestamp(), 10) == 2
    assert await contents(here) == ["4"], "who listens counts from the last change on"
    assert await kept(here, "SELECT id FROM interactions") == [int(waiting.id)]
    assert await here.discord.forget(here.clock.now.timestamp(), 10) == 0
    assert await here.discord.oldest_s() is None


async def test_the_file_of_a_forgotten_message_is_still_there_or_one_of_another_is_gone(
    here: Running, tmp_path: Path
) -> None:
    urls = []
    for name in ("a.png", "b.png"):
        form = a_form({"content": name}, (name, a_picture()))
        _, message = await here.call("POST", messages_url(here), data=form, headers=BOT)
        urls.append(message["attachments"][0]["url"])
        here.clock.advance(seconds=10)
    assert len(on_disk(tmp_path)) == 2
    assert await here.discord.forget(here.clock.now.timestamp(), 10) == 1
    assert len(on_disk(tmp_path)) == 1
    for url, status in zip(urls, (404, 200), strict=True):
        async with here.session.get(url) as shown:
            assert shown.status == status


async def test_free_pages_stay_in_the_file_for_ever(here: Running) -> None:
    await say(here, *("x" * 1900 for _ in range(100)))
    await here.discord.forget(here.clock.now.timestamp() + 60, 1000)
    free = "PRAGMA freelist_count"
    store = here.discord.replies._store
    (before,) = (await here.discord.run(store._database.rows, free))[0]
    assert before > 10
    await here.discord.release_free_pages(5)
    (after,) = (await here.discord.run(store._database.rows, free))[0]
    assert after == before - 5


async def test_a_refused_change_leaves_a_file_a_message_or_a_word_of_it(here: Running, tmp_path: Path) -> None:
    await here.interact()
    revision = (await here.channel())["revision"]
    wrong = a_form({"content": "x", "attachments": [{"id": 5}]}, ("a.png", a_picture()))
    assert (await here.call("PATCH", here.reply_url, data=wrong))[0] == 400
    channel = await here.channel()
    assert (channel["messages"][0]["state"], channel["revision"], on_disk(tmp_path)) == ("thinking", revision, [])

    def post_twice() -> None:
        """As a method that fails after it has written."""
        picture = Upload("a.png", "image/png", a_picture(), 64, 64)
        with here.discord.channel._store.transaction():
            here.discord.channel._writer.write(
                here.discord.channel._writer.new("application"), Form(content="x"), {"0": picture}
            )
            raise DiscordError(400, 0, "no")

    with here.discord.broadcast.subscribe() as queue:
        with pytest.raises(DiscordError):
            await here.discord.run(post_twice)
        assert (on_disk(tmp_path), queue.empty()) == ([], True)
        await say(here, "next")
        assert (await queue.get()).message.content == "next"  # type: ignore[union-attr]
    assert on_disk(tmp_path) == []


async def test_a_file_that_a_killed_process_left_stays_or_one_that_is_needed_goes(tmp_path: Path) -> None:
    async with local_discord(tmp_path, Clock()) as here:
        form = a_form({"content": "x"}, ("a.png", a_picture()))
        await here.call("POST", messages_url(here), data=form, headers=BOT)
        (needed,) = on_disk(tmp_path)
    (tmp_path / "discord.files" / "123").write_bytes(b"left")
    async with local_discord(tmp_path, Clock()) as here:
        assert on_disk(tmp_path) == [needed]
        (message,) = await here.messages()
        async with here.session.get(message["attachments"][0]["url"]) as shown:
            assert await shown.read() == a_picture()


async def test_a_page_of_the_channel_lacks_a_message_or_shows_one_twice(here: Running) -> None:
    """The 50 before one, the oldest first."""
    ids = await say(here, *(str(number) for number in range(103)))
    assert await contents(here) == [str(number) for number in range(53, 103)]
    for before, numbers in ((ids[53], range(3, 53)), (ids[3], range(3)), (ids[0], range(0))):
        _, page = await here.call("GET", f"{here.base}/api/client/messages?before={before}")
        assert [message["content"] for message in page] == [str(number) for number in numbers]
    _, page = await here.call("GET", f"{here.base}/api/client/messages")
    assert page == await here.messages()
    status, body = await here.call("GET", f"{here.base}/api/client/messages?before=x")
    assert (status, body["errors"]["before"]["_errors"][0]["code"]) == (400, "STRING_TYPE_REGEX")


async def test_the_bots_list_begins_or_ends_elsewhere(here: Running) -> None:
    """Source: Discord, "Get Channel Messages": 50 unless it says, at most 100, next to the one that it names."""
    ids = await say(here, *(str(number) for number in range(102)))

    async def listed(query: str = "") -> list[int]:
        status, messages = await here.call("GET", messages_url(here) + query, headers=BOT)
        assert status == 200
        return [int(message["content"]) for message in messages]

    def down(first: int, last: int) -> list[int]:
        return list(range(first, last - 1, -1))

    assert await listed() == down(101, 52)
    assert await listed("?limit=100") == down(101, 2)
    assert await listed("?limit=1") == [101]
    assert await listed(f"?before={ids[2]}") == [1, 0]
    assert await listed(f"?before={ids[0]}") == []
    assert await listed(f"?after={ids[99]}") == [101, 100]
    assert await listed(f"?after={ids[0]}&limit=2") == [2, 1]
    assert await listed(f"?around={ids[10]}&limit=5") == down(12, 8)
    assert await listed(f"?around={ids[10]}&limit=4") == down(11, 8)
    assert await listed(f"?around={ids[10]}&limit=1") == [10]
    assert await listed(f"?around={ids[1]}&limit=5") == down(4, 0), "fewer before it than asked for"
    assert await listed(f"?around={ids[101]}&limit=5") == down(101, 99)
    assert await listed(f"?before={ids[5]}&after={ids[9]}&around={ids[9]}") == down(4, 0), "the first of them counts"
    for query, field in (("?limit=0", "limit"), ("?limit=101", "limit"), ("?limit=-1", "limit"), ("?after=x", "after")):
        status, body = await here.call("GET", messages_url(here) + query, headers=BOT)
        assert (status, list(body["errors"])) == (400, [field])


async def test_what_one_member_alone_sees_goes_or_what_all_see_does(here: Running) -> None:
    """Source: Discord, "Opcodes and Status Codes" (10008, 50013): a member dismisses what is ephemeral."""
    here.application.answer = answering({"type": 4, "data": {"content": "alone", "flags": 64}})
    (alone,) = (await here.interact())["messages"]
    (said,) = await say(here, "hello")
    client = f"{here.base}/api/client/messages"
    assert await here.call("DELETE", f"{client}/{said}") == (403, {"message": "Missing Permissions", "code": 50013})
    assert await here.call("DELETE", f"{client}/{alone['id']}") == (204, None)
    unknown = {"message": "Unknown Message", "code": 10008}
    assert await here.call("DELETE", f"{client}/{alone['id']}") == (404, unknown)
    assert await contents(here) == ["hello"]
    assert await here.call("GET", f"{messages_url(here)}/{said[:-1]}7", headers=BOT) == (404, unknown)


@pytest.mark.parametrize(
    ("content", "status"), [("x", 200), ("x" * 2000, 200), ("x" * 2001, 400), ("", 400), (None, 400)]
)
async def test_a_member_says_more_or_less_than_one_may(here: Running, content: str | None, status: int) -> None:
    answered, body = await here.call("POST", f"{here.base}/api/client/messages", json={"content": content})
    assert answered == status
    assert await contents(here) == ([content] if status == 200 else [])
    assert status == 200 or list(body["errors"]) == ["content"]


@pytest.mark.parametrize(
    ("passed", "is_same"),
    [({"minutes": 5}, True), ({"minutes": 5, "milliseconds": 1}, False), ({"seconds": 0}, True)],
)
async def test_a_nonce_makes_two_messages_of_one_or_one_of_two(
    here: Running, passed: dict[str, float], is_same: bool
) -> None:
    """Source: Discord, "Create Message": within the past few minutes; here 5."""
    body = {"content": "x", "nonce": "n", "enforce_nonce": True}
    _, first = await here.call("POST", messages_url(here), json=body, headers=BOT)
    here.clock.advance(**passed)
    _, other = await here.call("POST", messages_url(here), json=body | {"nonce": "m"}, headers=BOT)
    _, again = await here.call("POST", messages_url(here), json=body, headers=BOT)
    assert other["id"] != first["id"]
    assert (again["id"] == first["id"]) == is_same
    await here.call("DELETE", f"{messages_url(here)}/{again['id']}", headers=BOT)
    _, anew = await here.call("POST", messages_url(here), json=body, headers=BOT)
    assert anew["id"] != again["id"], "what is deleted is no answer"


async def test_a_follow_up_or_a_deletion_reaches_a_message_of_another_interaction(here: Running) -> None:
    await here.interact()
    first = here.reply_url
    await here.call("PATCH", first, json={"content": "first"})
    await here.interact()
    (mine, others) = await here.messages()
    webhook = here.reply_url.removesuffix("/messages/@original")
    (said,) = await say(here, "hello")
    unknown = (404, {"message": "Unknown Message", "code": 10008})
    for other in (mine["id"], said, "12"):
        for method in ("GET", "PATCH", "DELETE"):
            assert await here.call(method, f"{webhook}/messages/{other}", json={"content": "x"}) == unknown
        here.discord._limit._windows.clear()
    assert (await here.call("GET", f"{webhook}/messages/{others['id']}"))[0] == 200
    assert await contents(here) == ["first", "", "hello"]


def test_a_file_that_cannot_be_kept_for_good_is_passed_over_in_silence(tmp_path: Path) -> None:
    files = MessageFiles(tmp_path / "files", ContentPool(tmp_path / "contents"))
    (tmp_path / "contents").rmdir()
    (tmp_path / "contents").write_bytes(b"no folder")
    with pytest.raises(NotADirectoryError):
        files.add(7, b"\x89PNG")
