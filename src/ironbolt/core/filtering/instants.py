"""Instants and whole days as a column of dates and times is compared with them."""

import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from ironbolt.core.spans import A_DAY, is_beyond_calendars
from ironbolt.core.validation import OUT_OF_RANGE

_THE_LEAST = datetime.timedelta(microseconds=1)


def in_project_zone(value: datetime.datetime) -> datetime.datetime:
    """An instant as the database takes it; one without a zone is in the current one.

    Raises:
        ValidationError: it lies so near the first or the last day that some time zone can't tell it.
    """
    try:
        if not settings.USE_TZ:
            return timezone.make_naive(value) if value.tzinfo else value
        aware = (timezone.make_aware(value) if value.tzinfo is None else value).astimezone(datetime.UTC)
    except (OverflowError, ValueError):
        raise ValidationError(OUT_OF_RANGE) from None
    if is_beyond_calendars(aware):
        raise ValidationError(OUT_OF_RANGE)
    return aware


def first_of(day: datetime.date) -> datetime.datetime:
    """The instant at which a day begins in the current time zone.

    Raises:
        ValidationError: as :func:`in_project_zone`.
    """
    return in_project_zone(datetime.datetime.combine(day, datetime.time.min))


def last_of(day: datetime.date) -> datetime.datetime:
    """The last instant of a day in the current time zone, as exactly as databases count.

    Raises:
        ValidationError: as :func:`in_project_zone`.
    """
    try:
        return first_of(day + A_DAY) - _THE_LEAST  # a day may be an hour shorter or longer than another
    except OverflowError:
        raise ValidationError(OUT_OF_RANGE) from None
