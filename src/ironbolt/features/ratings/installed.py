"""Whether a project has the table of ratings."""

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

APP = "ironbolt.features.ratings"


def require_installed(name: str) -> None:
    """Refuse a view that rates where there is no table for it; ``name`` is that of its class.

    Raises:
        ImproperlyConfigured: the app is not installed.
    """
    for app in (APP, "django.contrib.contenttypes"):
        if not apps.is_installed(app):
            raise ImproperlyConfigured(f"{name} takes ratings, for which {app!r} must be in INSTALLED_APPS.")
