"""The issuer's certificates: one fetch at a time, the last good ones meanwhile, none for a key that cannot be.

The endpoint is real HTTP; only the clock that ages the certificates is the test's.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from steps import certificates
from steps.certificates import Certificates, CertificatesUnavailable
from tests.running import served

KEY_ID, NEW, CERTIFICATE = "ab" * 20, "cd" * 20, "-----BEGIN CERTIFICATE-----"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def good(_: web.Request) -> web.StreamResponse:
    return web.json_response({KEY_ID: CERTIFICATE}, headers={"Cache-Control": "public, max-age=3600", "Age": "600"})


def says(certificates: dict[str, str], headers: dict[str, str] | None = None) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=json.dumps(certificates).encode(), headers=headers)

    return answer


async def silent(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def dripping(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.05)


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" " * 65536)


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=502, body=b"<html>")


@dataclass
class Issuer:
    """now_s is the clock; asked counts the fetches."""

    handler: Handler = good
    now_s: float = 1000.0
    asked: int = 0
    url: str = ""
    certificates: Certificates = field(init=False)

    async def find(self, key_id: object = KEY_ID) -> str | None:
        return await self.certificates.find(key_id)


@asynccontextmanager
async def an_issuer(handler: Handler = good) -> AsyncIterator[Issuer]:
    issuer = Issuer(handler)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await issuer.handler(request)

    app = web.Application()
    app.router.add_get("/certs", answer)
    loop = asyncio.get_running_loop()
    create_connection = loop.create_connection

    async def counted(*where: Any, **how: Any) -> Any:
        issuer.asked += 1
        return await create_connection(*where, **how)

    async with served(app) as url:
        issuer.certificates = Certificates(f"{url}/certs", now_s=lambda: issuer.now_s)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "create_connection", counted)
            yield issuer


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time.  How long is waited really, tests/steps/test_issuer.py tries."""
    monkeypatch.setattr(certificates, "FETCH_WITHIN_S", 60)


async def settled(issuer: Issuer) -> None:
    fetching = issuer.certificates._fetching
    assert fetching is not None
    await fetching


async def test_many_who_come_at_once_share_one_fetch_and_later_ones_need_none() -> None:
    async with an_issuer() as issuer:
        assert await asyncio.gather(*(issuer.find() for _ in range(20))) == [CERTIFICATE] * 20
        issuer.now_s += 2999
        assert await issuer.find() == CERTIFICATE
        assert issuer.asked == 1


@pytest.mark.parametrize("handler", [silent, dripping, endless, broken])
async def test_without_any_certificates_nobody_waits_longer_than_one_fetch_may_take(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_issuer(handler) as issuer:
        monkeypatch.setattr(certificates, "FETCH_WITHIN_S", 0.3)
        async with asyncio.timeout(30):  # a hundred fetches long: for a machine under load, and still not for ever
            found = await asyncio.gather(*(issuer.find() for _ in range(20)), return_exceptions=True)
        assert [type(one) for one in found] == [CertificatesUnavailable] * 20
        assert issuer.asked == 1
        with pytest.raises(CertificatesUnavailable):
            await issuer.find()
        assert issuer.asked == 1, "a short pause after a failure"
        monkeypatch.setattr(certificates, "FETCH_WITHIN_S", 60)
        issuer.handler, issuer.now_s = good, issuer.now_s + 1
        assert await issuer.find() == CERTIFICATE


@pytest.mark.parametrize("handler", [silent, dripping, broken])
async def test_the_last_good_certificates_serve_while_no_others_can_be_fetched(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_issuer() as issuer:
        assert await issuer.find() == CERTIFICATE
        issuer.handler, issuer.now_s = handler, issuer.now_s + 3001  # max-age less age
        monkeypatch.setattr(certificates, "FETCH_WITHIN_S", 0.3)
        assert [await issuer.find() for _ in range(5)] == [CERTIFICATE] * 5
        fetching = issuer.certificates._fetching
        assert fetching is not None
        assert not fetching.done(), "nobody waits for the fetch"
        await settled(issuer)
        assert await issuer.find() == CERTIFICATE
        assert issuer.asked == 2
        issuer.now_s += 86_400
        with pytest.raises(CertificatesUnavailable):
            await issuer.find()


@pytest.mark.parametrize("key_id", ["../../x", "", "a b", "x" * 201, "\x00", None, 5, [KEY_ID], {"a": 1}])
async def test_what_is_no_keys_name_is_not_asked_for(key_id: object) -> None:
    async with an_issuer() as issuer:
        assert await issuer.find(key_id) is None
        assert issuer.asked == 0


async def test_a_key_that_is_not_in_a_young_set_does_not_exist_and_a_new_one_is_found_a_minute_later() -> None:
    """Source: Google's keys are published before they are used; a set is taken for complete for a minute."""
    async with an_issuer() as issuer:
        assert await issuer.find() == CERTIFICATE
        assert [await issuer.find(NEW) for _ in range(20)] == [None] * 20
        assert issuer.asked == 1
        issuer.handler = says({KEY_ID: CERTIFICATE, NEW: "another"})
        issuer.now_s += 60
        assert await issuer.find(NEW) == "another"
        assert [await issuer.find("ef" * 20) for _ in range(20)] == [None] * 20
        assert issuer.asked == 2


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"", b'{"a": 1}', b'{"keys": []}', b"null"]
)
async def test_what_is_no_map_of_certificates_is_none(body: bytes) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    async with an_issuer(answer) as issuer:
        with pytest.raises(CertificatesUnavailable):
            await issuer.find()


