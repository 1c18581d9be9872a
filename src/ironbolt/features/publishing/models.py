"""What a model inherits to be published: its columns and its methods."""

from typing import Any

from django.conf import settings
from django.db import models

from ironbolt.features.publishing.publishing import publish, unpublish


class PublishableModel(models.Model):
    """A row that the world sees once somebody has published it."""

    is_published = models.BooleanField(default=False, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def publish(self, by: Any = None) -> bool:
        """Publish it; ``by`` is the user who does. Says whether it was not published before."""
        return publish(self, by=by)

    publish.alters_data = True  # type: ignore[attr-defined]  # so that templates do not call it

    def unpublish(self) -> bool:
        """Take it back. Says whether it was published before."""
        return unpublish(self)

    unpublish.alters_data = True  # type: ignore[attr-defined]  # as above
