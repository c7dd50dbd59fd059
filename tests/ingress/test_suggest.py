"""What a member types for a palette → what Discord offers."""

import sys

import pytest

from ingress import suggest
from schemas.palettes import PALETTES
from service.sentences import SENTENCES
from tests.ingress.function import DISCORD, RecordingQueue
from tests.interactions import an_interaction

LANGUAGES = list(SENTENCES["busy"])


def offered(typed: str, locale: str = "en-GB") -> list[str]:
    return [choice["value"] for choice in suggest.choices(typed, locale)]


@pytest.mark.parametrize("locale", ["en-US", "de", "fr", "es-419", "pt-BR", "ja", "ko"])
def test_every_palette_is_found_by_its_name_and_by_its_label_as_a_member_sees_it(locale: str) -> None:
    for palette in PALETTES.values():
        assert offered(palette.name, locale)[0] == palette.name
        assert offered(f" {palette.label(locale).upper()} ", locale)[0] == palette.name
        assert suggest.find(f"{palette.sign} {palette.label(locale)}") == palette.name


def test_no_label_in_any_language_means_two_palettes_and_each_has_all_languages() -> None:
    labels = [(suggest.fold(label), name) for name, one in PALETTES.items() for label in (name, *one.labels.values())]
    assert len({label for label, _ in labels}) == len(set(labels))
    assert [list(palette.labels) for palette in PALETTES.values()] == [LANGUAGES] * len(PALETTES)


@pytest.mark.parametrize(
    ("typed", "locale", "palettes"),
    [
        ("CORÁL", "en-US", ["coral"]),
        ("la", "en-US", ["lavender", "lagoon", "flamingo"]),  # those that begin with it come first
        ("otono", "es-ES", ["autumn"]),
        ("xyz \ud800\u200b", "ja", ["xyz"]),
        ("saphire", "en-US", ["sapphire"]),
        ("herbst", "fr", ["autumn"]),  # the label of another language, where the own one has none
        ("xyz", "en-US", ["xyz"]),
    ],
)
def test_what_is_typed_finds_what_is_meant_the_best_first(typed: str, locale: str, palettes: list[str]) -> None:
    assert offered(typed, locale) == palettes


@pytest.mark.parametrize(
    "typed", ["", " ", "!", "a", "o", "x" * 6000, "é" * 100, "👨\u200d👩\u200d👧" * 60, "\ud800"], ids=ascii
)
def test_what_is_offered_is_what_discord_takes(typed: str) -> None:
    """Source: Discord, "Application Command Option Choice Structure"."""
    for locale in ("en-US", "ja"):
        choices = suggest.choices(typed, locale)
        assert 1 <= len(choices) <= 25
        assert all(1 <= len(one["name"]) <= 100 and 1 <= len(one["value"]) <= 100 for one in choices)


def test_before_anything_is_typed_25_palettes_of_every_sign_are_offered() -> None:
    first = offered("")
    assert len(first) == 25
    assert {PALETTES[name].sign for name in first} >= {palette.sign for palette in PALETTES.values()} - {*"🟡⚪🟫"}


def test_a_suggestion_takes_little_work() -> None:
    """50 ms are allowed; 10,000 calls of functions take about 1 ms.  The number is counted, not the time."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    for typed in ("", "a", "saphire", "x" * 6000):
        calls = 0
        sys.setprofile(count)
        try:
            suggest.choices(typed, "de")
        finally:
            sys.setprofile(None)
        assert 0 < calls < 10_000


def test_who_types_puts_nothing_into_the_queue_and_keeps_the_whole_share(url: str) -> None:
    typing = {**an_interaction("1350000000000000001", user="9001"), "type": 4}
    typing["data"] = {"name": "mando", "options": [{"name": "palette", "type": 3, "value": "ja", "focused": True}]}
    before = len(RecordingQueue.tasks)
    answers = [DISCORD.post(url, typing).json() for _ in range(20)]
    assert answers == [{"type": 8, "data": {"choices": [{"name": "🟢 Jade", "value": "jade"}]}}] * 20
    assert len(RecordingQueue.tasks) == before
    asked = an_interaction("1350000000000000002", user="9001", palette="Ｊａｄé")
    assert DISCORD.post(url, asked).json() == {"type": 5}
