"""Rows for the views of this package."""

import pytest

from tests.project.models import Label, Task


@pytest.fixture
def tasks(db: None) -> list[Task]:
    """Three tasks with a label, the last of them done."""
    label = Label.objects.create(name="home")
    made = [
        Task(title=title, code=f"C{number}", label=label, state="done" if number == 3 else "open")
        for number, title in enumerate(("Sweep", "Cook <well>", "Write"), 1)
    ]
    return Task.objects.bulk_create(made)
