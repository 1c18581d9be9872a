"""The tests' own app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Tables without migrations, made by the test runner."""

    name = "tests.project"
    label = "testproject"
    default_auto_field = "django.db.models.BigAutoField"
