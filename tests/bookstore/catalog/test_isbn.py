import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bookstore.catalog.isbn import check_digit, has_valid_form, is_valid, normalise, validate_isbn

ISBN_10 = "0306406152"
ISBN_13 = "9780306406157"
WRONG_CHECK_DIGIT = "1234567890123"

digits = st.text("0123456789", min_size=9, max_size=9) | st.text("0123456789", min_size=12, max_size=12)


@pytest.mark.parametrize("written", ["978-0-306-40615-7", " 978 0 306 40615 7 ", "978\u20110\u2013306-40615-7"])
def test_normalise_drops_what_people_write_between_the_groups(written):
    """Hyphens of any kind and spaces go; the digits stay."""
    assert normalise(written) == ISBN_13


@pytest.mark.parametrize("isbn", [ISBN_10, ISBN_13, "9783161484100", "0486653552"])
def test_a_real_isbn_is_valid(isbn):
    """Both lengths are accepted when the check digit is right."""
    assert is_valid(isbn)


@pytest.mark.parametrize(
    "isbn", ["", "978", ISBN_13 + "0", "978-0306406157", "080442957X", "٩٧٨٠٣٠٦٤٠٦١٥٧", "97803064061\n"]
)
def test_anything_but_10_or_13_plain_digits_has_no_valid_form(isbn):
    """Letters, separators, other scripts' digits and other lengths are refused before any sum is made."""
    assert not has_valid_form(isbn)
    assert not is_valid(isbn)


@given(digits)
def test_a_body_with_its_check_digit_is_valid_unless_that_is_x(body):
    """Whatever the digits, the computed check digit completes them; X has no place in digits only."""
    last = check_digit(body)
    assert is_valid(body + last) is (last != "X")


@given(digits, st.integers(1, 9))
def test_changing_the_check_digit_makes_it_invalid(body, step):
    """No body has two check digits."""
    last = check_digit(body)
    if last != "X":
        assert not is_valid(body + str((int(last) + step) % 10))


@given(digits, st.data())
def test_changing_any_one_digit_makes_it_invalid(body, data):
    """A single mistyped digit never goes unnoticed."""
    isbn = body + check_digit(body)
    place = data.draw(st.integers(0, len(body) - 1))
    other = str((int(isbn[place]) + data.draw(st.integers(1, 9))) % 10)
    assert not is_valid(isbn[:place] + other + isbn[place + 1 :])


@given(st.text())
def test_no_text_makes_validation_fail_in_another_way(text):
    """Any text gets an answer, never an exception of another kind."""
    assert is_valid(text) in {True, False}


@pytest.mark.parametrize("body", ["", "1234567890"])
def test_check_digit_refuses_a_body_of_another_length(body):
    """Only 9 or 12 digits have a check digit."""
    with pytest.raises(ValueError, match="9 or 12"):
        check_digit(body)


def test_the_validator_refuses_a_wrong_check_digit_where_the_setting_is_on(settings):
    """The shop's default checks the whole number."""
    settings.BOOKSTORE_ISBN_CHECK_DIGIT = True
    validate_isbn(ISBN_13)
    with pytest.raises(ValidationError, match="check digit"):
        validate_isbn(WRONG_CHECK_DIGIT)


def test_the_validator_looks_at_length_and_digits_only_where_the_setting_is_off(settings):
    """The guide's samples, whose check digits are wrong, can be typed in; other nonsense still cannot."""
    settings.BOOKSTORE_ISBN_CHECK_DIGIT = False
    validate_isbn(WRONG_CHECK_DIGIT)
    with pytest.raises(ValidationError, match="10 or 13 digits"):
        validate_isbn("12345")
