"""The multipart reader, for any content, any cut of it into pieces, and each client's way of writing it."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.storage.errors import StorageError
from local.storage.multipart import RelatedReader, boundary_of, parse_resource

BOUNDARY = "===============0841269831162590660=="
RESOURCE = {"name": "a/b.png", "metadata": {"words": "my cat\n--" + BOUNDARY[:5]}}


def a_body(content: bytes, newline: bytes, ending: bytes = b"") -> bytes:
    dashed = b"--" + BOUNDARY.encode()
    head = [dashed, b"Content-Type: application/json", b"", json.dumps(RESOURCE).encode()]
    part = [dashed, b"Content-Type: image/png", b"Content-Transfer-Encoding: binary", b"", content, dashed + b"--"]
    return newline.join([*head, *part]) + ending


def read(body: bytes, cuts: list[int]) -> tuple[RelatedReader, bytes]:
    reader = RelatedReader(BOUNDARY)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in itertools.pairwise(edges)]
    content = b"".join(chunk for piece in pieces for chunk in reader.feed(piece))
    reader.finish()
    return reader, content


# Contents made of what could be taken for the boundary or its line ends.
tricky = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", BOUNDARY.encode()[:9], b"x", b"\0"]), max_size=30
).map(b"".join)


@given(
    content=st.binary(max_size=300) | tricky,
    newline=st.sampled_from([b"\n", b"\r\n"]),
    ending=st.sampled_from([b"", b"\n", b"\r\n"]),
    cuts=st.lists(st.integers(0, 900), max_size=8),
)
def test_every_content_arrives_unchanged_however_it_is_cut(
    content: bytes, newline: bytes, ending: bytes, cuts: list[int]
) -> None:
    reader, arrived = read(a_body(content, newline, ending), cuts)
    assert arrived == content
    assert reader.resource == RESOURCE
    assert reader.content_type == "image/png"


def test_a_part_without_headers_is_content_from_its_first_byte() -> None:
    dashed = b"--" + BOUNDARY.encode()
    body = b"\r\n".join([dashed, b"", b'{"name":"x"}', dashed, b"", b"the content", dashed + b"--"])
    reader, content = read(body, [])
    assert (reader.resource, content, reader.content_type) == ({"name": "x"}, b"the content", None)


@given(st.integers(0, 10_000))
def test_a_body_that_is_cut_off_is_refused(cut: int) -> None:
    whole = a_body(b"0123456789", b"\n")
    with pytest.raises(StorageError) as refused:
        read(whole[: cut % (len(whole) - 3)], [])
    assert refused.value.code == 400


@given(st.binary(max_size=200))
def test_no_body_makes_anything_but_a_refusal(body: bytes) -> None:
    with pytest.raises(StorageError):
        read(body, [])


@pytest.mark.parametrize(
    "header",
    [
        f"multipart/related; boundary={BOUNDARY[15:-2]}",
        f'multipart/related; boundary="{BOUNDARY}"',
        f"multipart/related; boundary='{BOUNDARY}'",
    ],
)
def test_the_boundary_is_read_with_any_quotes(header: str) -> None:
    assert boundary_of(header) in (BOUNDARY, BOUNDARY[15:-2])


@pytest.mark.parametrize("header", ["", "multipart/form-data; boundary=x", "multipart/related", "image/png"])
def test_a_header_without_boundary_says_what_was_expected(header: str) -> None:
    with pytest.raises(StorageError, match=r"expected Content-Type multipart/related with a boundary"):
        boundary_of(header)


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b"{", b"[]", b"null", b"\xff", b"[" * 100_000]
)
def test_a_resource_that_is_no_json_object_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(StorageError) as refused:
        parse_resource(body)
    assert (refused.value.code, refused.value.reason) == (400, "parseError")
