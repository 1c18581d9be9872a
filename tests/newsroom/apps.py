"""A second app of the tests, with migrations, as those have that point to users."""

from django.apps import AppConfig


class NewsroomConfig(AppConfig):
    """What is deleted softly, published and rated."""

    name = "tests.newsroom"
    label = "newsroom"
    default_auto_field = "django.db.models.BigAutoField"
