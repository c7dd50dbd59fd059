"""The local Discord whose page the tests open."""

from tests.discord.conftest import here

__all__ = ["here"]
