"""Words that look alike are alike, and stay so."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.words import MAX_CHARACTERS, cut, escaped, shortened, tidy

ANY_TEXT = st.text(st.characters(), max_size=60)


@given(ANY_TEXT)
def test_tidy_words_are_tidy(text: str) -> None:
    words = tidy(text)
    assert tidy(words) == words
    assert unicodedata.is_normalized("NFC", words)
    assert words == " ".join(words.split())
    words.encode()


@given(ANY_TEXT)
def test_how_a_letter_is_composed_makes_no_difference(text: str) -> None:
    assert tidy(unicodedata.normalize("NFD", text)) == tidy(unicodedata.normalize("NFC", text))


@given(ANY_TEXT, st.lists(st.integers(0, 60)), st.sampled_from("\u200b\u00ad\u202e\u2066\ufeff"))
def test_what_cannot_be_seen_makes_no_difference(text: str, places: list[int], unseen: str) -> None:
    mixed = text
    for place in places:
        mixed = mixed[:place] + unseen + mixed[place:]
    assert tidy(mixed) == tidy(text)


@given(st.text(min_size=MAX_CHARACTERS - 5, max_size=MAX_CHARACTERS + 60))
def test_shortened_words_fit_and_are_tidy(text: str) -> None:
    words = shortened(tidy(text))
    assert len(words) <= MAX_CHARACTERS
    assert tidy(words) == words


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("abe\u0301\u0302x", 3, "ab"),
        ("ab👍🏽x", 3, "ab"),
        ("ab👨\u200d👩\u200d👧x", 4, "ab"),
        ("ab❤\ufe0fx", 3, "ab"),
        ("a🇯🇵🇫🇷x", 4, "a🇯🇵"),
        ("a🇯🇵🇫🇷x", 3, "a🇯🇵"),
        ("a🇯🇵🇫🇷x", 2, "a"),
        ("ab🏴\U000e0067\U000e007fx", 4, "ab"),
        ("e" + "\u0301" * 9, 3, "e\u0301\u0301"),
    ],
    ids=ascii,
)
def test_no_half_of_what_a_reader_sees_as_one_character_is_kept(text: str, most: int, kept: str) -> None:
    """Source: Unicode Standard Annex 29.  Where nothing else is left, a half is better than nothing."""
    assert cut(text, most) == kept


def test_what_is_quoted_is_read_by_discord_as_it_was_typed() -> None:
    """Source: Discord, "Message Formatting"; a backslash takes the meaning of a sign away."""
    assert escaped("*a* _b_ <@1> `c` été 猫") == r"\*a\* \_b\_ \<\@1\> \`c\` été 猫"
