"""A picture leans to what its words name; whoever wants another palette, or other words, is not bound by it."""

import csv
from collections import Counter
from pathlib import Path

import pytest

import mandala
from mandala import themes
from mandala.families import RECIPES
from mandala.themes import Theme, theme_of

TABLE = Path(themes.__file__).with_suffix(".csv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))


def test_the_table_has_sixty_words_in_english_and_most_of_them_in_each_other_language() -> None:
    words = Counter({language: sum(len(row[language].split()) for row in ROWS) for language in list(ROWS[0])[2:]})
    assert words["en"] >= 100
    assert min(words.values()) >= 60, words


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["en"].split()[0])
def test_a_theme_names_a_palette_or_a_family_that_there_is_not_or_leaves_no_choice(row: dict[str, str]) -> None:
    palettes = row["palettes"].split()
    assert set(palettes) <= set(mandala.PALETTES)
    assert set(row["families"].split()) <= set(RECIPES)
    assert len(palettes) >= 3
    if "night" in row["families"].split():
        assert any(mandala.PALETTES[palette].is_dark for palette in palettes)


@pytest.mark.parametrize(
    ("words", "palette"),
    [
        *(("ocean", "lagoon"), ("Oceans", "lagoon"), ("meine SONNE", "marigold"), ("océan", "lagoon")),
        *(("夜空の星", "midnight"), ("森へ行こう", "emerald"), ("noche de paz", "midnight"), ("neve", "fjord")),
        *(("fire and ice", "saffron"), ("ice and fire", "fjord"), ("a rose, by any other name", "peony")),
    ],
)
def test_the_first_word_that_is_known_has_no_theme(words: str, palette: str) -> None:
    assert palette in theme_of(words).palettes


@pytest.mark.parametrize(
    "words", ["", "1310000000000000000", "my cat", "see you", "this or that", "oceanic", "snowman"]
)
def test_words_that_name_nothing_have_a_theme(words: str) -> None:
    assert theme_of(words) == Theme()


@pytest.mark.parametrize("word", ["ocean", "forest", "fire", "snow", "night", "sun", "rose", "Wald", "feu", "海"])
def test_the_word_alone_is_drawn_in_colours_of_its_own(word: str) -> None:
    theme, design = theme_of(word), mandala.design_for(word)
    assert theme.is_alone
    assert design.palette in theme.palettes
    assert design.family in theme.families


def test_many_words_with_a_theme_lean_to_it_and_keep_their_variety() -> None:
    texts = [f"ocean and boat {number}" for number in range(300)]
    theme, designs = theme_of(texts[0]), [mandala.design_for(text) for text in texts]
    palettes, families = [design.palette for design in designs], [str(design.family) for design in designs]
    for suiting, chosen, total in [
        (theme.palettes, palettes, len(mandala.PALETTES)),
        (theme.families, families, len(RECIPES)),
    ]:
        suit, by_chance = sum(name in suiting for name in chosen) / len(chosen), 0.3 * len(suiting) / total
        assert 0.7 + by_chance - 0.08 < suit < 0.7 + by_chance + 0.08
        assert len(set(chosen)) > 0.8 * total


def test_the_palette_that_a_member_chose_wins() -> None:
    assert mandala.design_for("ocean", palette="flamingo").palette == "flamingo"
    assert mandala.design_for("ocean", palette="flamingo").rings == mandala.design_for("ocean").rings
