"""The Django app `catalog`."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Books, authors, categories and publishers."""

    name = "bookstore.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
