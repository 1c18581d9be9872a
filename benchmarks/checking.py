"""Asks every peer the same before anything is timed, and says who answers wrongly and who spells it otherwise."""

import json
import random
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple

from benchmarks import answers
from benchmarks.peers import FLOOR
from benchmarks.scripting import token
from benchmarks.servers import Server
from benchmarks.work import Drawn, Work, draw

SAMPLES = 3
TIMEOUT_SECONDS = 10
HELLO = {"message": "Hello, world!", "number": 42}


class Answer(NamedTuple):
    """What a server said."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read; numbers with a point stay exact."""
        return json.loads(self.body)


class Verdict(NamedTuple):
    """What the comparison found of one peer and one kind of work.

    Attributes:
        fault: why it is not timed; empty where every answer was right.
        size: of the last answer's body, in bytes.
        notes: what is spelled in another way than the floor does.
    """

    fault: str
    size: int
    notes: tuple[str, ...]


def ask(server: Server, work: Work, drawn: Drawn) -> Answer:
    """Ask for one thing."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json"} if work.writes else {}
    if work.guarded:
        headers["Authorization"] = f"Bearer {token(7)}"
    try:
        connection.request(work.method, drawn.path, drawn.body or None, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read())
    finally:
        connection.close()


def check(server: Server, work: Work, floor: Server | None) -> Verdict:
    """Compare some answers with the rows, and the spelling with the floor's."""
    chance = random.Random(f"{work.name}")  # noqa: S311 - the same for every peer
    size, notes = 0, set[str]()
    for _ in range(SAMPLES):
        drawn = draw(work, chance)
        try:
            answer = ask(server, work, drawn)
            _judge(answer, work, drawn)
        except answers.Wrong as wrong:
            return Verdict(str(wrong), 0, ())
        except (OSError, HTTPException, ValueError) as error:
            return Verdict(f"no answer in JSON: {error!r}", 0, ())
        size = len(answer.body)
        if floor is not None and not work.writes:
            notes |= answers.spelling(answer.json(), ask(floor, work, drawn).json())
    return Verdict("", size, tuple(sorted(notes)))


def check_all(servers: Mapping[str, Server], work: Work) -> dict[str, Verdict]:
    """What the comparison finds of every server."""
    found = {}
    for name, server in servers.items():
        verdict = check(server, work, servers.get(FLOOR))
        if work.guarded and not verdict.fault:
            verdict = verdict._replace(fault=check_guard(server, work))
        found[name] = verdict
    return found


def check_guard(server: Server, work: Work) -> str:
    """Why a guard is none: without a token it must not answer."""
    open_to_all = Work(work.name, work.title, work.path)
    status = ask(server, open_to_all, Drawn(work.path, "", {})).status
    return "" if status in {401, 403} else f"without a token it answers {status}"


def _judge(answer: Answer, work: Work, drawn: Drawn) -> None:
    if answer.status != work.status:
        raise answers.Wrong(f"status {answer.status} instead of {work.status}: {answer.body[:200]!r}")
    found = answer.json()
    if work.writes:
        _judge_written(found, work, drawn)
    else:
        answers.compare(answers.page_of(found) if work.name == "page" else found, _wanted(work, drawn))


def _judge_written(found: Any, work: Work, drawn: Drawn) -> None:
    from benchmarks.shop import expected

    sent = json.loads(drawn.body)
    answers.compare({name: found.get(name) for name in sent}, sent)
    key = drawn.numbers.get("book") if work.method == "PUT" else found.get("id")
    if not isinstance(key, int):
        raise answers.Wrong(f"no id in {list(found)}")
    answers.compare(found, expected.book(key))


def _wanted(work: Work, drawn: Drawn) -> Any:
    from benchmarks.shop import expected

    numbers = drawn.numbers
    wanted: dict[str, Callable[[], Any]] = {
        "hello": lambda: HELLO,
        "guarded": lambda: HELLO,
        "typed": lambda: {name: numbers[name] for name in ("number", "page", "size")} | {"active": True},
        "list20": lambda: expected.books(20),
        "list100": lambda: expected.books(100),
        "sliced": lambda: expected.books(20),
        "nested": lambda: expected.nested(20),
        "page": lambda: expected.page(numbers["author"], numbers["page"], 10),
        "retrieve": lambda: expected.book(numbers["book"]),
    }
    return wanted[work.name]()
