"""A process of its own whose threads rate one article at once: ``python raters.py FIRST LAST``, by the users' keys."""

import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier


def main(first: int, last: int) -> None:
    """Rate twice for each user: at first 1, and then what is meant."""
    from django.contrib.auth.models import User
    from django.db import connections

    from ironbolt.features.ratings import store
    from ironbolt.features.ratings.rules import Given
    from tests.newsroom.models import Article

    users = list(User.objects.filter(pk__range=(first, last)))
    together = Barrier(len(users))

    def rate(user: User) -> None:
        try:
            article = Article.objects.get()
            together.wait(20)
            for value in (Decimal(1), meant(user.pk)):
                store.rate(article, user, Given(value))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(users)) as threads:
        list(threads.map(rate, users))


def meant(key: int) -> Decimal:
    """What a user thinks of the article in the end."""
    return Decimal(2) + key % 4


if __name__ == "__main__":
    import django

    django.setup()
    main(*map(int, sys.argv[1:]))
