"""An API without a model or a database: this file is all of the project."""

import sys
from itertools import pairwise

from django.conf import settings
from django.core.management import execute_from_command_line
from msgspec import Struct

settings.configure(
    SECRET_KEY="put fifty random characters of your own here",
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    INSTALLED_APPS=["ironbolt"],
)

from ironbolt.bolt import BoltAPI  # noqa: E402 - after the settings

api = BoltAPI()


class Point(Struct):
    x: float
    y: float


@api.get("/hello/{name}")
async def hello(name: str, times: int = 1) -> list[str]:
    """Greet somebody."""
    return [f"Hello, {name}!"] * times


@api.post("/distance")
async def distance(data: list[Point]) -> float:
    """How long the way is from one point to the next."""
    return sum(((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5 for a, b in pairwise(data))


if __name__ == "__main__":
    execute_from_command_line([sys.argv[0], "serve", "--api", "__main__:api", *sys.argv[1:]])
