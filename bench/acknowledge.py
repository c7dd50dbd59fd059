"""Measure what verifying and acknowledging costs: the ingress and an empty functions-framework function, in turn.

Both run under functions-framework as in the cloud, in one process each, and get the same signed 1.5 KB request over
eight keep-alive connections.  The ingress verifies, parses and answers a PING; bench/path.py measures the whole path.
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from base64 import b64encode
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import aiohttp
from nacl.public import PrivateKey

from tests.interactions import Signer, an_interaction
from tests.servers import BIN, free_port, running

ROUNDS = 7
REQUESTS = 1500
CONNECTIONS = 8

BARE = """
def answer(http):
    http.get_data()
    return {"type": 1}
"""


def main() -> None:
    discord = Signer()
    body = json.dumps({**an_interaction(), "type": 1}).encode()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as processes:
        source = Path(folder) / "main.py"
        source.write_text(BARE)
        urls = {
            "bare functions-framework": _function(processes, "answer", source, {}),
            "ingress": _function(processes, "handle_request", Path("main.py"), _environment(discord)),
        }
        rates: dict[str, list[float]] = {name: [] for name in urls}
        for _ in range(ROUNDS):
            for name, url in urls.items():
                rates[name].append(asyncio.run(_rate(url, body, discord.headers(body))))
    print("verify + acknowledge, requests per second, median of", ROUNDS)
    for name, values in rates.items():
        print(f"  {name:<26}{statistics.median(values):8.0f}")
    pairs = zip(rates["ingress"], rates["bare functions-framework"], strict=True)
    print(f"  ratio, median of rounds   {statistics.median(ours / bare for ours, bare in pairs):8.2f}")


def _function(processes: ExitStack, target: str, source: Path, environment: dict[str, str]) -> str:
    port = free_port()
    command = [str(BIN / "functions-framework"), f"--target={target}", f"--source={source}", "--host=127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    process: AbstractContextManager[subprocess.Popen[str]] = running([*command, f"--port={port}"], environment, url)
    processes.enter_context(process)
    return url


def _environment(discord: Signer) -> dict[str, str]:
    place = "projects/demo/locations/us-central1"
    return {
        "DISCORD_PUBLIC_KEY": discord.public_key_hex,
        "SEAL_PUBLIC_KEY": b64encode(bytes(PrivateKey.generate().public_key)).decode(),
        "QUEUE": f"{place}/queues/create-image-queue",
        "REPLY_QUEUE": f"{place}/queues/reply-discord-queue",
        "WORKFLOW": f"{place}/workflows/mando",
        "TASK_SERVICE_ACCOUNT": "mando-tasks@demo.iam.gserviceaccount.com",
        "CLOUD_TASKS_ENDPOINT": "http://127.0.0.1:9",
    }


async def _rate(url: str, body: bytes, headers: dict[str, str]) -> float:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for _ in range(REQUESTS // CONNECTIONS):
                async with session.post(url, data=body, headers=headers) as answer:
                    assert answer.status == 200, answer.status

        began_s = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return REQUESTS / (time.perf_counter() - began_s)


if __name__ == "__main__":
    os.chdir(Path(__file__).parent.parent)
    main()
