"""What the workflow would never send is refused before it costs anything: no picture is drawn, nobody is asked.

The steps run as they do in the cloud, behind gunicorn; the bucket's and Discord's ends count.
"""

import gzip
import json
import re
import threading
import time
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey

import mandala
from tests.steps.service import INTERACTION_TOKEN, PICTURE, Neighbours, Steps, refused, sealed

pytestmark = pytest.mark.usefixtures("quiet")

LIMIT = 16 * 1024


def test_what_the_workflow_sends_is_done_and_counted(steps: Steps) -> None:
    """So that the tests below, which see no call, would see one."""
    drawn = steps.post("/generate-image", steps.request())
    assert drawn.status_code == 200, drawn.text
    shown = steps.post("/reply-discord", {"request": steps.request(), "picture": drawn.json()})
    assert (shown.status_code, shown.json()) == (200, {"message_id": "99"})
    assert [call.split("?")[0] for call in Neighbours.calls] == [
        "POST /upload/storage/v1/b/demo-mandalas/o",
        "GET /download/storage/v1/b/demo-mandalas/o/" + quote(drawn.json()["object"], safe=""),
        f"PATCH /api/v10/webhooks/1146847361212375051/{INTERACTION_TOKEN}/messages/@original",
    ]


def test_a_dedup_key_that_is_no_id_is_not_logged(steps: Steps) -> None:
    begin = steps.log.stat().st_size
    for key in ("9" * 4000, "1\x85evil", "evil"):
        refused(steps, steps.post("/generate-image", steps.request(), X_Dedup_Key=key), {400})
    said = [json.loads(line) for line in steps.log.read_text()[begin:].splitlines()]
    assert [entry["interaction_id"] for entry in said] == [None] * 3


TEXTS = [
    "https://evil.example/x.png",
    "../../etc/passwd",
    "pictures/../x",
    "1\n2",
    "\x00",
    "\ud800",
    "",
    " ",
    "١٢",
    "9" * 21,
]
FIELDS = [
    "interaction_id",
    "application_id",
    "sealed_token",
    "channel_id",
    "user_id",
    "locale",
    "received_at",
    "expires_at",
]


@pytest.mark.parametrize("name", FIELDS)
def test_no_field_of_a_request_takes_addresses_paths_or_signs_of_control(steps: Steps, name: str) -> None:
    others: list[Any] = [1, 1.5, True, [], {}, "9" * 10_000]
    for value in [*TEXTS, *others, *([None] if name != "channel_id" else [])]:
        request = steps.request({name: value})
        reason = refused(steps, steps.post("/generate-image", request), {400})
        assert not isinstance(value, str) or len(value) < 5 or value not in reason
        refused(steps, steps.post("/reply-discord", {"request": request, "failure": "unavailable"}), {400})


@pytest.mark.parametrize(
    "options",
    [
        {"words": ["x"]}, {"words": ""}, {"words": "x" * 201}, {"words": "\ud800"}, {"words": "\udfff\ud800"},
        {"symmetry": 2}, {"symmetry": -8}, {"symmetry": 8.5}, {"symmetry": "8"}, {"symmetry": True}, {"symmetry": 1e30},
        {"palette": "../ink"}, {"palette": "https://evil.example"}, {"palette": "Ink"}, {"palette": "ink\n"},
        {"palette": None}, {"url": "https://evil.example"}, {"__proto__": {}}, [], None, "x",
    ],
)  # fmt: skip
def test_no_option_is_taken_that_is_not_registered(steps: Steps, options: Any) -> None:
    refused(steps, steps.post("/generate-image", steps.request({"options": options})), {400})


@pytest.mark.parametrize("options", [{"symmetry": 3}, {"symmetry": 23}, {"palette": "no-such-palette"}])
def test_what_cannot_be_drawn_is_said_before_the_bucket_hears_of_it(steps: Steps, options: Any) -> None:
    refused(steps, steps.post("/generate-image", steps.request({"options": options})), {422})


@pytest.mark.parametrize("name", ["object", "title", "description", "colour"])
def test_no_picture_is_taken_that_the_steps_could_not_have_made(steps: Steps, name: str) -> None:
    wrong_ones: dict[str, list[Any]] = {
        "object": [
            *TEXTS,
            "pictures/x.png",
            f"pictures/{'0' * 32}.png\n",
            f"/pictures/{'0' * 32}.png",
            f"{'0' * 32}.png",
        ],
        "title": ["", "\ud800", "x" * 257],
        "description": ["", "\ud800", "x" * 1025],
        "colour": [-1, 1 << 24, 0.5, "0"],
    }
    for value in [*wrong_ones[name], None, [], {}]:
        order = {"request": steps.request(), "picture": {**PICTURE, name: value}}
        refused(steps, steps.post("/reply-discord", order), {400})


