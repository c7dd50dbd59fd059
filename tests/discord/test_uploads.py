"""Files of a message: how large, how many, of which kind, and what an edit makes of those that are there."""

import io
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from local.data.content_pool import ContentPool
from local.discord.engine.discord import LocalDiscord
from local.discord.forms import uploads
from local.discord.forms.form import Form
from tests.discord.application import Clock, Running, a_form, a_picture, local_discord

TOO_LARGE = {"message": "Request entity too large", "code": 40005}


@pytest.fixture
async def here(here: Running) -> Running:
    """The bot is thinking."""
    await here.interact()
    return here


def test_the_limits_are_others_than_documented() -> None:
    """Source: Discord, "Uploading Files"; "Create Message": 25 MiB a request."""
    assert (uploads.MOST_FILE_BYTES, uploads.MOST_REQUEST_BYTES) == (10_485_760, 26_214_400)


@pytest.mark.parametrize(
    ("sizes", "is_taken"),
    [
        ((10,), True),
        ((11,), False),
        ((10, 10), True),
        ((10, 10, 3), True),
        ((10, 10, 4), False),
        ((8, 8, 7), True),
        ((8, 8, 8), False),
    ],
)
async def test_files_at_a_limit_are_refused_or_above_it_taken(
    here: Running, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], is_taken: bool
) -> None:
    """Each file has a limit, and all parts of a request have one together; here payload_json has 2 bytes."""
    monkeypatch.setattr(uploads, "MOST_FILE_BYTES", 10)
    monkeypatch.setattr(uploads, "MOST_REQUEST_BYTES", 25)
    form = a_form({}, *((f"{number}.bin", bytes(size)) for number, size in enumerate(sizes)))
    status, body = await here.call("PATCH", here.reply_url, data=form)
    if is_taken:
        assert (status, [file["size"] for file in body["attachments"]]) == (200, list(sizes))
    else:
        assert (status, body) == (413, TOO_LARGE)
        assert (await here.messages())[0]["state"] == "thinking"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"])
def test_a_kind_of_picture_is_shown_that_discord_does_not_show_or_one_is_not(kind: str) -> None:
    """Source: Discord, "Uploading Files" and "CDN Formatting"."""
    content = io.BytesIO()
    PIL.Image.new("RGB", (3, 2), "teal").save(content, kind)
    upload = uploads._upload("a.txt", content.getvalue())
    assert (upload.filename, upload.content) == ("a.txt", content.getvalue())
    if kind in ("BMP", "TIFF"):
        assert (upload.content_type, upload.width, upload.height) == ("application/octet-stream", None, None)
    else:
        assert (upload.content_type, upload.width, upload.height) == (f"image/{kind.lower()}", 3, 2)


@pytest.mark.parametrize("content", [b"", b"no picture", a_picture()[:20], b"\x89PNG\r\n\x1a\n" + b"\xff" * 30])
def test_garbled_bytes_are_a_picture_or_an_error(content: bytes) -> None:
    upload = uploads._upload("a.png", content)
    assert (upload.content_type, upload.width, upload.height) == ("application/octet-stream", None, None)


Part = tuple[str, str | None, bytes]


async def send(here: Running, *parts: Part) -> tuple[int, Any]:
    """An edit as multipart; a part is its name, its filename if it has one, and its bytes."""
    body = b""
    for name, filename, content in parts:
        of_file = f'; filename="{filename}"' if filename else ""
        body += f'--b\r\nContent-Disposition: form-data; name="{name}"{of_file}\r\n\r\n'.encode()
        body += content + b"\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return await here.call("PATCH", here.reply_url, data=body + b"--b--\r\n", headers=headers)


