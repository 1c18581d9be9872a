"""Fifty users rate the same article at once: nothing is lost, and nothing counted twice."""

import os
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from ironbolt.features.ratings.models import Rating
from tests.features.ratings import raters
from tests.newsroom.models import Article, Section

ROOT = Path(__file__).resolve().parents[3]
RATERS, PROCESSES = 50, 5
SECONDS = 60


def expected(keys: list[int]) -> Decimal:
    """The average of what they think in the end."""
    return (sum(map(raters.meant, keys), Decimal(0)) / len(keys)).quantize(Decimal("0.01"))


def python(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Python in a process of its own, over a database in a file."""
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environ |= {
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.project.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ended(*processes: "subprocess.Popen[str]") -> None:
    """Wait for all of them, and tell what one that failed has said."""
    try:
        for process in processes:
            said, _ = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, said
    finally:
        for process in processes:
            process.kill()


@pytest.mark.row("V12")
def test_fifty_raters_in_several_processes_on_sqlite(tmp_path: Path) -> None:
    """Processes that share a file take turns; the row ends with the average and count of all."""
    ended(python(tmp_path, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"))
    made = (
        "import django; django.setup()\n"
        "from django.contrib.auth.models import User\n"
        "from tests.newsroom.models import Article, Section\n"
        f"User.objects.bulk_create(User(pk=key, username=str(key)) for key in range(1, {RATERS + 1}))\n"
        "Article.objects.create(section=Section.objects.create(name='a', slug='a'), title='a')\n"
    )
    ended(python(tmp_path, "-c", made))
    share = RATERS // PROCESSES
    bounds = [(str(first), str(first + share - 1)) for first in range(1, RATERS, share)]
    ended(*(python(tmp_path, raters.__file__, *some) for some in bounds))
    (file,) = tmp_path.glob("*.sqlite3")
    with sqlite3.connect(file) as database:
        (row,) = database.execute("SELECT average_rating, rating_count FROM newsroom_article")
        (ratings,) = database.execute("SELECT count(*), count(DISTINCT user_id) FROM ironbolt_ratings_rating")
    database.close()
    assert (Decimal(str(row[0])), row[1]) == (expected([*range(1, RATERS + 1)]), RATERS)
    assert ratings == (RATERS, RATERS)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_fifty_raters_on_a_database_with_row_locks() -> None:
    """Fifty connections at one row: each waits for its turn."""
    if not connection.features.has_select_for_update:
        pytest.skip("This database has no row locks.")
    users = User.objects.bulk_create(User(username=str(number)) for number in range(RATERS))
    Article.objects.create(section=Section.objects.create(name="a", slug="a"), title="a")
    keys = sorted(user.pk for user in users)
    raters.main(keys[0], keys[-1])
    article = Article.objects.get()
    assert (article.average_rating, article.rating_count) == (expected(keys), RATERS)
    assert Rating.objects.values("user").distinct().count() == RATERS
