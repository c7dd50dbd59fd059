"""Attacks on the local cloud: by a web page that a developer visits, and by a faulty program."""

import asyncio
import json
import random
import time
from collections import Counter
from typing import Any

import grpc.aio
from google.cloud import tasks_v2

from tests.attack import nasty
from tests.attack.attacker import Attacker
from tests.attack.client import Connection, ask, request
from tests.attack.flood import interact
from tests.attack.slow import WITHIN_S, least_of
from tests.chaos.promise import answered, mend
from tests.system.up import PLACE, Up

_STATE_WITHIN_S = 2.0  # the loop lets others in after 10 ms; the rest is for a machine under load
_WRONG_CALLS = 2000
_JSON = ("Content-Type", "application/json")
_HTML = b"<script>document.title = 'it ran'</script>"
_BUCKET = "demo-mandalas"
_LIST_QUEUES = "/google.cloud.tasks.v2.CloudTasks/ListQueues"

# At least one call of each service that changes something, and reads that a web page must not make.
CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/faults", {"target": "discord", "kind": "503", "count": 1}),
    ("POST", "/faults/clock", {"offset_s": 600}),
    ("DELETE", "/faults", None),
    ("POST", f"/v1/{PLACE}/workflows?workflowId=evil", {"sourceContents": "main: [{a: {return: 1}}]"}),
    ("PATCH", f"/v1/{PLACE}/workflows/mando", {"sourceContents": "main: [{a: {return: 1}}]"}),
    ("POST", f"/v1/{PLACE}/workflows/mando/executions", {"argument": "{}"}),
    ("POST", f"/v2/{PLACE}/queues", {"name": f"{PLACE}/queues/evil"}),
    ("POST", f"/v2/{PLACE}/queues/create-image-queue:pause", {}),
    ("POST", f"/v2/{PLACE}/queues/create-image-queue/tasks", {"task": {"httpRequest": {"url": "http://127.0.0.1:1"}}}),
    ("POST", f"/v2beta3/{PLACE}/queues/create-image-queue:purge", {}),
    ("POST", "/storage/v1/b?project=demo", {"name": "evil-bucket"}),
    ("POST", f"/upload/storage/v1/b/{_BUCKET}/o?uploadType=media&name=evil", {}),
    ("POST", "/api/client/messages", {"content": "evil"}),
    ("POST", "/api/v10/interactions", {"data": {"name": "mando"}, "user_id": "666"}),
    ("POST", "/ops/replay/1", {}),
    ("GET", "/ops/state", None),
    ("GET", "/api/client/channel", None),
    ("GET", "/v1/apps/demo", None),
    ("GET", "/oauth2/v1/certs", None),
]
_EVIL = "http://evil.example"


def disguises(port: int) -> dict[str, list[tuple[str, str]]]:
    """What a browser adds to the requests of another web page; the last one has no preflight."""
    return {
        "another origin": [("Origin", _EVIL), _JSON],
        "an origin without a name": [("Origin", "null"), _JSON],
        "another port of this machine": [("Origin", f"http://127.0.0.1:{port + 9}"), _JSON],
        "another site": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors"), _JSON],
        "the same site": [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), _JSON],
        "a rebound name": [("Host", f"evil.example:{port}"), _JSON],
        "a form": [("Content-Type", "text/plain"), ("Origin", _EVIL), ("Sec-Fetch-Site", "cross-site")],
    }


async def foreign_pages(attacker: Attacker) -> str:
    """Every service refuses and stays unchanged."""
    up = attacker.up
    await asyncio.to_thread(answered, up, attacker.sent)  # else work of earlier attacks would count as a change
    before = await asyncio.to_thread(_state, up)
    refused = 0
    for name, headers in disguises(up.port).items():
        for method, path, body in CALLS:
            content = b"" if body is None else json.dumps(body).encode()
            message = request(method, path, [*headers], content)
            if name == "a rebound name":
                message = message.replace(b"Host: 127.0.0.1\r\n", b"", 1)
            answer = await ask(up.port, message)
            assert answer.status in (403, 415, 421), f"{method} {path} with {name}: status {answer.status}"
            assert b"text/html" not in answer.head, f"{method} {path} with {name}: an answer in HTML"
            refused += 1
    after = await asyncio.to_thread(_state, up)
    assert after == before, "something changed"
    return f"{refused} refused, nothing changed"


