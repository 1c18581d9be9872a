"""What a log may show of what others sent."""

import pytest

from ironbolt.core.redaction import MASK, MOST_CHARACTERS, is_secret, masked, on_one_line, shown, shown_query


@pytest.mark.parametrize(
    "name",
    [
        *("password", "PASSWORD", "old_password", "newPassword", "password1", "user[password]", "passwd", "pwd"),
        *("token", "accessToken", "X-CSRF-Token", "api_key", "API-Key", "apikey", "key", "secret_key", "privateKey"),
        *("Authorization", "cookie", "sessionid", "session", "access", "refresh", "auth", "jwt", "otp", "pin_code"),
        *("password_hash", "sha_digest", "api_pin", "ssn", "private_key", "passphrase"),
        *("cvv", "cardNumber", "credit-card", "client_secret", "credentials", "signature"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    """Case, dashes and what stands around the word make no difference."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "author",
        "keyboard",
        "monkey",
        "compass",
        "pinned",
        "session_count",
        "access_level",
        "spine",
        "hashed_at",
        "keynote",
        "",
        "日本",
    ],
)
def test_names_of_others(name: str) -> None:
    """A name that only looks similar is shown."""
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Bearer abcdefghijklmnop.qrs", f"Bearer {MASK}"),
        ("authorization: basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", f"authorization: basic {MASK}"),
        ("see eyJhbGciOiJub25lIn0.eyJzdWIiOjF9.c2ln now", f"see {MASK} now"),
        ("postgres://shop:hunter2@db/shop", f"postgres://shop:{MASK}@db/shop"),
        ("?a=1&api_key=hunter2&b=2", f"?a=1&api_key={MASK}&b=2"),
        ('{"password": "hunter2", "a": 1}', f'{{"password": "{MASK}", "a": 1}}'),
        ("Password=hunter2", f"Password={MASK}"),
        ("a bearer of good news", "a bearer of good news"),
        ("basic training", "basic training"),
        ("the secret of the sea", "the secret of the sea"),
        ("https://example.org/a:b?c=d", "https://example.org/a:b?c=d"),
    ],
)
def test_secrets_by_their_look(text: str, safe: str) -> None:
    """Tokens and passwords in a longer text are masked, and the rest of it stays."""
    assert masked(text) == safe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"title": "...", "n": 1, "f": 1.5, "b": True, "x": None},
            "{'title': '...', 'n': 1, 'f': 1.5, 'b': True, 'x': None}",
        ),
        ([{"a": {"token": {"b": 1}}}], "[{'a': {'token': '***'}}]"),
        (("a", b"raw", object()), "['a', '<bytes>', '<object>']"),
        ("a\nb\x1b", "'a\\nb\\x1b'"),
        ({"é": "日本"}, "{'é': '日本'}"),
        (None, "None"),
    ],
)
def test_values_are_shown_as_python_writes_them(value: object, text: str) -> None:
    """Plain data is shown as it is, whatever else by its type."""
    assert shown(value) == text


def test_number_that_python_does_not_write() -> None:
    """One of thousands of digits is told by its being large."""
    assert shown([10**5000, 10**30]) == f"['<a large number>', {10**30}]"


def test_what_is_long_is_cut() -> None:
    """Long texts, long lists, deep nesting and the whole are cut, each with a mark."""
    assert shown("x" * 1000) == f"'{'x' * 200}…'"
    assert shown(list(range(100))).endswith("49, '…']")
    assert shown({str(number): 0 for number in range(100)}).endswith("'49': 0, '…': '…'}")
    nested: object = "deep"
    for _ in range(100):
        nested = [nested]
    assert shown(nested) == "[[[[[[[['…']]]]]]]]"
    assert shown({str(number): "x" * 200 for number in range(50)})[MOST_CHARACTERS:] == "…"


def test_secret_at_a_cut_is_no_half_secret() -> None:
    """A token is masked before the text around it is cut."""
    token = "eyJhbGciOiJub25lIn0." + "a" * 300
    assert "aaa" not in shown("." * 150 + token)


def test_query_stays_encoded() -> None:
    """A query keeps its form; secrets are masked, and a long one is cut."""
    assert shown_query("a=1&b=&token=x&c=%0A%C3%A9") == "a=1&b=&token=***&c=%0A%C3%A9"
    assert shown_query("a=" + "x" * 5000) == "a=" + "x" * (MOST_CHARACTERS - 2) + "…"
    assert shown_query("%ff=%ff") == "%EF%BF%BD=%EF%BF%BD"


def test_line_stays_one() -> None:
    """Whatever could begin a new line, or move the cursor, is escaped."""
    assert on_one_line("a\r\n\u2028\x1b\u202eb\udcff") == "a\\r\\n\\u2028\\x1b\\u202eb\\udcff"
    assert on_one_line("né") == "né"
