"""The kinds of work, as data: what is asked, with which random parts, and how an answer is known to be right."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.shop import seed

PLACE = re.compile(r"<(\w+)>")

RANGES: Mapping[str, tuple[int, int]] = {
    "book": (1, seed.BOOKS),
    "author": (1, seed.AUTHORS),
    "page": (1, 2),
    "number": (1, 1_000_000),
    "cents": (100, 99_999),
    "isbn": (9_780_000_000_000, 9_789_999_999_999),
    "size": (1, 100),
    "pages": (100, 900),
}

BOOK_SENT = (
    '{"title":"A book that was sent, <number>","isbn":"<isbn>","author_id":<author>,"price":"<pages>.25",'
    '"pages":<pages>,"published":"2020-02-29","summary":"Said of it: number <number>, and nothing more than that."}'
)


@dataclass(frozen=True)
class Work:
    """One kind of work.

    Attributes:
        name: as it stands in tables.
        title: for people.
        path: with ``<name>`` where a random whole number goes, of the range in RANGES.
        method: of HTTP.
        body: what is sent, with the same places.
        status: of the answer.
        guarded: whether a token goes along.
        touches_rows: whether the database is asked.
        quick: whether the short run has it.
    """

    name: str
    title: str
    path: str
    method: str = "GET"
    body: str = ""
    status: int = 200
    guarded: bool = False
    touches_rows: bool = True
    quick: bool = False

    @property
    def writes(self) -> bool:
        """Whether rows are made or changed."""
        return self.method != "GET"


WORKS = (
    Work("hello", "hello JSON, by class", "/hello", touches_rows=False, quick=True),
    Work("typed", "typed parameters", "/typed/<number>?page=<page>&size=<size>&active=true", touches_rows=False),
    Work("list20", "list of 20", "/books20", quick=True),
    Work("list100", "list of 100", "/books100"),
    Work("sliced", "list of 20, a slice of one's own", "/rows?limit=20"),
    Work("nested", "list of 20, nested", "/nested", quick=True),
    Work("page", "filtered, ordered page", "/page?author=<author>&ordering=-price&page=<page>&page_size=10"),
    Work("retrieve", "retrieve", "/books/<book>", quick=True),
    Work("create", "create", "/books", "POST", BOOK_SENT, 201, quick=True),
    Work("update", "update", "/books/<book>", "PUT", BOOK_SENT),
    Work("guarded", "JWT, guard, limit", "/guarded", guarded=True, touches_rows=False),
)

BY_NAME = {work.name: work for work in WORKS}


ANSWERS = (1, 20, 100, 1_000, 10_000)
"""Rows of the answers whose growth is looked at; who takes part in that has a route for each."""


def rows_work(rows: int) -> Work:
    """A list of so many rows."""
    return Work(f"all{rows}", f"list of {rows:,}", f"/all{rows}")


@dataclass(frozen=True)
class Drawn:
    """A request with its random parts drawn.

    Attributes:
        path: to ask for.
        body: to send.
        numbers: what was drawn, by name.
    """

    path: str
    body: str
    numbers: Mapping[str, int]


def draw(work: Work, chance: random.Random, ranges: Mapping[str, tuple[int, int]] = RANGES) -> Drawn:
    """One request of a kind."""
    numbers = {name: chance.randint(*ranges[name]) for name in PLACE.findall(work.path + work.body)}

    def filled(text: str) -> str:
        return PLACE.sub(lambda place: str(numbers[place.group(1)]), text)

    return Drawn(filled(work.path), filled(work.body), numbers)
