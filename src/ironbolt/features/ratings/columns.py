"""What a model inherits to show how it is rated: the average and the count, which the ratings keep."""

from typing import Any

from django.db import models

AVERAGE = "average_rating"
COUNT = "rating_count"

AVERAGE_PLACES = 2
"""How many decimal places an average has."""


class RatableModel(models.Model):
    """A row whose average and count stand in columns of its own, to be shown, filtered and ordered by."""

    average_rating: Any = models.DecimalField(
        max_digits=8, decimal_places=AVERAGE_PLACES, null=True, blank=True, editable=False
    )
    rating_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
