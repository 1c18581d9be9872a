"""The app of the guide's models, with migrations, since they point to users."""

from django.apps import AppConfig


class SeedConfig(AppConfig):
    """What the guide's viewsets are about."""

    name = "tests.drf.seed"
    label = "seed"
    default_auto_field = "django.db.models.BigAutoField"
