"""Where ratings are kept, and the averages of them: under a lock of the rated row, so that none is lost."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from django.contrib.contenttypes.models import ContentType
from django.db import connections, router
from django.db.models import Avg, Count, Model, QuerySet

from ironbolt.core.unit import unit_of_work
from ironbolt.features.ratings.columns import AVERAGE, AVERAGE_PLACES, COUNT
from ironbolt.features.ratings.models import Rating
from ironbolt.features.ratings.rules import Given, Rated

_PLACES = Decimal(1).scaleb(-AVERAGE_PLACES)
_NOISE = _PLACES.scaleb(-6)


class Summary(msgspec.Struct, frozen=True):
    """How an object is rated.

    Attributes:
        average: of all its ratings, to two decimal places; None while there is none.
        count: how many there are.
    """

    average: Decimal | None
    count: int


def rate(instance: Model, user: Any, given: Given) -> Rated:
    """Store what a user thinks of an object, in the place of what they thought before.

    Args:
        instance: the object; where it has the columns of ``RatableModel``, they are kept too.
        user: who rates.
        given: the rating.

    Raises:
        ObjectDoesNotExist: the object has gone since it was read.
    """
    alias = router.db_for_write(type(instance), instance=instance)
    with unit_of_work(alias):
        _lock(instance, alias)
        Rating.objects.using(alias).update_or_create(
            **_named(instance, alias), user=user, defaults={"value": given.value, "comment": given.comment}
        )
        summary = _kept(instance, alias)
    assert summary.average is not None  # there is one rating at least
    return Rated(given.value, given.comment, summary.average, summary.count)


def withdraw(instance: Model, user: Any) -> Summary:
    """Take back what a user thinks of an object, if they have said it."""
    alias = router.db_for_write(type(instance), instance=instance)
    with unit_of_work(alias):
        _lock(instance, alias)
        ratings_of(instance, using=alias).filter(user=user).delete()
        return _kept(instance, alias)


def recount(instance: Model) -> Summary:
    """Work out average and count anew, after ratings were changed by other ways than these."""
    alias = router.db_for_write(type(instance), instance=instance)
    with unit_of_work(alias):
        _lock(instance, alias)
        return _kept(instance, alias)


def ratings_of(instance: Model, *, using: str | None = None) -> "QuerySet[Rating]":
    """All ratings of an object, the latest first."""
    alias = using or router.db_for_read(Rating, instance=instance)
    return Rating.objects.using(alias).filter(**_named(instance, alias))


def summary_of(instance: Model, *, using: str | None = None) -> Summary:
    """How an object is rated, by the ratings themselves."""
    found = ratings_of(instance, using=using).order_by().aggregate(average=Avg("value"), count=Count("pk"))
    average = found["average"]
    return Summary(None if average is None else _rounded(Decimal(str(average))), found["count"])


def _rounded(average: Decimal) -> Decimal:
    # In two steps: what SQLite adds up are floats, whose last digits are noise.
    return average.quantize(_NOISE, ROUND_HALF_UP).quantize(_PLACES, ROUND_HALF_UP)


def forget(sender: type[Model], instance: Model, using: str, **_: Any) -> None:
    """Let the ratings go of an object whose row has gone; a receiver of ``post_delete``."""
    ratings_of(instance, using=using).delete()


def _named(instance: Model, using: str) -> dict[str, Any]:
    # Of a row with parents' rows, the one that has the average: however it was found, it is the same object.
    column = next((field for field in instance._meta.concrete_fields if field.name == AVERAGE), None)
    model: Any = type(instance) if column is None else column.model
    kind = ContentType.objects.db_manager(using).get_for_model(model)
    return {"content_type": kind, "object_id": str(instance.pk)}


def _lock(instance: Model, using: str) -> None:
    """Let nobody else rate this object until the unit ends; on SQLite the unit itself does."""
    rows = type(instance)._base_manager.using(using)
    if connections[using].features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    rows.only("pk").get(pk=instance.pk)


def _kept(instance: Model, using: str) -> Summary:
    summary = summary_of(instance, using=using)
    names = {field.name for field in instance._meta.concrete_fields}
    values = {name: value for name, value in ((AVERAGE, summary.average), (COUNT, summary.count)) if name in names}
    if values:
        type(instance)._base_manager.using(using).filter(pk=instance.pk).update(**values)
        for name, value in values.items():
            setattr(instance, name, value)
    return summary
