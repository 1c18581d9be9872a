"""Tests of how a thread sees which databases code of the project asks."""

import pytest
from django.db import connection

from ironbolt.plans.watching import asked_databases
from tests.project.models import Label


@pytest.mark.django_db
def test_what_is_asked_inside_is_seen() -> None:
    """Rows that are only described are not asked for; afterwards nobody looks on."""
    before = list(connection.execute_wrappers)
    Label.objects.exists()
    with asked_databases() as asked:
        rows = Label.objects.filter(name="a")
        assert not asked
        assert not rows.exists()
        assert asked == {"default"}
    assert connection.execute_wrappers == before


@pytest.mark.django_db
def test_an_error_inside_ends_it_too() -> None:
    """And is raised as it is."""
    with pytest.raises(Label.DoesNotExist), asked_databases() as asked:
        Label.objects.get(name="nobody")
    assert asked == {"default"}
    assert not connection.execute_wrappers