def test_an_order_has_one_picture_or_one_failure(steps: Steps) -> None:
    request = steps.request()
    for order in (
        {"request": request},
        {"request": request, "picture": PICTURE, "failure": "unavailable"},
        {"request": request, "failure": "https://evil.example"},
        {"request": request, "picture": {**PICTURE, "url": "https://evil.example"}},
        {"request": [request], "picture": PICTURE},
        request,
    ):
        refused(steps, steps.post("/reply-discord", order), {400})


@pytest.mark.parametrize(
    "token",
    [b"", b"..", b"../../channels/5/messages?", b"a/b", b"a?b", b"a#b", b"a%2fb", b"a b", b"\xff\xfe", b"x" * 513],
)
def test_a_sealed_token_that_would_lead_to_another_address_is_refused(steps: Steps, token: bytes) -> None:
    """Everybody can seal with the public key."""
    request = steps.request({"sealed_token": sealed(steps.key, token)})
    refused(steps, steps.post("/reply-discord", {"request": request, "picture": PICTURE}), {400})


def test_a_token_sealed_for_another_altered_or_cut_is_refused_before_the_picture_is_fetched(steps: Steps) -> None:
    ours = steps.request()["sealed_token"]
    foreign = sealed(PrivateKey.generate())
    for crooked in (foreign, ours[:-4] + "AAAA", ours[:-4], ours[:65], ours[:64], "A" * 1024):
        request = steps.request({"sealed_token": crooked})
        refused(steps, steps.post("/reply-discord", {"request": request, "picture": PICTURE}), {400})


