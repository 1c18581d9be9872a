"""The Django app `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Logins of the shop."""

    name = "bookstore.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
