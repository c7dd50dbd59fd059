"""Issues Google's tokens on this machine: ID tokens that google-auth verifies, access tokens that nobody verifies.

Source: Google, "Obtaining an ID token": RS256, iss https://accounts.google.com, one hour.
"""

import hashlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

from local.data.disk import unusable_key
from local.retention import CERTIFICATES_FRESH_S, ID_TOKEN_S, ISSUER_S

CERTS_PATH = "/oauth2/v1/certs"
_ISSUER = "https://accounts.google.com"
_LIFE = timedelta(seconds=ID_TOKEN_S)
_KEY = "an RSA key in PEM"


class TokenIssuer:
    """Signs with the key in the file key_path, which is created at the first start, readable by its owner only.

    Raises UnusableFile where the file holds no key.
    """

    def __init__(self, key_path: Path) -> None:
        self._key = _load_or_make(key_path)
        self._certificate = _certificate(self._key)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self._certificate.encode())
        self._key_id = digest.finalize().hex()[:40]
        self._signer = crypt.RSASigner(self._key, self._key_id)

    def id_token(self, audience: str, email: str, now: datetime) -> str:
        """An OIDC token of the service account with that email."""
        claims = {
            "iss": _ISSUER,
            "aud": audience,
            "azp": email,
            "sub": str(int.from_bytes(hashlib.sha256(email.encode()).digest()[:8], "big")),
            "email": email,
            "email_verified": True,
            "iat": int(now.timestamp()),
            "exp": int((now + _LIFE).timestamp()),
        }
        token: bytes = jwt.encode(self._signer, claims)
        return token.decode()

    def access_token(self) -> str:
        """An OAuth 2 token: opaque, as Google's are."""
        return f"ya29.local-{secrets.token_urlsafe(32)}"

    def certificates(self) -> dict[str, str]:
        return {self._key_id: self._certificate}


def routes(issuer: TokenIssuer) -> list[web.AbstractRouteDef]:
    """The certificates, at the path of Google's."""

    async def certificates(_: web.Request) -> web.Response:
        return web.json_response(
            issuer.certificates(), headers={"Cache-Control": f"public, max-age={CERTIFICATES_FRESH_S:.0f}"}
        )

    return [web.get(CERTS_PATH, certificates)]


def _load_or_make(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pem)
        fresh.rename(path)
        return key
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise unusable_key(path, _KEY, error) from None
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise unusable_key(path, _KEY, TypeError())
    return loaded


def _certificate(key: rsa.RSAPrivateKey) -> str:
    """A self-signed certificate, since that is the form in which Google publishes its public keys.

    Its dates are fixed so that the same key always has the same certificate and key id.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mando local token issuer")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(seconds=ISSUER_S))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