async def test_a_part_of_a_body_is_taken_for_another(here: Running) -> None:
    """Source: Discord, "Uploading Files": payload_json and files[n]; other parts are ignored, as are other names."""
    names = ("files[7]", "files[42]", "files[100]", "files[]", "file", "files[1]x")
    parts: list[Part] = [(name, f"{name}.bin", name.encode()) for name in names]
    parts += [("payload_json", None, b'{"content": "x"}'), ("files[9]", None, b"unnamed")]
    _, message = await send(here, *parts)
    assert message["content"] == "x"
    assert [file["filename"] for file in message["attachments"]] == ["files_7_.bin", "files_42_.bin", "unknown"]
    _, message = await send(here, ("files[0]", "more.bin", b"x"))
    assert len(message["attachments"]) == 4, "without a list they pile up"
    assert message["content"] == "x"


@pytest.mark.parametrize("body", [b"[]", b"{", b"7", b""])
async def test_the_json_among_files_is_none_and_is_taken(here: Running, body: bytes) -> None:
    status, answer = await send(here, ("payload_json", None, body), ("files[0]", "a.bin", b"x"))
    assert (status, answer) == (400, {"message": "The request body contains invalid JSON.", "code": 50109})


Edit = tuple[dict[str, Any], list[tuple[str, bytes]], list[tuple[str, str | None, str | None]]]
FIRST: Edit = (
    {"attachments": [{"id": 0, "filename": "a b.bin", "title": "T", "description": "D"}, {"id": 1}]},
    [("one.bin", b"1"), ("two.bin", b"2")],
    [("a_b.bin", "T", "D"), ("two.bin", None, None)],
)


@pytest.mark.parametrize(
    "edit",
    [
        ({"content": "x"}, [], [("a_b.bin", "T", "D"), ("two.bin", None, None)]),
        ({"attachments": [{"id": "A"}]}, [], [("a_b.bin", "T", "D")]),
        (
            {"attachments": [{"id": "B", "title": "U"}, {"id": "A", "description": "E"}]},
            [],
            [("two.bin", "U", None), ("a_b.bin", "T", "E")],
        ),
        ({"attachments": [{"id": "A", "filename": "c.bin"}]}, [], [("c.bin", "T", "D")]),
        ({"attachments": [{"id": "A", "title": "", "description": ""}]}, [], [("a_b.bin", "T", "D")]),
        (
            {"attachments": [{"id": "B"}, {"id": 0}]},
            [("three.bin", b"3")],
            [("two.bin", None, None), ("three.bin", None, None)],
        ),
        ({"attachments": [{"id": "B"}]}, [("three.bin", b"3")], [("two.bin", None, None)]),
        ({}, [("three.bin", b"3")], [("a_b.bin", "T", "D"), ("two.bin", None, None), ("three.bin", None, None)]),
        ({"attachments": [], "content": "x"}, [("three.bin", b"3")], []),
    ],
)
async def test_an_edit_drops_a_file_or_its_words_or_keeps_one_that_it_does_not_list(here: Running, edit: Edit) -> None:
    """Source: Discord, "Editing Message Attachments" (API v10)."""
    body, files, expected = FIRST
    _, message = await here.call("PATCH", here.reply_url, data=a_form(body, *files))
    assert shown(message) == expected
    ids = {letter: file["id"] for letter, file in zip("AB", message["attachments"], strict=True)}
    body, files, expected = edit
    if "attachments" in body:
        listed = [file | {"id": ids.get(str(file["id"]), file["id"])} for file in body["attachments"]]
        body = body | {"attachments": listed}
    status, message = await here.call("PATCH", here.reply_url, data=a_form(body, *files))
    assert (status, shown(message)) == (200, expected)


def shown(message: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(file["filename"], file.get("title"), file.get("description")) for file in message["attachments"]]


async def test_a_file_is_listed_twice_or_one_that_is_nobodys_hides_another(here: Running) -> None:
    _, message = await here.call("PATCH", here.reply_url, data=a_form({}, ("a.bin", b"1")))
    own = message["attachments"][0]["id"]
    wrong = {"attachments": [{"id": 5}, {"id": own}, {"id": own}]}
    status, body = await here.call("PATCH", here.reply_url, json=wrong)
    error = {"_errors": [{"code": "ATTACHMENT_NOT_FOUND", "message": "Attachment data not found"}]}
    assert (status, body["errors"]) == (400, {"attachments": {"0": error, "2": error}})


