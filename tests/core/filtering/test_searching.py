"""What is looked for."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.filtering import MOST_SEARCHED, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  ", ()),
        ("a", ("a",)),
        ("a b,c", ("a", "b", "c")),
        ("a a", ("a",)),
        ('"a b" c', ("a b", "c")),
        ("'a b' c", ("a b", "c")),
        ("O'Brien and O'Neill", ("O'Brien", "and", "O'Neill")),
        ('"open end', ("open", "end")),
        ("'open end", ("'open", "end")),
        ('""', ()),
        ('" a "', ("a",)),
        ('x"a b"', ("x", "a b")),
        ("„Ä“ ß", ("„Ä“", "ß")),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    """Words stand between blanks and commas, phrases between quotes, and none is looked for twice."""
    assert words_of(text) == words


@given(st.text(max_size=MOST_SEARCHED + 10))
def test_no_word_is_empty(text: str) -> None:
    """Whatever is searched for, no word is empty, which every row would have, and none holds a quote of a phrase."""
    try:
        words = words_of(text)
    except ValidationError:
        assert len(text) > MOST_SEARCHED or "\x00" in text or any("\ud800" <= one <= "\udfff" for one in text)
    else:
        assert all(word.strip() for word in words)
        assert not any('"' in word for word in words)
