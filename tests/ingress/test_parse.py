"""What a body of Discord's is read as, whole; what is requested for it, byte for byte; and the words, sign by sign."""

import hashlib
import json
import sys
import unicodedata
from base64 import b64decode
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from nacl.public import PrivateKey, PublicKey

import schemas
from ingress import signature
from ingress.config import read_config
from ingress.enqueue import TaskQueue
from ingress.interaction import (
    Autocomplete,
    Command,
    IncompleteInteraction,
    NotAnInteraction,
    OtherInteraction,
    Ping,
    parse,
    to_request,
)
from ingress.luck import Luck
from ingress.seal import Sealer
from ingress.words import shortened, tidy
from schemas.request import ChannelId, InteractionId, UserId
from service.environment import Secret
from tests.ingress.function import environment
from tests.interactions import Signer, an_interaction

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MANDO = {"name": "mando", "type": 1}
OTHER = OtherInteraction("en-US")
NOTHING_TYPED = Autocomplete("en-US", None)


@pytest.mark.parametrize(
    ("interaction", "read"),
    [
        ({"type": 1}, Ping()),
        ({"type": 4, "data": MANDO}, NOTHING_TYPED),
        ({"type": 4, "data": {"options": [{"name": "palette", "value": "x"}]}}, NOTHING_TYPED),
        ({"type": 4, "data": {"options": [{"name": "words", "value": "x", "focused": True}]}}, NOTHING_TYPED),
        ({"type": 4, "data": {"options": [{"name": "palette", "value": 5, "focused": True}]}}, NOTHING_TYPED),
        *(({"type": kind, "data": MANDO}, OTHER) for kind in (0, 3, 5, 6, 8, None, "2", [2])),
        *(({"type": 3, "data": {"component_type": kind}}, OTHER) for kind in (1, 3, 8, "2", None)),
        ({"type": 2}, OTHER),
        *(({"type": 2, "data": {**MANDO, "type": kind}}, OTHER) for kind in (0, 2, 4, "1")),
        *(({"type": 2, "data": {**MANDO, "name": name}}, OTHER) for name in (None, 5, ["mando"])),
        ({"type": 2, "data": {"name": 5, "type": 3}}, OTHER),
    ],
    ids=str,
)
def test_no_kind_of_interaction_is_taken_for_another(interaction: dict[str, Any], read: object) -> None:
    """Source: Discord, "Interaction Type", "Application Command Types"."""
    assert parse(json.dumps(interaction).encode()) == read


def test_no_field_of_a_command_takes_the_place_of_another() -> None:
    command = parse(json.dumps(an_interaction("77", "dance", "42", words="cat", symmetry=8)).encode())
    assert isinstance(command, Command)
    assert command.token.reveal() == an_interaction()["token"]
    assert command == Command(
        name="dance",
        interaction_id=InteractionId("77"),
        application_id="1146847361212375051",
        token=command.token,
        channel_id=ChannelId("1146847361212375003"),
        user_id=UserId("42"),
        locale="en-GB",
        options={"words": "cat", "symmetry": 8},
    )


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ([{"name": 5, "value": "x"}, {"name": None, "value": "x"}, {"name": [], "value": "x"}, {"value": "x"}], {}),
        ([{"name": "words"}, {"name": "a", "value": False}], {"a": False}),
        ([None, 5, "words", []], {}),
        ({"name": "words", "value": "x"}, {}),
    ],
    ids=str,
)
def test_an_option_without_a_name_or_a_value_is_left_out(options: object, read: dict[str, Any]) -> None:
    interaction = an_interaction()
    interaction["data"]["options"] = options
    command = parse(json.dumps(interaction).encode())
    assert isinstance(command, Command)
    assert command.options == read


