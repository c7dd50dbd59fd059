"""Small rules by themselves, each with a clock of the test's own: limits, grants, ids, tokens, names, readings."""

import base64
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from nacl.signing import SigningKey

from local.discord.data.interaction import RANDOM_CHARACTERS, Interaction, is_token, make_token
from local.discord.engine import grants as grants_module
from local.discord.engine.delivery import ByCallback, Delivery, NotAnAnswer, Pong, read_answer
from local.discord.engine.grants import BOT, COMMANDS, IDENTIFY, GrantRefused, Grants
from local.discord.engine.limits import Allowance, RateLimit, rate_limited
from local.discord.engine.signing import signed_headers
from local.discord.errors import DiscordError
from local.discord.forms.answer import Deferred, Immediate, Unshown
from local.discord.forms.form import Form, safe_filename
from local.discord.snowflake import Snowflakes, smallest_id_at, time_of_id


def test_a_window_of_calls_ends_too_early_or_never() -> None:
    """Source: https://github.com/discord/discord-api-docs/issues/2701: 5 in 2 s; the window begins with the first."""
    limit = RateLimit()
    told = [limit.take("a", now_s) for now_s in (10, 10, 11, 11, 11.75, 11.999, 12, 12)]
    assert [(one.allowed, one.remaining) for one in told] == [
        *((True, 4), (True, 3), (True, 2), (True, 1), (True, 0), (False, 0), (True, 4), (True, 3))
    ]
    assert [one.reset_after_s for one in told] == pytest.approx([2, 2, 1, 1, 0.25, 0.001, 2, 2])
    assert limit.take("b", 12).remaining == 4, "another token has calls of its own"
    assert limit.take("a", 13.5).remaining == 2
    assert list(limit._windows) == ["a", "b"]
    limit.take("c", 14)
    assert list(limit._windows) == ["c"], "what has ended is forgotten"


def test_what_is_told_of_a_limit_lacks_a_header_or_has_another() -> None:
    """Source: Discord, "Rate Limits": "Header Format", "Exceeding A Rate Limit"."""
    assert Allowance(True, 3, 1.25).headers(1000.5) == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "3",
        "X-RateLimit-Reset": "1001.750",
        "X-RateLimit-Reset-After": "1.250",
        "X-RateLimit-Bucket": "webhook",
    }
    error = rate_limited(1.25, {"X": "1"})
    assert (error.status, error.body) == (
        429,
        {"message": "You are being rate limited.", "retry_after": 1.25, "global": False},
    )
    assert error.headers == {"X": "1", "Retry-After": "2", "Via": "1.1 google", "X-RateLimit-Scope": "user"}
    everywhere = rate_limited(1.0, {}, is_global=True)
    assert everywhere.body["global"] is True
    shown = {"Retry-After": "1", "Via": "1.1 google", "X-RateLimit-Scope": "global", "X-RateLimit-Global": "true"}
    assert everywhere.headers == shown


def granted(grants: Grants, scope: str = f"{COMMANDS} {IDENTIFY}", **more: str) -> dict[str, Any]:
    form = {"grant_type": "client_credentials", "scope": scope, "client_id": "1", "client_secret": "s"}
    return grants.grant("1", form | more, None)


