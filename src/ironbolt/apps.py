"""The Django app that a project installs."""

from django.apps import AppConfig


class IronboltConfig(AppConfig):
    """``INSTALLED_APPS += ["ironbolt"]``."""

    name = "ironbolt"
    verbose_name = "Ironbolt"

    def ready(self) -> None:
        """Refuse to start under settings that can't be meant."""
        from ironbolt.core.settings import get_settings

        get_settings()
