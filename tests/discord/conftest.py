"""A running local Discord for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.discord.application import Running, local_discord


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Running]:
    async with local_discord(tmp_path) as running:
        yield running
