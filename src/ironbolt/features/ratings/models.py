"""The table of ratings, of objects of any model."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Rating(models.Model):
    """What one user thinks of one object. It stays, and counts, when the user goes."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.CharField(max_length=64)
    target = GenericForeignKey("content_type", "object_id")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    value = models.DecimalField(max_digits=8, decimal_places=4)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["content_type", "object_id", "user"], name="ironbolt_ratings_one_of_each_user"
            ),
        )

    def __str__(self) -> str:
        return f"{self.value} for {self.content_type_id}/{self.object_id}"
