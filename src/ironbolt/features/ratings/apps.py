"""The Django app that a project installs for ratings."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_delete


class RatingsConfig(AppConfig):
    """``INSTALLED_APPS += ["django.contrib.contenttypes", "ironbolt.features.ratings"]``."""

    name = "ironbolt.features.ratings"
    label = "ironbolt_ratings"
    verbose_name = "Ratings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the ratings of an object go with its row."""
        from ironbolt.features.ratings.columns import RatableModel
        from ironbolt.features.ratings.store import forget

        for model in apps.get_models():
            if issubclass(model, RatableModel):
                post_delete.connect(forget, sender=model, dispatch_uid=f"ironbolt_ratings.{model._meta.label}")