@pytest.mark.parametrize(
    ("headers", "fresh_s"),
    [({}, 300), ({"Cache-Control": "no-store"}, 300), ({"Cache-Control": "max-age=0"}, 60),
     ({"Cache-Control": "max-age=59"}, 60), ({"Cache-Control": "max-age=61"}, 61),
     ({"Cache-Control": "public, max-age=3600", "Age": "600"}, 3000),
     ({"Cache-Control": "max-age=600", "Age": "x"}, 600),
     ({"Cache-Control": "max-age=600", "Age": "599"}, 60), ({"Cache-Control": "max-age=86399"}, 86399)],
)  # fmt: skip
async def test_how_long_they_are_fresh_is_said_by_the_answer_within_reason(
    headers: dict[str, str], fresh_s: float
) -> None:
    async with an_issuer(says({KEY_ID: CERTIFICATE}, headers)) as issuer:
        for later_s, asked in ((0, 1), (fresh_s - 0.5, 1), (fresh_s, 2)):
            issuer.now_s = 1000 + later_s
            assert await issuer.find() == CERTIFICATE
            await settled(issuer)
            assert issuer.asked == asked


@pytest.mark.parametrize(("later_s", "is_kept"), [(86_399.5, True), (86_400, False), (86_400.5, False)])
async def test_the_last_good_certificates_serve_for_a_day_and_no_longer(later_s: float, is_kept: bool) -> None:
    """Also those of which the issuer said that they are fresh for longer."""
    for max_age_s in (60, 999_999_999):
        async with an_issuer(says({KEY_ID: CERTIFICATE}, {"Cache-Control": f"max-age={max_age_s}"})) as issuer:
            assert await issuer.find() == CERTIFICATE
            issuer.handler, issuer.now_s = broken, issuer.now_s + later_s
            if is_kept:
                assert await issuer.find() == CERTIFICATE
            else:
                with pytest.raises(CertificatesUnavailable):
                    await issuer.find()


@pytest.mark.parametrize(("later_s", "asked"), [(0, 1), (59.5, 1), (60, 2), (60.5, 2)])
async def test_a_key_that_is_new_is_asked_for_after_a_minute_and_not_before(later_s: float, asked: int) -> None:
    """Else whoever sends tokens with keys of their own would have us ask the issuer for each."""
    async with an_issuer() as issuer:
        assert await issuer.find() == CERTIFICATE
        issuer.handler = says({KEY_ID: CERTIFICATE, NEW: "another"})
        issuer.now_s += later_s
        assert await issuer.find(NEW) == (None if asked == 1 else "another")
        assert issuer.asked == asked


@pytest.mark.parametrize(("later_s", "asked"), [(0, 1), (0.5, 1), (1, 2), (1.5, 2)])
async def test_after_a_fetch_that_failed_the_next_one_comes_a_second_later_and_not_before(
    later_s: float, asked: int
) -> None:
    async with an_issuer(broken) as issuer:
        with pytest.raises(CertificatesUnavailable):
            await issuer.find()
        issuer.now_s += later_s
        with pytest.raises(CertificatesUnavailable):
            await issuer.find()
        assert issuer.asked == asked
