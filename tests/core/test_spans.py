"""Tests of how long a duration, and how far an instant may be."""

from datetime import UTC, datetime, timedelta

from ironbolt.core.spans import is_beyond_calendars, is_too_long


def test_a_duration_fits_into_a_column() -> None:
    """Up to as many microseconds as 64 bits hold, on both sides of nothing."""
    longest = timedelta(microseconds=2**63 - 1)
    assert not is_too_long(longest)
    assert not is_too_long(-longest)
    assert is_too_long(longest + timedelta(microseconds=1))


def test_an_instant_is_told_in_every_time_zone() -> None:
    """The first and the last day are beyond some."""
    assert not is_beyond_calendars(datetime(2026, 1, 1, tzinfo=UTC))
    assert is_beyond_calendars(datetime.max.replace(tzinfo=UTC))
    assert is_beyond_calendars(datetime.min.replace(tzinfo=UTC))