def _state(up: Up) -> dict[str, Any]:
    """The state that a web page could have changed."""
    state = up.get("ops/state")
    return {
        "faults": state["faults"],
        "queues": [(one["name"], one["state"]) for one in state["queues"]],
        "workflows": [(one["name"], one["revisionId"]) for one in up.get(f"v1/{PLACE}/workflows")["workflows"]],
        "executions": len(up.get(f"v1/{PLACE}/workflows/mando/executions").get("executions", [])),
        "buckets": [one["name"] for one in up.get("storage/v1/b?project=demo")["items"]],
        "objects": sorted(up.objects()),
        "said": [one["id"] for one in up.get("api/client/messages")],
    }


async def simple_posts(attacker: Attacker) -> str:
    """A browser without Origin and Sec-Fetch headers: it may send a body without a preflight, but not as JSON."""
    refused = 0
    for method, path, body in CALLS:
        if method != "POST" or path.startswith(("/upload", "/api/v10")):
            continue
        headers = [("Content-Type", "text/plain")]
        answer = await ask(attacker.up.port, request("POST", path, headers, json.dumps(body).encode()))
        assert answer.status == 415, f"POST {path}: status {answer.status}"
        refused += 1
    return f"{refused} refused"


async def grpc_of_a_page(attacker: Attacker) -> str:
    """A web page cannot speak gRPC, but a proxy between it and the port may."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{attacker.ports['grpc']}") as channel:
        for name in ("origin", "sec-fetch-site"):
            try:
                await _list_queues(channel, metadata=((name, _EVIL),))
            except grpc.aio.AioRpcError as error:
                assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error.code()
            else:
                raise AssertionError(f"a call with {name} was answered")
    return "refused"


async def _list_queues(channel: grpc.aio.Channel, **more: Any) -> tasks_v2.ListQueuesResponse:
    call = channel.unary_unary(
        _LIST_QUEUES,
        request_serializer=tasks_v2.ListQueuesRequest.serialize,
        response_deserializer=tasks_v2.ListQueuesResponse.deserialize,
    )
    answer: tasks_v2.ListQueuesResponse = await call(tasks_v2.ListQueuesRequest(parent=PLACE), timeout=30, **more)
    return answer


async def html_objects(attacker: Attacker) -> str:
    """An uploaded HTML page never runs with our origin."""
    up, name = attacker.up, "attack.html"
    upload = f"/upload/storage/v1/b/{_BUCKET}/o?uploadType=media&name={name}"
    sent = await ask(up.port, request("POST", upload, [("Content-Type", "text/html")], _HTML))
    assert sent.status == 200, sent.body[:200]
    paths = [
        f"/{_BUCKET}/{name}",
        f"/download/storage/v1/b/{_BUCKET}/o/{name}?alt=media",
        f"/storage/v1/b/{_BUCKET}/o/{name}?alt=media",
    ]
    for path in paths:
        answer = await ask(up.port, request("GET", path, []))
        head = answer.head.lower()
        assert (answer.status, answer.body) == (200, _HTML), f"{path}: status {answer.status}"
        assert b"content-security-policy: sandbox" in head, f"{path} is not in a sandbox"
        assert b"x-content-type-options: nosniff" in head, f"{path} may be sniffed"
    await ask(up.port, request("DELETE", f"/storage/v1/b/{_BUCKET}/o/{name}", []))
    return f"{len(paths)} addresses, each in a sandbox"


async def impossible_clocks(attacker: Attacker) -> str:
    """A value that is no number, or out of a calendar's range, is refused; then a request is answered as before."""
    up = attacker.up
    numbers = ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e18", "9" * 400, '"1"', "null", "true", "[]", "{}"]
    taken = []
    try:
        for number in numbers:
            body = f'{{"offset_s": {number}}}'.encode()
            answer = await ask(up.port, request("POST", "/faults/clock", [_JSON], body))
            if answer.status != 400:
                taken.append(f"{number[:20]} ({answer.status})")
        assert not taken, f"taken: {', '.join(taken)}"
        acknowledged = await interact(attacker)
        await asyncio.to_thread(answered, up, [acknowledged["id"]], 20)
    finally:
        await asyncio.to_thread(mend, up)
    return f"{len(numbers)} refused, then a picture"


