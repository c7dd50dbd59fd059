"""A button's press, and a command on a message → the request; over real HTTP, signed."""

import itertools
import json
from typing import Any

import pytest

from ingress.options import WrongOption, of_button, of_message
from schemas import recipe
from schemas.palettes import PALETTES
from schemas.request import Options
from tests.ingress.function import DISCORD
from tests.ingress.test_interactions import requested, told
from tests.interactions import a_press, on_message
from tests.servers import ROOT

_NUMBERS = itertools.count(1360000000000000001)
CHOSEN = [
    Options(words, symmetry, palette, variation, size_px)
    for words, symmetry, palette, variation, size_px in itertools.product(
        (None, "my cat", "a words:b /mando symmetry:3", "*" * 200, "👩\u200d🚀 « ¿»"),
        (None, 3, 24),
        (None, *[max(PALETTES, key=len), "jade"]),
        (None, 1, 999),
        (None, 2048),
    )
]


def shown(options: Options, action: recipe.Action = "again") -> tuple[str, dict[str, Any]]:
    """The custom_id and the message in which the options are kept."""
    ((button,),) = [row["components"] for row in recipe.buttons({action: options}, "de")]
    embeds = [{"title": "x", "footer": {"text": recipe.footer(options)}}] if options.words else []
    return button["custom_id"], {"content": "", "embeds": embeds}


def test_what_a_message_keeps_comes_back_whole() -> None:
    for options in CHOSEN:
        custom_id, message = shown(options)
        assert len(custom_id) <= 100
        assert of_button(custom_id, message) == options


@pytest.mark.parametrize(
    "custom_id",
    [
        *("", "x", "mando", "mando1", "mando1:again", "mando1:again::::", "mando2:again:::::", "mando1:draw:::::"),
        *("mando1:again::2:::", "mando1:again::25:::", "mando1:again:::no-palette::", "mando1:again:::../x::"),
        *("mando1:again::::0:", "mando1:again::::1000:", "mando1:again:::::4096", "mando1:again:::::2048\n"),
        *("mando1:again:x::::", "mando1:again::٨:::", "mando1:again:::::" + "x" * 4000),
    ],
)
def test_a_button_that_is_none_of_ours_is_refused_before_it_becomes_a_request(custom_id: str) -> None:
    with pytest.raises(WrongOption, match="unknown_button"):
        of_button(custom_id, {"embeds": [{"footer": {"text": "/mando words:x"}}]})


@pytest.mark.parametrize(
    "message",
    [
        *({}, {"embeds": None}, {"embeds": [None, 5]}, {"embeds": [{"footer": "x"}]}, {"embeds": [{"footer": {}}]}),
        *(
            {"embeds": [{"footer": {"text": text}}]}
            for text in (5, "", "words:x", "/mando words:", "/mando words: \u200b")
        ),
    ],
    ids=str,
)
def test_a_message_that_lost_its_words_is_no_picture_of_other_words(message: dict[str, Any]) -> None:
    with pytest.raises(WrongOption, match="lost_words"):
        of_button("mando1:again:w::::", message)


def test_words_in_an_embed_are_checked_like_any_words() -> None:
    message = {"embeds": [{"footer": {"text": "/mando words:a \u202e\n b" + "x" * 500}}]}
    words = of_button("mando1:again:w::::", message).words
    assert words is not None
    assert words.startswith("a bx")
    assert len(words) <= 200


def test_another_is_the_next_variation_and_after_the_last_one_comes_the_first() -> None:
    first = Options("a", 8, "jade")
    assert recipe.another(first) == Options("a", 8, "jade", 1)
    assert recipe.another(Options("a", variation=1)) == Options("a", variation=2)
    assert recipe.another(Options("a", variation=999)) == Options("a")


def test_new_palettes_one_after_another_are_all_palettes() -> None:
    seen, options = ["jade"], Options("a", 8)
    for _ in range(len(PALETTES) - 1):
        options = recipe.other_palette(options, seen[-1])
        assert options.palette is not None
        seen.append(options.palette)
    assert sorted(seen) == sorted(PALETTES)
    assert options == Options("a", 8, seen[-1])


def test_a_press_becomes_a_request_that_says_so(url: str) -> None:
    custom_id, message = shown(recipe.another(Options("my cat", 8)), "another")
    request = requested(url, a_press(custom_id, message, str(next(_NUMBERS)), user="8001"))
    assert request["options"] == {"words": "my cat", "symmetry": 8, "variation": 1}
    assert (request["is_press"], request["user_id"]) == (True, "8001")


def test_a_press_counts_for_its_member_as_a_command_does(url: str) -> None:
    custom_id, message = shown(Options("my cat"))
    answers = [
        DISCORD.post(url, a_press(custom_id, message, str(next(_NUMBERS)), user="8002")).json()["type"]
        for _ in range(7)
    ]
    assert answers == [5] * 6 + [4]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"content": " Good \n **morning** <@5> "}, "Good **morning** <@5>"),
        ({"content": "", "embeds": [{"title": "t"}, {"title": "u", "description": "d"}]}, "t"),
        ({"content": "\u200b", "embeds": [{"title": "t", "description": "d"}]}, "d"),
        ({"content": None, "embeds": [{"description": " "}, {"description": "d"}]}, "d"),
        ({"content": 5, "embeds": [5, {"title": "t"}]}, "t"),
    ],
    ids=str,
)
def test_the_words_of_a_message_are_its_text_else_those_of_an_embed(message: dict[str, Any], words: str) -> None:
    assert of_message(message) == Options(words)


def test_the_longest_message_has_words_that_fit(url: str) -> None:
    """Content of 4,000 characters.  Source: Discord, "Create Message"."""
    name = json.loads((ROOT / "deploy" / "message_command.json").read_bytes())["name"]
    request = requested(url, on_message({"content": "🪷" * 4000}, str(next(_NUMBERS)), name))
    assert len(request["options"]["words"]) <= 200
    assert "is_press" not in request


@pytest.mark.parametrize("data", [{}, {"resolved": None}, {"resolved": {"messages": {}}}, {"target_id": "2"}], ids=str)
def test_a_command_on_a_message_that_is_not_there_has_no_words(url: str, data: dict[str, Any]) -> None:
    interaction = on_message({"content": "a"}, str(next(_NUMBERS)))
    interaction["data"] = {"name": "Mandala of this message", "type": 3, **data}
    assert "has no words" in told(url, interaction)
