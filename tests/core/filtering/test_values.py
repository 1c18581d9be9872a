"""How the text of a filter becomes a value."""

import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.core.filtering import column_of, reader_for
from ironbolt.core.filtering.instants import first_of, in_project_zone, last_of
from ironbolt.core.filtering.values import check_fits
from tests.project.models import Bag, Task

PATHS = [
    *("name", "small", "big", "positive", "real", "amount", "flag", "day", "instant", "clock", "span", "token"),
    *("level", "label", "key", "day__year", "instant__date", "small__in", "day__range", "name__icontains"),
]


@given(
    path=st.sampled_from(PATHS), text=st.text(max_size=40) | st.from_regex(r"-?[0-9]{1,30}(\.[0-9]+)?", fullmatch=True)
)
def test_a_text_is_a_value_or_invalid(path: str, text: str) -> None:
    """No text makes a reader fail in any other way."""
    reader = reader_for(column_of(Bag, path, "here"), "here")
    try:
        reader.read(text)
    except ValidationError as error:
        assert error.messages  # noqa: PT017 - either outcome is right


def test_the_description_of_values() -> None:
    """The type for the description is as narrow as the column."""

    def schema(path: str) -> dict[str, Any]:
        return msgspec.json.schema(reader_for(column_of(Bag, path, "here"), "here").annotation)

    assert schema("small") == {"type": "integer", "minimum": -32768, "maximum": 32767}
    assert schema("level") == {"enum": [1, 2]}
    assert schema("amount")["pattern"] == r"^-?[0-9]{1,4}(\.[0-9]{1,2})?$"
    assert schema("token__in")["maxItems"] == 100
    assert schema("day")["format"] == "date"


def test_what_no_text_stands_for_is_refused() -> None:
    """JSON can be asked whether it is there, and searched as text, not compared."""
    for path in ("facts", "facts__size"):
        with pytest.raises(ImproperlyConfigured, match="no text stands for a value of a JSONField"):
            reader_for(column_of(Bag, path, "here"), "here")
    assert reader_for(column_of(Bag, "facts__isnull", "here"), "here").switch
    assert reader_for(column_of(Bag, "facts__size__icontains", "here"), "here").read("x") == "x"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (models.SmallIntegerField(), 40000),
        (models.DecimalField(max_digits=4, decimal_places=2), Decimal("100.5")),
        (models.DecimalField(max_digits=4, decimal_places=2), Decimal("NaN")),
        (models.FloatField(), float("inf")),
        (models.CharField(), "\x00"),
        (models.GenericIPAddressField(), "1.2.3"),
        (models.DateTimeField(), datetime.datetime.max.replace(tzinfo=datetime.UTC)),
        (models.TimeField(), datetime.time(tzinfo=datetime.UTC)),
        (models.DurationField(), datetime.timedelta.max),
        (models.IntegerField(), list(range(101))),
        (models.IntegerField(), [2**40]),
    ],
)
def test_what_does_not_fit_a_column(field: Any, value: Any) -> None:
    """A value of the right type may still be more than the column takes."""
    with pytest.raises(ValidationError):
        check_fits(field, value)


def test_what_fits_a_column() -> None:
    """Lists are taken item by item; booleans are no numbers."""
    assert check_fits(models.IntegerField(), [1, 2]) == (1, 2)
    assert check_fits(models.BooleanField(), True) is True
    assert check_fits(models.GenericIPAddressField(), "::1") == "::1"
    assert reader_for(column_of(Task, "effort", "here"), "here").read("7.50") == Decimal("7.5")


def test_instants_without_time_zones(settings: Any) -> None:
    """A project without time zones compares naive instants."""
    settings.USE_TZ = False
    settings.TIME_ZONE = "UTC"
    noon = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
    assert in_project_zone(noon) == datetime.datetime(2024, 1, 1, 12)  # noqa: DTZ001 - without a zone it is meant
    day = datetime.date(2024, 1, 1)
    assert (last_of(day) - first_of(day)).seconds == 86399
