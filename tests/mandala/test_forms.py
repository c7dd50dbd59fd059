"""The same design as a vector drawing, an animation, a wallpaper and a document."""

import io
import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

import mandala
from mandala.motion import FRAMES, _disc

# One of each family, odd and even orders among them.
SEEDS = ["0", "1", "2", "5", "7", "9", "11", "12", "18"]
TORN = {**mandala.to_document(mandala.design_for("1"))["heart"], "count": 7}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(("width_px", "height_px"), [(320, 180), (180, 320), (256, 256)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_of_any_ratio_is_mirrored_and_fills_its_ground(seed: str, width_px: int, height_px: int) -> None:
    design = mandala.design_for(seed)
    drawn = opened(mandala.draw_png(design, width_px, height_px)).convert("RGB")
    assert drawn.size == (width_px, height_px)
    assert ImageChops.difference(drawn, drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)).getbbox() is None
    corner = drawn.crop((0, 0, width_px // 8, height_px // 8))
    assert len(corner.getcolors(10**6) or []) > 1


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_larger_picture_is_the_same_picture(seed: str) -> None:
    design = mandala.design_for(seed)
    small = opened(mandala.draw_png(design, 256)).convert("RGB")
    large = opened(mandala.draw_png(design, 1024)).convert("RGB").reduce(4)
    difference = ImageChops.difference(small, large).convert("L")
    assert sum(value * count for value, count in enumerate(difference.histogram())) / 256**2 < 12


@pytest.mark.parametrize("seed", SEEDS)
def test_an_svg_is_well_formed_and_says_what_it_shows(seed: str) -> None:
    design = mandala.design_for(seed)
    root = ET.fromstring(mandala.draw_svg(design, 1600, 900))
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert (root.get("width"), root.get("height")) == ("1600", "900")
    assert root.findtext("svg:title", namespaces=space) == mandala.describe(design).title
    names = {polygon.get("id") for polygon in root.iter("{http://www.w3.org/2000/svg}polygon")}
    used = {use.get("href", "").removeprefix("#") for use in root.iter("{http://www.w3.org/2000/svg}use")}
    assert used == names


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_bloom_begins_and_ends_with_the_finished_picture_so_that_it_repeats_without_a_jump(kind: str) -> None:
    finished = opened(mandala.draw_png(mandala.design_for("7"), 128)).convert("RGB")
    frames = [frame for *_, frame in _frames(kind, "7")]
    assert _distance(frames[0], finished) < 16
    assert _distance(frames[-1], frames[0]) < 2
    assert _distance(frames[5], finished) > 20


@pytest.mark.parametrize("seed", ["7", "9", "x14"])
def test_a_bloom_unfolds_ring_by_ring_what_is_open_stays_as_it_is(seed: str) -> None:
    """The circle that is as in the finished picture grows with each frame; even, odd, and beyond the sides."""
    frames = [frame for *_, frame in _frames("gif", seed)]
    finished, opening = frames[0], frames[5:]
    open_px = [
        next(
            (half for half in range(4, 64) if _distance(_middle(frame, half), _middle(finished, half)) > 3),
            64,
        )
        for frame in opening
    ]
    assert open_px == sorted(open_px)
    assert len(set(open_px)) > 6


def test_an_edge_of_a_ring_that_unfolds_is_smooth() -> None:
    """Between a ring and what lies behind it stand pixels with a part of both."""
    disc = _disc((64, 64), 32, 20.0)
    part = [share for share, number in enumerate(disc.histogram()) if number and 0 < share < 255]
    assert len(part) > 6


def _middle(frame: Image.Image, half: int) -> Image.Image:
    return frame.crop((64 - half * 7 // 10, 64 - half * 7 // 10, 64 + half * 7 // 10, 64 + half * 7 // 10))


def _distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pixels, 0 to 255."""
    difference = ImageChops.difference(one, other).convert("L")
    return sum(value * count for value, count in enumerate(difference.histogram())) / (one.width * one.height)


def _frames(kind: str, seed: str) -> list[tuple[int, int, Image.Image]]:
    """How long each is shown, how often all of them are (0: without end), and what is shown."""
    moving = opened(mandala.bloom(mandala.design_for(seed), 128, kind))  # type: ignore[arg-type]  # the two kinds
    assert moving.size == (128, 128)
    shown = []
    for number in range(getattr(moving, "n_frames", 1)):
        moving.seek(number)
        frame = moving.convert("RGB")
        shown.append((int(moving.info["duration"]), int(moving.info["loop"]), frame))
    return shown


@pytest.mark.parametrize("seed", ["7", "9"])
def test_the_two_kinds_of_bloom_show_the_same_for_as_long(seed: str) -> None:
    """And the finished picture longest; WebP loses a little of each frame; of two equal frames there is one."""
    gif, webp = _frames("gif", seed), _frames("webp", seed)
    for shown in (gif, webp):
        assert sum(duration for duration, *_ in shown) == 1800 + 60 * (FRAMES - 1)
        assert {loops for _, loops, _ in shown} == {0}
        assert shown[0][0] == 1800
    for number in (0, 3, 6, 10, 15):
        assert _distance(gif[number][2], webp[number][2]) < 20


def test_what_others_import_is_all_there() -> None:
    assert mandala.__all__ == [
        *("DRAWING", "FAMILIES", "PALETTES", "SYMMETRIES", "Design", "DesignError", "Words"),
        *(
            "bloom",
            "colour",
            "describe",
            "design_for",
            "draw_png",
            "draw_sheet",
            "draw_svg",
            "from_document",
            "to_document",
        ),
    ]


@given(st.text(max_size=20))
def test_a_design_survives_json(seed: str) -> None:
    design = mandala.design_for(seed)
    assert mandala.from_document(json.loads(json.dumps(mandala.to_document(design)))) == design


@settings(deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_a_document_changed_anywhere_draws_or_says_where_it_is_wrong(seed: str, data: st.DataObject) -> None:
    document = mandala.to_document(mandala.design_for(seed))
    place = data.draw(st.sampled_from([document, document["heart"], *document["rings"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    try:
        design = mandala.from_document(document)
    except mandala.DesignError as error:
        assert str(error).startswith("design")
    else:
        opened(mandala.draw_png(design, 64)).verify()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"palette": "plaid"}, "design.palette: 'plaid' is none of amethyst"),
        ({"rings": []}, "design.rings: expected a list of 1 to 40 rings"),
        ({"rings": [{"ring": "spiral"}]}, "design.rings[0].ring: 'spiral' is none of petals"),
        ({"hue_shift": "warm"}, "design.hue_shift: 'warm' is no number"),
        ({"colour": 5}, "design.colour: there is no such field"),
        ({"heart": TORN}, "design.heart.count: 7 is no multiple of"),
    ],
)
def test_a_wrong_document_is_told_where_and_what_was_expected(change: dict[str, object], message: str) -> None:
    with pytest.raises(mandala.DesignError) as caught:
        mandala.from_document({**mandala.to_document(mandala.design_for("1")), **change})
    assert message in str(caught.value)