async def test_an_embed_shows_a_picture_of_another_name_or_none_of_its_own(here: Running) -> None:
    """Source: Discord, "Uploading Files": attachment://FILENAME in image, thumbnail, author and footer."""
    base = here.base
    embeds = [
        {"image": {"url": "attachment://a.png"}, "thumbnail": {"url": "attachment://b.png"}},
        {
            "author": {"name": "n", "icon_url": "attachment://c.png"},
            "footer": {"text": "t", "icon_url": "attachment://d.png"},
            "image": {"url": "attachment://none.png"},
            "thumbnail": {},
        },
        {
            "title": "linked",
            "thumbnail": {"url": "https://cdn.discordapp.com/x.png"},
            "author": {"name": "n", "icon_url": "https://elsewhere.example/x.png"},
            "footer": {"text": "t"},
        },
    ]
    files = [(f"{letter}.png", a_picture(side_px)) for letter, side_px in zip("abcde", (8, 9, 10, 11, 12), strict=True)]
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"embeds": embeds}, *files))
    first, second, third = message["embeds"]
    assert (first["image"]["width"], first["thumbnail"]["width"]) == (8, 9)
    assert first["image"]["url"].endswith("/a.png")
    assert second["author"]["icon_url"].endswith("/c.png")
    assert second["author"]["icon_url"] == second["author"]["proxy_icon_url"]
    assert second["footer"]["icon_url"].endswith("/d.png")
    assert "image" not in second
    assert "thumbnail" not in second
    assert third == {
        "type": "rich",
        "title": "linked",
        "thumbnail": {"url": "https://cdn.discordapp.com/x.png", "proxy_url": f"{base}/x.png"},
        "author": {
            "name": "n",
            "icon_url": "https://elsewhere.example/x.png",
            "proxy_icon_url": "https://elsewhere.example/x.png",
        },
        "footer": {"text": "t"},
    }
    assert [file["filename"] for file in message["attachments"]] == ["e.png"], "what no embed shows"
    _, hidden = await here.call("PATCH", here.reply_url, json={"flags": 4})
    assert [file["filename"] for file in hidden["attachments"]] == [f"{letter}.png" for letter in "abcde"]


async def test_a_body_that_is_too_large_is_told_in_other_words(here: Running) -> None:
    """Of JSON, which has no files: the server's own limit, here aiohttp's 1 MiB."""
    body = b'{"content": "' + b"x" * 1024 * 1024 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert await here.call("PATCH", here.reply_url, data=io.BytesIO(body), headers=headers) == (413, TOO_LARGE)


async def test_bytes_that_others_keep_too_are_kept_twice(tmp_path: Path) -> None:
    discord = LocalDiscord(tmp_path / "discord.sqlite", "", pool=ContentPool(tmp_path / "shared"))
    async with discord:
        picture = uploads.Upload("a.png", "image/png", a_picture(), 64, 64)
        await discord.run(discord.channel.post, Form(content="x"), {"0": picture})
    assert not (tmp_path / "discord.pool").exists()
    assert any((tmp_path / "shared").rglob("*"))


async def test_a_picture_that_two_share_is_lost_with_the_first(tmp_path: Path) -> None:
    async with local_discord(tmp_path, Clock()) as here:
        await here.interact()
        first = here.reply_url
        await here.call("PATCH", first, data=a_form({}, ("a.png", a_picture())))
        await here.interact()
        _, second = await here.call("PATCH", here.reply_url, data=a_form({}, ("a.png", a_picture())))
        await here.call("DELETE", first)
        async with here.session.get(second["attachments"][0]["url"]) as answer:
            assert await answer.read() == a_picture()
        assert len(list((tmp_path / "discord.files").iterdir())) == 1
