"""The tokens of the local issuer, checked by google-auth itself."""

import asyncio
import base64
import json
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from local import auth
from local.auth import TokenIssuer
from tests.running import served

EMAIL = "mando-workflow@demo.iam.gserviceaccount.com"


@pytest.fixture
async def certs_url(tmp_path: Path) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(auth.routes(TokenIssuer(tmp_path / "key.pem")))
    async with served(app) as url:
        yield url + auth.CERTS_PATH


async def verify(token: str, certs_url: str) -> dict[str, object]:
    return dict(
        await asyncio.to_thread(id_token.verify_token, token, Request(), audience="mando-steps", certs_url=certs_url)
    )


async def test_google_auth_verifies_our_tokens(certs_url: str, tmp_path: Path) -> None:
    issuer = TokenIssuer(tmp_path / "key.pem")
    claims = await verify(issuer.id_token("mando-steps", EMAIL, datetime.now(UTC)), certs_url)
    assert (claims["iss"], claims["email"], claims["email_verified"]) == ("https://accounts.google.com", EMAIL, True)


async def test_google_auth_refuses_what_is_expired_meant_for_others_or_signed_by_others(
    certs_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    ours, other = TokenIssuer(tmp_path / "key.pem"), TokenIssuer(tmp_path / "other.pem")
    header, claims, signature = ours.id_token("mando-steps", EMAIL, now).split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    for token in (
        ours.id_token("mando-steps", EMAIL, now - timedelta(hours=2)),
        ours.id_token("someone-else", EMAIL, now),
        other.id_token("mando-steps", EMAIL, now),
        f"{unsigned}.{claims}.",
        f"{unsigned}.{claims}.{signature}",
        f"{header}.{claims}.{signature[:-8]}AAAAAAAA",
    ):
        with pytest.raises((exceptions.GoogleAuthError, ValueError)):
            await verify(token, certs_url)


def test_the_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first, second = TokenIssuer(path), TokenIssuer(path)
    assert first.certificates() == second.certificates()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_access_token_is_never_given_twice(tmp_path: Path) -> None:
    issuer = TokenIssuer(tmp_path / "key.pem")
    assert len({issuer.access_token() for _ in range(100)}) == 100
