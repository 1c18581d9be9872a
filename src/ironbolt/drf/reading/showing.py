"""What a serializer's field shows of a value: REST framework's own answer, by fewer steps where that is the same."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import ISO_8601, serializers
from rest_framework.request import Request
from rest_framework.settings import api_settings

Show = Callable[[Any], Any]

KEPT = 4096
"""How many values of a column are remembered with what is shown of them: prices are mostly the same few."""


class Audience(msgspec.Struct, frozen=True):
    """Whom rows are shown.

    Attributes:
        request: whose host stands in the addresses of files; None for none.
        zone: the current time zone.
    """

    request: Request | HttpRequest | None
    zone: datetime.tzinfo


_audience: ContextVar[Audience] = ContextVar("ironbolt_audience")


@contextmanager
def shown_to(request: Request | HttpRequest | None) -> Iterator[None]:
    """Read rows for this request."""
    token = _audience.set(Audience(request, _current_zone()))
    try:
        yield
    finally:
        _audience.reset(token)


def _current_zone() -> datetime.tzinfo:
    """The current time zone; UTC as Python itself has it, in which there is nothing to work out."""
    zone = timezone.get_current_timezone()
    return datetime.UTC if getattr(zone, "key", "") == "UTC" else zone


_TEXT_COLUMNS = (models.CharField, models.TextField, models.GenericIPAddressField)
_AS_IT_IS: tuple[tuple[Any, Any], ...] = (
    (serializers.BooleanField, models.BooleanField),
    (serializers.CharField, _TEXT_COLUMNS),
    (serializers.FloatField, models.FloatField),
    (serializers.IntegerField, models.IntegerField),
    (serializers.ReadOnlyField, models.Field),
)
"""Fields that show what these columns hold, as it is."""


def show_of(field: Any, column: Any) -> Show | None:
    """What makes of a column's value what a field shows; None where that is the value itself.

    Args:
        field: of a serializer, bound to it.
        column: the model's field that the values are of; None for an annotation of the queryset.
    """
    if _shows_as_it_is(field, column):
        return None
    return _unless_missing(_file(field) if isinstance(field, serializers.FileField) else _quick(field, column))


def is_steady(field: Any, column: Any) -> bool:
    """Whether a field shows the same of what is stored at any time, and its column has few values: prices and days.

    Args:
        field: of a serializer, bound to it.
        column: the model's field that the values are of.
    """
    if not _is_plain(column):
        return False
    if type(field) is serializers.DecimalField and isinstance(column, models.DecimalField):
        # Without a number of places 1.0 and 1.00 are shown as two, and are one for a memory.
        return field.decimal_places is not None and not field.localize
    return _is_day(field, column) and _is_iso(field, api_settings.DATE_FORMAT)


def _shows_as_it_is(field: Any, column: Any) -> bool:
    own = type(field).to_representation
    if not _is_plain(column):
        return False
    if own is serializers.JSONField.to_representation:
        return isinstance(column, models.JSONField) and not field.binary
    if own is serializers.BigIntegerField.to_representation:
        return isinstance(column, models.IntegerField) and not _is_a_text(field)
    return any(own is kind.to_representation and isinstance(column, columns) for kind, columns in _AS_IT_IS)


def _is_plain(column: Any) -> bool:
    """Whether its values are those that Django makes, and not objects of the project."""
    if column is None:
        return True
    makers = (getattr(column, name, None) for name in ("from_db_value", "get_db_converters"))
    return all(maker is None or str(getattr(maker, "__module__", "")).startswith("django.") for maker in makers)


def _is_a_text(field: Any) -> bool:
    """Whether a number is shown as a text, for clients that would round it."""
    return bool(getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING))


def _quick(field: Any, column: Any) -> Show:
    own: Show = field.to_representation
    if not _is_plain(column):
        return own
    if type(field) is serializers.DecimalField:
        return lru_cache(KEPT)(own) if is_steady(field, column) else own
    if type(field) is serializers.UUIDField and field.uuid_format == "hex_verbose" and column is not None:
        return str if isinstance(column, models.UUIDField) else own
    if type(field) is serializers.DateTimeField and _is_iso(field, api_settings.DATETIME_FORMAT):
        return _instant(own) if settings.USE_TZ and not hasattr(field, "timezone") else own
    if _is_day(field, column):
        return datetime.date.isoformat if _is_iso(field, api_settings.DATE_FORMAT) else own
    return own


def _is_day(field: Any, column: Any) -> bool:
    return type(field) is serializers.DateField and type(column) is models.DateField


def _is_iso(field: Any, usual: Any) -> bool:
    wanted = getattr(field, "format", usual)
    return isinstance(wanted, str) and wanted.lower() == ISO_8601


def _instant(own: Show) -> Show:
    def show(value: Any) -> Any:
        zone = _audience.get().zone
        try:
            if value.tzinfo is datetime.UTC is zone:
                return f"{value.replace(tzinfo=None).isoformat()}Z"
            text = value.astimezone(zone).isoformat() if value.tzinfo else own(value)
        except (AttributeError, OverflowError, ValueError):
            return own(value)  # which says in its own way what is wrong
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text

    return show


def _file(field: Any) -> Show:
    """The address of a file, with the host of the request."""

    def show(url: str) -> str:
        request = _audience.get().request
        return url if request is None else request.build_absolute_uri(url)

    return show


def _unless_missing(show: Show) -> Show:
    return lambda value: None if value is None else show(value)