def test_a_date_that_no_calendar_has_is_refused(steps: Steps) -> None:
    for instant in ("9999-99-99T99:99:99Z", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-01T24:00:01Z"):
        request = steps.request({"expires_at": instant})
        assert "expires_at" in refused(steps, steps.post("/generate-image", request), {400})
        refused(steps, steps.post("/reply-discord", {"request": request, "picture": PICTURE}), {400})


def with_options(steps: Steps, text: str) -> bytes:
    return json.dumps(steps.request()).replace('"options": {}', f'"options": {text}').encode()


BODIES: dict[str, tuple[int, Any]] = {
    "nothing": (400, lambda s: b""),
    "no JSON": (400, lambda s: b"{"),
    "a text": (400, lambda s: b'"x"'),
    "null": (400, lambda s: b"null"),
    "NaN": (400, lambda s: with_options(s, '{"symmetry": NaN}')),
    "Infinity": (400, lambda s: with_options(s, '{"symmetry": -Infinity}')),
    "a number beyond all numbers": (400, lambda s: with_options(s, '{"symmetry": 1e400}')),
    "a number of 300 digits": (400, lambda s: with_options(s, '{"symmetry": 1e300}')),
    "a number of 10,000 digits": (400, lambda s: with_options(s, '{"symmetry": ' + "9" * 10_000 + "}")),
    "a fraction of 10,000 digits": (400, lambda s: with_options(s, '{"symmetry": 8.' + "1" * 10_000 + "}")),
    "one name twice": (400, lambda s: with_options(s, '{"symmetry": 8, "symmetry": 9}')),
    "one name twice, escaped": (400, lambda s: with_options(s, '{"words": "a", "w\\u006frds": "b"}')),
    "8,000 lists in one another": (400, lambda s: b"[" * 8000 + b"]" * 8000),
    "objects in one another": (400, lambda s: b'{"a":' * 2700 + b"1" + b"}" * 2700),
    "deep options": (400, lambda s: with_options(s, '{"words": ' + "[" * 5000 + "]" * 5000 + "}")),
    "UTF-16": (400, lambda s: json.dumps(s.request()).encode("utf-16")),
    "UTF-32": (400, lambda s: json.dumps(s.request()).encode("utf-32")),
    "a mark of byte order": (400, lambda s: b"\xef\xbb\xbf" + json.dumps(s.request()).encode()),
    "broken UTF-8": (400, lambda s: with_options(s, '{"words": "?"}').replace(b"?", b"\xc0\xaf")),
    "half a surrogate pair in UTF-8": (400, lambda s: with_options(s, '{"words": "?"}').replace(b"?", b"\xed\xa0\x80")),
    "a byte of zero inside": (400, lambda s: with_options(s, '{"words": "?"}').replace(b"?", b"\x00")),
    "two documents": (400, lambda s: json.dumps(s.request()).encode() * 2),
    "a byte too many": (413, lambda s: json.dumps(s.request()).encode().ljust(LIMIT + 1)),
    "a megabyte": (413, lambda s: b" " * (1 << 20)),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_request_is_refused_before_any_work(steps: Steps, name: str) -> None:
    status, make = BODIES[name]
    assert refused(steps, steps.post("/generate-image", make(steps)), {status})


def test_a_body_of_the_largest_size_is_read_and_its_size_need_not_be_told(steps: Steps) -> None:
    fits = json.dumps(steps.request()).encode().ljust(LIMIT)
    assert steps.post("/generate-image", fits).status_code == 200
    Neighbours.calls.clear()
    headers = {"Authorization": f"Bearer {steps.token()}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{steps.port}/generate-image"
    refused(steps, requests.post(url, data=iter([b" " * 4096] * 64), headers=headers, timeout=10), {413})


def test_what_is_compressed_is_not_unpacked(steps: Steps) -> None:
    bomb = gzip.compress(b" " * 8_000_000)
    assert len(bomb) < LIMIT
    for encoding in ("gzip", "deflate", "br"):
        refused(steps, steps.post("/generate-image", bomb, Content_Encoding=encoding), {400})


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "x",
    ],
)
def test_only_json_is_taken_for_json(steps: Steps, content_type: str) -> None:
    reason = refused(steps, steps.post("/generate-image", steps.request(), Content_Type=content_type), {400})
    assert "Content-Type: application/json" in reason


def test_an_integer_may_be_written_with_a_point_and_shows_the_same(steps: Steps) -> None:
    drawn = [
        steps.post("/generate-image", with_options(steps, f'{{"symmetry": {text}}}')) for text in ("8", "8.0", "8e0")
    ]
    assert [each.status_code for each in drawn] == [200] * 3
    assert len({each.json()["object"] for each in drawn}) == 1


def test_the_dedup_key_names_the_request(steps: Steps) -> None:
    for key in ("", "1", "1310000000000000001,1310000000000000001"):
        refused(steps, steps.post("/generate-image", steps.request(), X_Dedup_Key=key), {400})


SIGNS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
NASTY = st.sampled_from(
    ["../../x", "https://evil.example/?a=b#c", "\x00\r\n", "<@1> @everyone", "💠" * 200, "/", "..", "%2e%2e/"]
)


@given(
    words=st.one_of(SIGNS, NASTY),
    symmetry=st.none() | st.sampled_from(mandala.SYMMETRIES),
    palette=st.none() | st.sampled_from(sorted(mandala.PALETTES)),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_for_the_object_lies_in_pictures(
    steps: Steps, words: str, symmetry: int | None, palette: str | None
) -> None:
    Neighbours.calls.clear()
    options = {"words": words, "symmetry": symmetry, "palette": palette}
    given_ones = {name: value for name, value in options.items() if value is not None}
    answer = steps.post("/generate-image", steps.request({"options": given_ones}))
    assert answer.status_code == 200, answer.text
    (call,) = [call for call in Neighbours.calls if call.startswith("POST")]
    assert call.startswith("POST /upload/storage/v1/b/demo-mandalas/o?")
    assert re.fullmatch(r"pictures/[0-9a-f]{32}\.png", answer.json()["object"])
    assert parse_qs(urlsplit(unquote(call)).query)["ifGenerationMatch"] == ["0"]


def test_the_members_words_are_not_told_to_the_workflow(steps: Steps) -> None:
    """Of words that no description has: hypothesis draws "rounded petals" from our own code."""
    answer = steps.post("/generate-image", steps.request({"options": {"words": "zqxj kvwz"}}))
    assert answer.status_code == 200
    assert not [word for word in ("zqxj", "kvwz") if word in answer.text.lower()]


def drawn(words: str, **options: Any) -> tuple[float, int]:
    """The processor's seconds, and bytes."""
    begin_s = time.thread_time()
    png = mandala.draw_png(mandala.design_for(words, **options))
    return time.thread_time() - begin_s, len(png)


def test_no_picture_is_large_or_slow_whatever_the_options_say() -> None:
    """Slow is what takes many times as long as others do, on whatever machine."""
    others_s = sorted(drawn(str(seed))[0] for seed in range(8))[4]
    for number, palette in enumerate(sorted(mandala.PALETTES)):
        symmetry = mandala.SYMMETRIES[number % len(mandala.SYMMETRIES)]
        took_s, size = drawn("💠" * 199 + chr(0x1F300 + number), symmetry=symmetry, palette=palette)
        assert took_s < 8 * others_s, (palette, symmetry)
        assert size < 600_000, (palette, symmetry)


def test_many_wrong_calls_at_once_keep_no_right_one_out(steps: Steps) -> None:
    bodies = [make(steps) for _, make in BODIES.values()]
    threads = [threading.Thread(target=steps.post, args=("/generate-image", body, "a.b.c")) for body in bodies]
    for thread in threads:
        thread.start()
    assert steps.post("/generate-image", steps.request()).status_code == 200
    for thread in threads:
        thread.join()
