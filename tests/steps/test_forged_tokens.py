"""Who is not the workflow gets nothing done by the steps, whatever the token.  They run as they do in the cloud."""

import base64
import hashlib
import hmac
import json
import re
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from google.auth import crypt, jwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.steps.service import ACCOUNT, PICTURE, Neighbours, Steps, base64url, refused

pytestmark = pytest.mark.usefixtures("quiet")


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def signed(steps: Steps, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A token that is the issuer's own but for these claims and parts of its header."""
    key_id = next(iter(steps.issuer.certificates()))
    signer = crypt.RSASigner.from_string(_pkcs1(steps.issuer_key), key_id)
    token: bytes = jwt.encode(signer, claims_of(steps.token()) | claims, header=dict(header or {}))
    return token.decode()


def _pkcs1(pem: bytes) -> bytes:
    return serialization.load_pem_private_key(pem, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def unsigned(steps: Steps, header: Any, signature: str = "AAAA") -> str:
    """Right claims under any header, which is JSON text or what becomes it."""
    text = header if isinstance(header, str) else json.dumps(header)
    return f"{base64url(text)}.{base64url(json.dumps(claims_of(steps.token())))}.{signature}"


def hs256(steps: Steps) -> str:
    """The classic confusion of algorithms: the public certificate taken for a shared secret."""
    ((key_id, certificate),) = steps.issuer.certificates().items()
    head = unsigned(steps, {"alg": "HS256", "typ": "JWT", "kid": key_id}, signature="").rstrip(".")
    return f"{head}.{base64url(hmac.digest(certificate.encode(), head.encode(), hashlib.sha256))}"


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_a_token_that_only_a_test_signs_again_is_taken(steps: Steps, issuer: str) -> None:
    """So that what the tests below change is why it is refused.  Source of both: Google, "Validating an ID token"."""
    assert steps.post("/generate-image", steps.request(), token=signed(steps, iss=issuer)).status_code == 200


NO_TOKEN = "a Google ID token is needed: Authorization: Bearer …"
NO_KEY, NOT_GOOGLES = "its key is none of the issuer's", "it is not Google's"
NO_SIGNATURE, TOO_LONG = "Could not verify token signature.", "more than 4096 characters"
NOT_THE_WORKFLOWS = "the token is neither the workflow's nor the steps' own"
# The status, how the reason begins after "the token is not valid: ", and the token.
FORGED: dict[str, tuple[int, str, Any]] = {
    "no signature, alg none": (401, NO_TOKEN, lambda s: unsigned(s, {"alg": "none", "typ": "JWT"}, signature="")),
    "alg none, a signature": (401, NO_KEY, lambda s: unsigned(s, {"alg": "none", "typ": "JWT"})),
    "alg none in capitals": (401, NO_KEY, lambda s: unsigned(s, {"alg": "NONE"})),
    "HS256 with the public certificate": (401, "Unsupported signature algorithm HS256", hs256),
    "ES256 with a key of RSA": (
        401,
        "Certificate key type does not match signature algorithm ES256.",
        lambda s: unsigned(s, {"alg": "ES256", "kid": kid(s)}, "A" * 86),
    ),
    "alg a list": (
        401,
        "Unsupported signature algorithm ['RS256']",
        lambda s: unsigned(s, {"alg": ["RS256"], "kid": kid(s)}),
    ),
    "unknown key": (401, NO_KEY, lambda s: unsigned(s, {"alg": "RS256", "kid": "../../etc/passwd"})),
    "a key that is a list": (401, NO_KEY, lambda s: unsigned(s, {"alg": "RS256", "kid": [[]]})),
    "no key named": (401, NO_KEY, lambda s: unsigned(s, {"alg": "RS256"})),
    "a header that is a list": (401, "Header segment should be a JSON object", lambda s: unsigned(s, [])),
    "a header that is nested deeply": (401, "nested too deeply", lambda s: unsigned(s, "[" * 2000)),
    "a header with a number of 2,500 digits": (401, NO_KEY, lambda s: unsigned(s, '{"alg":' + "9" * 2500 + "}")),
    "a header that is no JSON": (401, "Can't parse segment", lambda s: unsigned(s, "\x00")),
    "a header that is no text": (401, "Can't parse segment", lambda s: f"{base64url(bytes(range(128, 256)))}.e30.AAAA"),
    "claims of another token": (401, NO_SIGNATURE, lambda s: swapped(s)),
    "another signer": (401, NO_SIGNATURE, lambda s: s.token()[:-8] + "AAAAAAAA"),
    "too short a signature": (401, NO_SIGNATURE, lambda s: s.token()[:-300]),
    "expired": (401, "Token expired", lambda s: s.token(age=timedelta(hours=2))),
    "not yet valid": (401, "Token used too early", lambda s: s.token(age=timedelta(hours=-2))),
    "no end": (401, "unsupported operand", lambda s: signed(s, exp=None)),
    "an end that is a text": (401, "can only concatenate", lambda s: signed(s, exp="tomorrow")),
    "an end that is a list": (401, "can only concatenate", lambda s: signed(s, exp=[1])),
    "an end that is true": (401, "Token expired", lambda s: signed(s, exp=True)),
    "another audience": (401, "Token has wrong audience somebody-else", lambda s: s.token(audience="somebody-else")),
    "an audience that only begins alike": (
        401,
        "Token has wrong audience mando-steps-2",
        lambda s: s.token(audience="mando-steps-2"),
    ),
    "an audience that is an object": (401, "Token has wrong audience", lambda s: signed(s, aud={"mando-steps": 1})),
    "no audience": (401, "Token has wrong audience None", lambda s: signed(s, aud=None)),
    "another issuer": (401, NOT_GOOGLES, lambda s: signed(s, iss="https://accounts.google.com.evil.example")),
    "an issuer that is a list": (401, NOT_GOOGLES, lambda s: signed(s, iss=["https://accounts.google.com"])),
    "another account": (403, NOT_THE_WORKFLOWS, lambda s: s.token(email="mando-ingress@demo.iam.gserviceaccount.com")),
    "an account of another project": (
        403,
        NOT_THE_WORKFLOWS,
        lambda s: s.token(email="mando-workflow@evil.iam.gserviceaccount.com"),
    ),
    "an account in capitals": (403, NOT_THE_WORKFLOWS, lambda s: s.token(email=ACCOUNT.upper())),
    "an account that is a list": (403, NOT_THE_WORKFLOWS, lambda s: signed(s, email=[ACCOUNT])),
    "no account": (403, NOT_THE_WORKFLOWS, lambda s: signed(s, email=None)),
    "an unverified account": (403, NOT_THE_WORKFLOWS, lambda s: signed(s, email_verified=False)),
    "an account verified in words": (403, NOT_THE_WORKFLOWS, lambda s: signed(s, email_verified="true")),
    "nonsense": (401, NO_TOKEN, lambda s: "nonsense"),
    "two dots": (401, NO_TOKEN, lambda s: ".."),
    "no text": (401, NO_TOKEN, lambda s: " "),
    "three times": (401, NO_TOKEN, lambda s: f"{s.token()} {s.token()}"),
    "right but of 5,000 characters": (401, TOO_LONG, lambda s: signed(s, padding="x" * 3300)),
    "right in size for no token": (401, TOO_LONG, lambda s: "A" * 9000 + ".A.A"),
}


def kid(steps: Steps) -> str:
    return next(iter(steps.issuer.certificates()))


def swapped(steps: Steps) -> str:
    """The workflow's claims with the signature over somebody else's."""
    other = steps.token(email="evil@demo.iam.gserviceaccount.com").split(".")
    return f"{other[0]}.{steps.token().split('.')[1]}.{other[2]}"


@pytest.mark.parametrize("path", ["/generate-image", "/reply-discord"])
@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_the_workflows_is_refused_before_any_work(steps: Steps, name: str, path: str) -> None:
    status, begin, make = FORGED[name]
    token = make(steps)
    body = steps.request() if path == "/generate-image" else {"request": steps.request(), "picture": PICTURE}
    answer = steps.post(path, body, token=token)
    reason = refused(steps, answer, {status})
    error = {"status": status, "message": answer.json()["error"]["message"]}
    assert answer.json() == {"kind": "caller", "error": error}
    assert error["message"].removeprefix("the token is not valid: ").startswith(begin)
    assert token not in reason or len(token) < 20
    assert "b'" not in reason  # how google-auth quotes a part of a token


def test_the_tokens_name_matters_and_so_does_its_place(steps: Steps) -> None:
    token, body = steps.token(), steps.request()
    for authorization in ("", token, f"Basic {token}", f"Bearer: {token}", f"Bearer  {token}", f"Bearer {token},x"):
        headers = {"Authorization": authorization, "Cookie": f"token={token}", "X-Goog-IAP-JWT-Assertion": token}
        answer = steps.post(f"/generate-image?access_token={token}", body, **headers)
        assert token not in refused(steps, answer, {401})


@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_at_all_is_a_token(steps: Steps, text: str) -> None:
    refused(steps, steps.post("/generate-image", {}, token=text or "-"), {401})


def raw(steps: Steps, head: str, body: bytes = b"") -> bytes:
    """What the service answers to these very bytes."""
    with socket.create_connection(("127.0.0.1", steps.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    "lines",
    [
        "Authorization: Bearer {good}\nAuthorization: Bearer {bad}\nContent-Length: {size}",
        "Authorization: Bearer {bad}\nAuthorization: Bearer {good}\nContent-Length: {size}",
        "Authorization: Bearer {good}\nX-Dedup-Key: 1\nContent-Length: {size}",
        "Authorization: Bearer {good}\nContent-Length: {size}\nContent-Length: 2",
        "Authorization: Bearer {good}\nContent-Length: -1",
        "Authorization: Bearer {good}\nContent-Length: 0x10",
        "Authorization: Bearer {good}\nContent-Length: 99999999999",
        "Authorization: Bearer {good}\nTransfer-Encoding: chunked\nContent-Length: {size}",
        "Authorization : Bearer {good}\nContent-Length: {size}",
        "Authorization: Bearer\n {good}\nContent-Length: {size}",
    ],
)
def test_a_header_that_is_there_twice_or_crooked_opens_nothing(steps: Steps, lines: str) -> None:
    body = json.dumps(steps.request()).encode()
    given = lines.format(good=steps.token(), bad=steps.token(email="evil@demo.iam"), size=len(body))
    head = "POST /generate-image HTTP/1.1\nHost: steps\nConnection: close\nContent-Type: application/json\n"
    answer = raw(steps, f"{head}X-Dedup-Key: 1310000000000000001\n{given}", body)
    assert re.match(rb"(HTTP/1.1 (400|401|403|413) |$)", answer), answer
    assert b"Traceback" not in answer
    assert Neighbours.calls == []


@pytest.mark.parametrize("name", ["X_AppEngine_QueueName", "X_Appengine_Queuename", "X_CloudTasks_QueueName"])
@pytest.mark.parametrize("path", ["/generate-image", "/reply-discord"])
def test_outside_app_engine_a_caller_says_that_it_is_a_task_of_our_queue(steps: Steps, path: str, name: str) -> None:
    """Source: nobody but App Engine removes this header, so elsewhere it proves nothing."""
    body = steps.request() if path == "/generate-image" else {"request": steps.request(), "picture": PICTURE}
    forged = {name: "reply-discord-queue", "X_AppEngine_TaskName": "t"}
    answer = steps.post(path, body, token="", **forged)
    assert "a Google ID token is needed" in refused(steps, answer, {401})
