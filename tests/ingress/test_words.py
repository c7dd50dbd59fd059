"""Words that look alike are alike, and stay so."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ingress.words import MAX_CHARACTERS, shortened, tidy

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
