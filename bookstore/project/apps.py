"""The Django app `bookstore`, which brings the project's template, style sheet and command."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The top of the shop: it may use every other app."""

    name = "bookstore.project"
    label = "bookstore"
    default_auto_field = "django.db.models.BigAutoField"