async def any_value_in_any_call(attacker: Attacker) -> str:
    """Calls of a faulty program: each succeeds or is refused, and none causes a 500."""
    dice, statuses = random.Random(11), Counter[int]()
    connection, said_before = Connection(attacker.up.port), len(attacker.up.output())
    try:
        for _ in range(_WRONG_CALLS):
            method, path, genuine = dice.choice(CALLS)
            path = path.replace("/mando", "/attack-any").replace("create-image-queue", "attack-queue")
            value = nasty.somewhere(dice, genuine) if genuine else dice.choice(nasty.VALUES)
            body = dice.choice([json.dumps(value).encode(), nasty.broken(dice)])
            answer = await connection.ask(request(method, path, [_JSON], body))
            assert 200 <= answer.status < 500, f"{method} {path} {body[:200]!r}: status {answer.status}"
            statuses[answer.status] += 1
    finally:
        connection.close()
        await asyncio.to_thread(mend, attacker.up)
    said = attacker.up.output()[said_before:]
    assert "Traceback" not in said, f"a traceback was printed: {said[-500:]}"
    return ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items()))


LOOP = """
main:
  steps:
  - many:
      for:
        value: number
        range: [1, 49990]
        steps: [{a: {assign: [x: "${number * 2}"]}}]
  - done: {return: done}
"""


async def long_loop(attacker: Attacker) -> str:
    """An execution of 100,000 steps, the limit; other requests are answered meanwhile."""
    up = attacker.up
    name = f"{PLACE}/workflows/attack-loop"
    body = json.dumps({"sourceContents": LOOP}).encode()
    await ask(up.port, request("POST", f"/v1/{PLACE}/workflows?workflowId=attack-loop", [_JSON], body))

    async def waited_s() -> float:
        started = await ask(up.port, request("POST", f"/v1/{name}/executions", [_JSON], b"{}"))
        assert started.status == 200, started.body[:200]
        execution = json.loads(started.body)["name"]
        waits_s, state = list[float](), "ACTIVE"
        ends_s = time.monotonic() + 60
        while state == "ACTIVE" and time.monotonic() < ends_s:
            began_s = time.monotonic()
            answer = await ask(up.port, request("GET", "/ops/state", []))
            waits_s.append(time.monotonic() - began_s)
            assert answer.status == 200, answer.status
            await asyncio.sleep(0.05)
            found = await ask(up.port, request("GET", f"/v1/{execution}", []))
            state = json.loads(found.body)["state"]
        assert state == "SUCCEEDED", f"the execution is {state}"
        # Where nobody is let in, the first answer comes at the execution's end.
        assert len(waits_s) > 4, f"/ops/state was answered {len(waits_s)} times"
        return max(waits_s)

    slowest_s = await least_of(waited_s, _STATE_WITHIN_S)
    assert slowest_s < _STATE_WITHIN_S, f"/ops/state waited {slowest_s:.2f} s"
    return f"/ops/state within {slowest_s:.2f} s"


async def grpc_port(attacker: Attacker) -> str:
    """Bytes that are not gRPC, and gRPC that stops in the middle; a genuine call is still answered."""
    port = attacker.ports["grpc"]
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    wrong = [
        b"\x00" * 4096, bytes(range(256)) * 64, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", preface[:12], preface[:20],
        preface + b"\xff" * 9, preface + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\xff\xff\xff\x01\x04" + bytes(4),
        request("POST", _LIST_QUEUES, [("Content-Type", "application/grpc")], bytes(5)),
    ]  # fmt: skip

    async def took() -> float:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5 * len(wrong))]
        try:
            for number, (_, writer) in enumerate(held):
                writer.write(wrong[number % len(wrong)])
            began_s = time.monotonic()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                assert (await _list_queues(channel)).queues
            return time.monotonic() - began_s
        finally:
            for _, writer in held:
                writer.transport.abort()

    took_s = await least_of(took)
    assert took_s < WITHIN_S, f"a genuine call waited {took_s:.2f} s"
    return f"a genuine call within {took_s:.2f} s"
