"""The Django app `shared`."""

from django.apps import AppConfig


class SharedConfig(AppConfig):
    """Abstract models; no table of its own."""

    name = "bookstore.shared"
    label = "shared"
    default_auto_field = "django.db.models.BigAutoField"