def test_an_access_token_is_void_before_its_end_or_lives_on_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: Discord, "Client Credentials Grant": a week."""
    clock = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(grants_module, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    grants = Grants("s")
    given = granted(grants, f"{IDENTIFY} {COMMANDS} {IDENTIFY}")
    token = given.pop("access_token")
    assert given == {"token_type": "Bearer", "expires_in": 604_800, "scope": f"{COMMANDS} {IDENTIFY}"}
    assert len(token) == 30
    assert granted(grants)["access_token"] != token
    for passed_s, scopes in ((0, {COMMANDS, IDENTIFY}), (604_799.5, {COMMANDS, IDENTIFY}), (604_800, set())):
        clock.now_s = 1000 + passed_s
        assert grants.scopes_of(f"Bearer {token}") == scopes


def test_a_header_allows_more_or_less_than_it_says() -> None:
    grants = Grants("s")
    token = granted(grants, IDENTIFY)["access_token"]
    rights = {
        None: set(), "": set(), "Bot s": {BOT}, "Bot  s": set(), "Bot x": set(), "bot s": set(), "Bearer s": set(),
        "Bot \udcff": set(),  # a byte that is no UTF-8
        f"Bearer {token}": {IDENTIFY}, f"Bot {token}": set(), f"{token}": set(), "Bearer ": set(), "s": set(),
    }  # fmt: skip
    for header, scopes in rights.items():
        assert grants.scopes_of(header) == scopes, header
    nobody = Grants(None)
    assert [nobody.scopes_of(header) for header in rights] == [frozenset()] * len(rights)


REFUSALS: list[tuple[dict[str, str], int, str, str]] = [
    (
        *({"client_id": "2"}, 401, "invalid_client"),
        "the id is the application's, the secret here the bot's token",
    ),
    (
        *({"client_secret": "x"}, 401, "invalid_client"),
        "the id is the application's, the secret here the bot's token",
    ),
    (
        *({"grant_type": "password"}, 400, "unsupported_grant_type"),
        "this local Discord grants client_credentials only",
    ),
    *(
        (
            *({"scope": scope}, 400, "invalid_scope"),
            "this local Discord knows applications.commands.update and identify only",
        )
        for scope in ("", " ", "bot", f"{IDENTIFY} guilds")
    ),
]


@pytest.mark.parametrize(("change", "status", "code", "detail"), REFUSALS)
def test_what_is_not_granted_is_granted_or_told_in_other_words(
    change: dict[str, str], status: int, code: str, detail: str
) -> None:
    """Source: RFC 6749, section 5.2."""
    with pytest.raises(GrantRefused) as caught:
        granted(Grants("s"), **change)
    assert (caught.value.status, caught.value.code, caught.value.detail) == (status, code, detail)
    with pytest.raises(GrantRefused):
        granted(Grants(None))


@pytest.mark.parametrize(
    ("header", "is_granted"),
    [("Basic MTpz", True), ("Basic Mjpz", False), ("Basic MTp4", False), ("Basic M!Tpz", False), ("Basic /w==", False)],
)
def test_a_client_is_known_by_the_form_although_it_says_who_it_is_in_the_header(header: str, is_granted: bool) -> None:
    """Source: RFC 6749, section 2.3.1; MTpz is 1:s."""
    form = {"grant_type": "client_credentials", "scope": IDENTIFY, "client_id": "1", "client_secret": "s"}
    if is_granted:
        assert Grants("s").grant("1", form, header)["scope"] == IDENTIFY
        secret = Grants("s:t")
        both = base64.b64encode(b"1:s:t").decode()
        assert secret.grant("1", form, f"Basic {both}")["scope"] == IDENTIFY, "a secret may have a colon"
    else:
        with pytest.raises(GrantRefused):
            Grants("s").grant("1", form, header)


def test_an_id_tells_of_another_moment() -> None:
    """Source: Discord, "Snowflakes": milliseconds since 2015 above bit 22; the page's own example."""
    assert time_of_id("175928847299117063") == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)
    assert smallest_id_at(1462015105.796) == 175928847299117063 >> 22 << 22
    assert smallest_id_at(1420070400) == 0
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    ids = Snowflakes(lambda: moment)
    first, second = int(ids.next()), int(ids.next())
    assert (first, second) == (smallest_id_at(moment.timestamp()), first + 1)
    assert int(Snowflakes(lambda: moment, after=first + 9).next()) == first + 10


def test_a_token_looks_like_none_or_lives_for_another_time() -> None:
    token = make_token("175928847299117063", "x" * RANDOM_CHARACTERS)
    decoded = base64.b64decode(token).decode()
    assert decoded == f"interaction:175928847299117063:{'x' * 124}"
    assert is_token(token)
    for other in ("", token[1:], token + "!", "aW50ZXJhY3Rpb246" + "x" * 31, "aW50ZXJhY3Rpb246" + "x" * 481):
        assert not is_token(other)
    assert is_token("aW50ZXJhY3Rpb246" + "x" * 32)
    body = json.dumps({"data": {"name": "mando"}}).encode()
    interaction = Interaction("175928847299117063", token, body)
    assert (interaction.request()["data"], interaction.state) == ({"name": "mando"}, "pending")
    sent = interaction.sent_at
    lives = {timedelta(0): False, timedelta(minutes=15, microseconds=-1): False, timedelta(minutes=15): True}
    for passed, is_over in lives.items():
        assert interaction.is_expired(sent + passed) == is_over
    assert token not in repr(interaction)