def test_a_command_of_nobody_is_incomplete() -> None:
    said = "^interaction must contain the id of a member's user or of a user$"
    with pytest.raises(IncompleteInteraction, match=said):
        parse(json.dumps({**an_interaction(), "member": {"user": {"id": "me"}}}).encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[" * 60_000, "the body is nested too deeply"),
        (b'"\xff"', "the body is not UTF-8"),
        (b'{"a": NaN}', "the body is not JSON: NaN is no JSON number"),
        (b'{"a": -Infinity}', "the body is not JSON: -Infinity is no JSON number"),
        (b"{", "the body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"[1]", "the body is no JSON object"),
    ],
    ids=lambda one: repr(one)[:20],
)
def test_what_is_wrong_with_a_body_is_said_and_nothing_else(body: bytes, said: str) -> None:
    with pytest.raises(NotAnInteraction) as caught:
        parse(body)
    assert str(caught.value) == said


def test_words_are_sent_in_their_own_letters_so_that_the_longest_fit_into_a_request() -> None:
    command = parse(json.dumps(an_interaction(words="café 🪷")).encode())
    assert isinstance(command, Command)
    request = to_request(command, Sealer(PrivateKey.generate().public_key), NOW)
    task = TaskQueue(read_config(environment("http://127.0.0.1:1")), Luck())._task(request)
    argument = json.loads(b64decode(task["httpRequest"]["body"]))["argument"]
    assert '"words": "café 🪷"' in argument
    assert json.loads(argument) == request.to_json()
    assert request.interaction_id == command.interaction_id


@pytest.mark.parametrize("kind", ["http", "app-engine"])
def test_without_a_workflow_a_task_calls_the_step_with_the_request(kind: str) -> None:
    command = parse(json.dumps(an_interaction(words="café 🪷")).encode())
    assert isinstance(command, Command)
    request = to_request(command, Sealer(PrivateKey.generate().public_key), NOW)
    steps = "https://steps.example"
    environ = {**environment("http://127.0.0.1:1"), "TASKS_CALL": kind, "STEPS_URL": steps}
    del environ["WORKFLOW"]
    task = TaskQueue(read_config(environ), Luck())._task(request)
    sent = task["httpRequest" if kind == "http" else "appEngineHttpRequest"]
    assert json.loads(b64decode(sent["body"])) == request.to_json()
    assert sent["headers"] == {
        "Content-Type": "application/json",
        "X-Dedup-Key": request.interaction_id,
        "traceparent": f"00-{request.interaction_id:0>32}-0000000000000001-01",
    }
    assert task["name"].endswith(f"-{request.interaction_id}")
    if kind == "http":
        assert sent["url"] == f"{steps}/generate-image"
        token = {"serviceAccountEmail": environ["TASK_SERVICE_ACCOUNT"], "audience": "mando-steps"}
        assert sent["oidcToken"] == token
    else:
        assert sent["relativeUri"] == "/generate-image"


def test_what_the_steps_would_refuse_is_not_put_into_the_queue() -> None:
    """The member is told at once, not after the workflow has given up."""

    class Broken(Sealer):
        def seal(self, token: Secret) -> str:
            return ""

    command = parse(json.dumps(an_interaction()).encode())
    assert isinstance(command, Command)
    with pytest.raises(schemas.SchemaError, match="sealed_token"):
        to_request(command, Broken(PublicKey(bytes(32))), NOW)


@pytest.mark.parametrize(
    ("signed", "timestamp"),
    [("", "100"), ("a" * 127, "100"), ("a" * 129, "100"), ("g" * 128, "100"), ("a" * 128, ""), ("a" * 128, "+100")],
)
def test_headers_that_are_none_of_discords_are_not_valid(signed: str, timestamp: str) -> None:
    assert signature.may_be_valid(signed, timestamp, 100) is False


def test_only_its_own_signature_makes_a_body_valid() -> None:
    discord, other = Signer(), Signer()
    headers = discord.headers(b"body")
    timestamp, signed = headers[signature.TIMESTAMP], headers[signature.SIGNATURE]
    key = discord.key.verify_key
    assert signature.is_valid(signed, timestamp, b"body", key) is True
    assert signature.is_valid(signed, timestamp, b"Body", key) is False
    assert signature.is_valid(signed, f"0{timestamp}", b"body", key) is False
    assert signature.is_valid(signed, timestamp, b"body", other.key.verify_key) is False


# Each sign that has no letter's shape, by what becomes of it between two letters.
LEFT_OUT = {
    *("SOFT HYPHEN", "ARABIC LETTER MARK", "MONGOLIAN VOWEL SEPARATOR", "ZERO WIDTH SPACE", "LEFT-TO-RIGHT MARK"),
    *("RIGHT-TO-LEFT MARK", "LEFT-TO-RIGHT EMBEDDING", "RIGHT-TO-LEFT EMBEDDING", "POP DIRECTIONAL FORMATTING"),
    *("LEFT-TO-RIGHT OVERRIDE", "RIGHT-TO-LEFT OVERRIDE", "WORD JOINER", "FUNCTION APPLICATION", "INVISIBLE TIMES"),
    *("INVISIBLE SEPARATOR", "INVISIBLE PLUS", "LEFT-TO-RIGHT ISOLATE", "RIGHT-TO-LEFT ISOLATE"),
    *("FIRST STRONG ISOLATE", "POP DIRECTIONAL ISOLATE", "INHIBIT SYMMETRIC SWAPPING", "ACTIVATE SYMMETRIC SWAPPING"),
    *("INHIBIT ARABIC FORM SHAPING", "ACTIVATE ARABIC FORM SHAPING", "NATIONAL DIGIT SHAPES"),
    *("NOMINAL DIGIT SHAPES", "ZERO WIDTH NO-BREAK SPACE", "half a pair"),
}
A_SPACE = {
    *("SPACE", "NO-BREAK SPACE", "OGHAM SPACE MARK", "EN QUAD", "EM QUAD", "EN SPACE", "EM SPACE", "FIGURE SPACE"),
    *("THREE-PER-EM SPACE", "FOUR-PER-EM SPACE", "SIX-PER-EM SPACE", "PUNCTUATION SPACE", "THIN SPACE", "HAIR SPACE"),
    *("LINE SEPARATOR", "PARAGRAPH SEPARATOR", "NARROW NO-BREAK SPACE", "MEDIUM MATHEMATICAL SPACE"),
    *("IDEOGRAPHIC SPACE", "a control"),
}


def test_no_sign_that_is_seen_is_lost_and_none_that_is_not_seen_makes_other_words() -> None:
    """Of all of Unicode.  What is left out or becomes a space is listed above."""
    nameless = {"Cs": "half a pair", "Cc": "a control"}
    becomes: defaultdict[str, set[str]] = defaultdict(set)
    for sign in map(chr, range(sys.maxunicode + 1)):
        category = unicodedata.category(sign)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"):
            becomes[tidy(f"a{sign}b")].add(nameless.get(category) or unicodedata.name(sign))
    assert becomes["ab"] == LEFT_OUT
    assert becomes["a b"] == A_SPACE
    for sign in map(chr, range(0x2100)):
        if unicodedata.category(sign)[0] in "LNPS" and unicodedata.normalize("NFC", sign) == sign:
            assert tidy(f"x{sign}x") == f"x{sign}x", unicodedata.name(sign)


def test_the_words_of_a_long_text_are_its_beginning_and_a_digest_of_all_of_it() -> None:
    """Whoever asks for them again, also after an update, gets the same picture."""
    text = "a" * 159 + " " + "b" * 41
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert len(text) == 201
    assert shortened(text) == "a" * 159 + "… " + digest[:32]
    assert shortened(text[1:]) == text[1:]
    assert shortened("c" * 201) == "c" * 160 + "… " + hashlib.sha256(b"c" * 201).hexdigest()[:32]
