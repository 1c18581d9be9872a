"""Abstract models; this module makes no table."""

from django.db import models


class TimestampedModel(models.Model):
    """A row that remembers when it was made and when it was last saved."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