def test_a_signature_is_of_something_else() -> None:
    """Source: Discord, "Validating Security Request Headers"."""
    key = SigningKey.generate()
    headers = signed_headers(key, 1700000000, b"body")
    assert set(headers) == {"X-Signature-Ed25519", "X-Signature-Timestamp"}
    assert headers["X-Signature-Timestamp"] == "1700000000"
    key.verify_key.verify(b"1700000000body", bytes.fromhex(headers["X-Signature-Ed25519"]))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.png", "a.png"), ("a b.png", "a_b.png"), ("a'\"b.png", "ab.png"), ("ä/..\\x.png", "_.._x.png"),
        ("", "unknown"), ("..", "unknown"), (".a.", "a"), ("a(1)-b_c.png", "a(1)-b_c.png"), ("'", "unknown"),
    ],
)  # fmt: skip
def test_a_name_of_a_file_breaks_its_address_or_is_changed_for_nothing(given: str, shown: str) -> None:
    assert safe_filename(given) == shown


JSON = "application/json"


@pytest.mark.parametrize(
    ("status", "content_type", "body", "answer"),
    [
        (200, JSON, b'{"type": 1}', Pong()),
        (200, JSON, b'{"type": 5}', Deferred(0)),
        (200, JSON, b'{"type": 4, "data": {"content": "x"}}', Immediate(Form(content="x"))),
        (200, JSON, b'{"type": 12}', Unshown("This local Discord launches no activities (type 12).")),
        (202, "text/plain", b"anything", ByCallback()),
        (204, JSON, b"", "status 204, expected 200"),
        (199, JSON, b'{"type": 5}', "status 199, expected 200"),
        (200, "text/html", b'{"type": 5}', "content type text/html, expected application/json"),
        (200, JSON, b"{", "the body is not JSON"),
        (200, JSON, b"[" * 100_000, "the body is not JSON"),
        (200, JSON, b"\xff", "the body is not JSON"),
        (200, JSON, b'{"type": 4, "data": {"attachments": [{"id": 0}], "content": "x"}}', "data: attachments without"),
        (200, JSON, b'{"type": 4, "data": {"content": ""}}', "data: Cannot send an empty message"),
        (200, JSON, b'{"type": 4, "data": {"embeds": []}}', "data: Cannot send an empty message"),
        (200, JSON, b'{"type": 4, "data": {"embeds": [{"title": "x"}]}}', Immediate(Form(embeds=({"title": "x"},)))),
        (200, JSON, b'{"type": 2}', 'no answer to a command: {"type": {"_errors": [{"code": "BASE_TYPE_CHOICES"'),
        (200, JSON, b"7", 'no answer to a command: {"_errors": [{"code": "MODEL_TYPE_CONVERT"'),
    ],
)
def test_an_answer_of_an_application_is_read_as_another(
    status: int, content_type: str, body: bytes, answer: object
) -> None:
    """Source: Discord, "Interaction Response Object"; https://github.com/getsentry/sentry/pull/76197."""
    if not isinstance(answer, str):
        assert read_answer(status, content_type, body) == answer
        return
    with pytest.raises(NotAnAnswer) as caught:
        read_answer(status, content_type, body)
    said = str(caught.value)
    assert said.startswith(answer)
    assert len(said) <= 600


def test_what_is_told_of_a_delivery_lacks_a_part() -> None:
    assert Delivery(200, 1.5, Pong(), "x").to_json() == {"status": 200, "ms": 1.5, "problem": "x"}


def test_an_error_keeps_its_words_from_who_reads_the_log() -> None:
    error = DiscordError(403, 50013, "Missing Permissions", {"A": "b"}, more=1)
    assert str(error) == "403/50013 Missing Permissions"
    assert (error.status, error.headers) == (403, {"A": "b"})
    assert error.body == {"message": "Missing Permissions", "code": 50013, "more": 1}
    assert DiscordError(403, 0, "x").headers == {}
