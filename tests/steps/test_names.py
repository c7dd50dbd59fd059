"""The object's name, with all options together: no name stands for two pictures, and one request has one name."""

import hashlib
import itertools
import json
from collections import defaultdict
from dataclasses import fields, replace
from datetime import timedelta

import pytest

import mandala
import schemas
from mandala import PALETTES
from schemas.palettes import PALETTES as NAMES
from schemas.request import Options, Request
from steps.bucket import PictureBucket
from steps.generate import generate
from tests.interactions import RECEIVED, a_request
from tests.steps.scripted import Answer, Scripted, json_answer

STORED = json_answer(200, {"name": "x", "bucket": "demo-mandalas", "generation": "1"})
INTERACTIONS = ("1310000000000000001", "1310000000000000002")
WORDS = (None, "a", "A", "8")
SYMMETRIES = (None, 5, 8)
SOME_PALETTES = (None, "jade")
VARIATIONS = (None, 1)
SIZES_PX = (None, 128)  # smaller than that of a print


@pytest.fixture
def pictures(pictures: PictureBucket, script: Scripted, monkeypatch: pytest.MonkeyPatch) -> PictureBucket:
    """With quick pictures, that are always stored."""
    monkeypatch.setattr("steps.generate.SIZE_PX", 64)
    script.answers = [STORED]
    return pictures


def requests() -> list[Request]:
    """Every combination of an option or none of it."""
    return [
        a_request(interaction_id, Options(words, symmetry, palette, variation, size_px))
        for interaction_id, words, symmetry, palette, variation, size_px in itertools.product(
            INTERACTIONS, WORDS, SYMMETRIES, SOME_PALETTES, VARIATIONS, SIZES_PX
        )
    ]


def test_each_option_that_there_is_stands_in_the_combinations() -> None:
    tried = {name for request in requests() for name in request.options.to_json()}
    assert tried == {field.name for field in fields(Options)}, "requests() above combines all options"


def test_no_pair_of_options_is_answered_with_the_picture_of_another(pictures: PictureBucket, script: Scripted) -> None:
    drawn: dict[str, set[bytes]] = defaultdict(set)
    asked_for: dict[str, set[str]] = defaultdict(set)
    for request in requests():
        picture = generate(request, pictures, RECEIVED)
        body = script.asked[-1].body
        assert f'"name": "{picture.object}"'.encode() in body
        drawn[picture.object].add(body[body.index(b"\x89PNG") :].partition(b"\r\n--")[0])
        seed = request.options.words or request.interaction_id
        asked_for[picture.object].add(str(replace(request.options, words=seed)))
    assert [len(pngs) for pngs in drawn.values()] == [1] * len(drawn), "a name stands for two pictures"
    assert [len(asked) for asked in asked_for.values()] == [1] * len(drawn), "two requests share a name"
    # Without words each interaction has a picture of its own; with words none has.
    others = len(SYMMETRIES) * len(SOME_PALETTES) * len(VARIATIONS) * len(SIZES_PX)
    assert len(drawn) == (len(WORDS) - 1 + len(INTERACTIONS)) * others


def test_the_order_in_which_options_are_given_makes_no_other_picture(pictures: PictureBucket) -> None:
    options = {"words": "a", "symmetry": 8, "palette": "jade"}
    found = [
        generate(Request.from_json({**a_request("1").to_json(), "options": dict(order)}), pictures, RECEIVED)
        for order in itertools.permutations(options.items())
    ]
    assert found == [found[0]] * 6


def test_a_name_is_one_that_the_schema_of_pictures_takes(pictures: PictureBucket) -> None:
    answer = generate(a_request("1"), pictures, RECEIVED).to_json()
    assert schemas.check("picture", answer) == answer, "the pattern of `object` in schemas/picture.json"


def test_members_may_choose_every_palette_and_its_sign_says_what_ground_it_has() -> None:
    assert sorted(NAMES) == sorted(PALETTES), "schemas/palettes.json"
    dark = {name for name, palette in PALETTES.items() if palette.is_dark}
    assert {name for name, palette in NAMES.items() if palette.sign in "🟥🟧🟨🟩🟦🟪🟫⬛"} == dark


@pytest.mark.parametrize("palette", sorted(PALETTES))
def test_a_picture_asked_for_in_a_palette_is_said_and_coloured_in_it(pictures: PictureBucket, palette: str) -> None:
    picture = generate(a_request("1", Options("a", palette=palette)), pictures, RECEIVED)
    design = mandala.design_for("a", palette=palette)
    words = mandala.describe(design)
    assert (picture.title, picture.description, picture.colour) == (
        words.title,
        words.description,
        mandala.colour(design),
    )


def test_what_the_footer_says_gives_the_same_picture(pictures: PictureBucket, script: Scripted) -> None:
    """Also without words, and of a variation: whoever types it asks for these bytes."""
    for options in (Options(), Options("my cat"), Options("my cat", variation=7), Options("a", 8, "dusk", 2)):
        pngs = []
        picture = generate(a_request("1310000000000000001", options), pictures, RECEIVED)
        words = options.words or "1310000000000000001"
        typed = Options(words, picture.symmetry, picture.palette, options.variation)
        for asked in (options, typed):
            generate(a_request("1310000000000000001", asked), pictures, RECEIVED)
            body = script.asked[-1].body
            pngs.append(body[body.index(b"\x89PNG") :].partition(b"\r\n--")[0])
        assert pngs[0] == pngs[1]


def test_the_first_picture_of_some_words_has_the_name_that_it_had_before_there_were_variations(
    pictures: PictureBucket,
) -> None:
    design = mandala.to_document(mandala.design_for("my cat"))
    shown = json.dumps([mandala.DRAWING, "png", 64, {}, design], sort_keys=True)
    digest = hashlib.sha256(shown.encode()).hexdigest()[:32]
    assert generate(a_request("1", Options("my cat")), pictures, RECEIVED).object == f"pictures/{digest}.png"


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize(
    ("age_s", "is_first"), [(-60, True), (0, True), (2.999, True), (3, False), (3.001, False), (900, False)]
)
def test_a_picture_is_drawn_anew_only_where_it_is_not_there(
    pictures: PictureBucket, script: Scripted, age_s: float, is_first: bool, is_there: bool
) -> None:
    """The first attempt, which a request of 3 s cannot be, does not look: it would in vain."""
    looked = [] if is_first else [json_answer(200, {"name": "x"}) if is_there else Answer(404, b"{}")]
    script.answers = [*looked, STORED]
    generate(a_request("1"), pictures, RECEIVED + timedelta(seconds=age_s))
    methods = {
        (True, True): ["POST"],
        (True, False): ["POST"],
        (False, True): ["GET"],
        (False, False): ["GET", "POST"],
    }
    assert [asked.method for asked in script.asked] == methods[is_first, is_there]
