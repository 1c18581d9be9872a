"""What models inherit: the tables' side of the features, none of which has a table of its own here."""

from django.db import models

from ironbolt.features.publishing.models import PublishableModel
from ironbolt.features.ratings.columns import RatableModel
from ironbolt.features.softdelete.models import (
    AllRowsManager,
    SoftDeleteManager,
    SoftDeleteModel,
    SoftDeleteQuerySet,
)
from ironbolt.features.softdelete.rows import unique_among_living

__all__ = [
    "AllRowsManager",
    "BaseModel",
    "PublishableModel",
    "RatableModel",
    "SoftDeleteManager",
    "SoftDeleteModel",
    "SoftDeleteQuerySet",
    "TimestampedModel",
    "unique_among_living",
]


class TimestampedModel(models.Model):
    """A row that knows since when it is there and when it last changed."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class BaseModel(TimestampedModel, SoftDeleteModel):
    """What every model of a project may begin with: timestamps, and soft delete."""

    class Meta:
        abstract = True
