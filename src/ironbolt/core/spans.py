"""How long a duration and how far an instant may be, so that every database and every time zone can tell it."""

from datetime import UTC, datetime, timedelta

A_DAY = timedelta(days=1)

_LONGEST = timedelta(microseconds=2**63 - 1)
"""Databases without durations keep them as 64-bit numbers of microseconds."""


def is_too_long(value: timedelta) -> bool:
    """Whether a duration does not fit into a column."""
    return abs(value) > _LONGEST


def is_beyond_calendars(value: datetime) -> bool:
    """Whether an instant lies so near the first or the last day that some time zone can't tell it."""
    try:
        _ = value.astimezone(UTC) - A_DAY, value.astimezone(UTC) + A_DAY
    except (OverflowError, ValueError):
        return True
    return False
