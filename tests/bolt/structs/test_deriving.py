"""Tests of which columns a derived Struct leaves out."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from ironbolt.bolt.structs.deriving import is_hidden


@pytest.mark.parametrize(
    "name", ["password", "api_key", "key", "pin", "otp", "cvv", "ssn", "jwt", "passphrase", "credentials", "pwd"]
)
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    """The rule is that of logs."""
    column: Any = models.CharField(max_length=9)
    column.name = name
    assert is_hidden(column)


def test_what_only_looks_like_a_secret_is_shown() -> None:
    """Words count where they stand alone."""
    for name in ("pinned", "keyboard", "passed", "title"):
        column: Any = models.CharField(max_length=9)
        column.name = name
        assert not is_hidden(column)


@isolate_apps("tests.project")
def test_a_foreign_key_is_as_secret_as_what_it_holds() -> None:
    """One to a row whose key is a token is hidden; one called key, to a row with a number, is not."""

    class Token(models.Model):  # noqa: DJ008 - nobody reads it
        key = models.CharField(max_length=40, primary_key=True)

        class Meta:
            app_label = "project"

    class Lock(models.Model):  # noqa: DJ008 - nobody reads it
        class Meta:
            app_label = "project"

    class Door(models.Model):  # noqa: DJ008 - nobody reads it
        key = models.ForeignKey(Lock, models.CASCADE)
        opened_by = models.ForeignKey(Token, models.CASCADE)

        class Meta:
            app_label = "project"

    assert {field.name: is_hidden(field) for field in Door._meta.concrete_fields} == {
        "id": False,
        "key": False,
        "opened_by": True,
    }
