"""Keys and tokens of the running system, so that a hostile request can be valid except for one part."""

import json
import random
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from cli.keys import read_private_key
from local.auth import TokenIssuer
from tests.attack.client import request
from tests.interactions import an_interaction
from tests.steps.service import Steps
from tests.steps.test_forged_tokens import FORGED
from tests.system.up import Up, children_of

USER = "77"  # one member asks for everything, so that the ingress draws six pictures a minute at the most
_UNDRAWABLE = {"palette": "no-such-palette"}
_HOSTILE_TOKEN = "aG9zdGlsZTpob3N0aWxl" + "y" * 60


@dataclass
class Attacker:
    """Signs as Discord, issues tokens as Google, seals as the ingress.  sent: the ids of genuine interactions."""

    up: Up
    sent: list[str] = field(default_factory=list)
    stranger: SigningKey = field(default_factory=SigningKey.generate)

    def __post_init__(self) -> None:
        """Forge everything now: it takes a second, in which the ingress would hang up on connections that we opened."""
        _ = self.secrets

    @cached_property
    def ports(self) -> dict[str, int]:
        return {"cloud": self.up.port, "ingress": self.up.port + 1, "steps": self.up.port + 2, "grpc": self.up.port + 3}

    @cached_property
    def discord(self) -> SigningKey:
        return SigningKey(bytes.fromhex((self.up.data / "discord.key").read_text()))

    @cached_property
    def steps(self) -> Steps:
        """The service as the tests of the steps see it."""
        issuer, key = self.up.data / "issuer.pem", read_private_key(self.up.data / "seal.key")
        log = self.up.data / "steps.log"
        return Steps(self.ports["steps"], TokenIssuer(issuer), issuer.read_bytes(), key, key, log)

    @cached_property
    def token(self) -> str:
        """The workflow's own."""
        return self.steps.token()

    @cached_property
    def forged(self) -> dict[str, str]:
        """Forged tokens, created once: an RSA signature takes longer than a whole request."""
        return {name: make(self.steps) for name, (*_, make) in FORGED.items()}

    @cached_property
    def secrets(self) -> list[bytes]:
        """Texts that no answer and no log may contain."""
        environment = dict(
            line.partition("=")[::2]
            for child in children_of(self.up.process.pid)
            for line in Path(f"/proc/{child}/environ").read_text().split("\0")
        )
        hidden = [environment["DISCORD_BOT_TOKEN"], environment["SEAL_PRIVATE_KEY"], _HOSTILE_TOKEN, self.token]
        hidden += [token for token in self.forged.values() if len(token) > 100]
        return [one.encode() for one in hidden]

    def signed(self, body: bytes, path: str = "/", method: str = "POST") -> bytes:
        """A request to the ingress, as Discord sends it."""
        return request(method, path, self.signature(body), body)

    def signature(self, body: bytes, age_s: int = 0, key: SigningKey | None = None) -> list[tuple[str, str]]:
        timestamp = str(int(time.time()) - age_s)
        signature = (key or self.discord).sign(timestamp.encode() + body).signature.hex()
        return [("X-Signature-Ed25519", signature), ("X-Signature-Timestamp", timestamp)]

    def called(self, body: bytes, path: str = "/generate-image", method: str = "POST", **headers: str) -> bytes:
        """A request to the steps, as the workflow sends it."""
        given = {"Content-Type": "application/json", "X-Dedup-Key": "1310000000000000001"}
        given |= {"Authorization": f"Bearer {self.token}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return request(method, path, list(given.items()), body)

    @cached_property
    def step_request(self) -> dict[str, Any]:
        """A valid request that cannot be drawn: it is read completely, and makes no picture."""
        return self.steps.request({"options": _UNDRAWABLE})

    @cached_property
    def step_body(self) -> bytes:
        return json.dumps(self.step_request).encode()


def interaction(dice: random.Random) -> dict[str, Any]:
    """A genuine one of any kind, with a token that Discord does not know."""
    genuine = an_interaction(str(dice.randrange(10**18, 10**19)), user=USER, words="x", symmetry=6)
    genuine["token"] = _HOSTILE_TOKEN
    genuine["type"] = dice.choice([1, 2, 2, 3, 4, 5])
    return genuine
