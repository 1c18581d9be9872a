"""Sends every scenario to the plain project as its settings say, and writes the answers down."""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

RANDOM = (
    (r'"csrfToken": "[^"]*"', '"csrfToken": ""'),
    (r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r'\1""'),
    (r"csrftoken=\w+", "csrftoken="),
    (r"expires=[^;]*;", "expires=;"),
)
"""What is another at every request."""


def main(target: Path) -> None:
    """Answer every scenario, each on the same rows."""
    django.setup()
    setup_test_environment()
    from django.core.management import call_command

    from tests.drf.compat.plain.scenarios import KEPT, REFUSED

    call_command("migrate", run_syncdb=True, verbosity=0)
    answers = {}
    for kind, scenarios in (("kept", KEPT), ("refused", REFUSED)):
        for name, asks in scenarios.items():
            sow()
            answers[f"{kind}: {name}"] = [answer(one) for one in asks]
    target.write_text(json.dumps(answers), encoding="utf-8")


def answer(ask: Any) -> dict[str, Any]:
    """What comes back for one request."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = dict(ask.headers)
    if ask.as_user:
        from django.contrib.auth.models import User

        client.force_login(User.objects.get(username=ask.as_user))
    if ask.csrf:
        token = "a" * 32
        client.cookies["csrftoken"] = token
        headers["x-csrftoken"] = token
    content_type = headers.pop("content-type", "application/octet-stream")
    response: Any = client.generic(ask.method, ask.path, ask.body, content_type=content_type, headers=headers)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    cookies = sorted(steady(one.OutputString()) for one in response.cookies.values())
    return {
        "status": response.status_code,
        "headers": dict(sorted(response.headers.items())),
        "cookies": cookies,
        "body": steady(body.decode("utf-8", "surrogateescape")),
    }


def steady(text: str) -> str:
    """A text without what is another at every request."""
    for pattern, instead in RANDOM:
        text = re.sub(pattern, instead, text)
    return text


def sow() -> None:
    """The rows that every scenario starts from, under the same keys."""
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    from tests.project.models import Article, Bag, Label, Relic, Shelf, Task

    cache.clear()
    for model in (Token, Task.watchers.through, Task, Bag, Label, Relic, Shelf, Article, User):
        model._base_manager.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence")
    for name in ("ann", "bob"):
        user = User.objects.create(username=name, email=f"{name}@example.org")
        user.set_password("open sesame")
        user.save()
    Token.objects.create(user=User.objects.get(username="ann"), key="0123456789abcdef")
    home, work = Label.objects.create(name="home"), Label.objects.create(name="work & <play>")
    Label.objects.create(name="spare")
    for number, title in enumerate(("Sweep", "Cook", "Write", "Sweep “more”"), 1):
        task = Task.objects.create(
            title=title, code=f"C{number}", owner_id="ann", label=home if number % 2 else work, effort="0.50"
        )
        task.watchers.set([home, work][: number % 3])
    Bag.objects.create(key=f"{1:032x}", name="full", facts=[1, {"a": None}], **FULL)
    Bag.objects.create(key=f"{2:032x}", name="none")
    shelf = Shelf.objects.create(name="cellar")
    inner = Shelf.objects.create(name="box", inside=shelf)
    Shelf.objects.create(name="tin", inside=inner)
    Relic.objects.create(name="Coin", size=3)
    Article.objects.create(title="First", slug="first-one", tags=["a"])


FULL = {
    "slug": "a-b",
    "small": 1,
    "big": 2**60,
    "positive": 3,
    "real": 0.1,
    "amount": "12.50",
    "flag": False,
    "day": "2024-02-29",
    "instant": "2024-02-29T12:30:00.25Z",
    "clock": "12:30:00",
    "span": timedelta(days=1, hours=2),
    "token": f"{5:032x}",
    "level": 2,
    "label_id": "home",
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
