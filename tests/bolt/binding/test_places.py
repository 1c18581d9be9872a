"""Every place that an argument can come from, with every type that it can have there."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest

from ironbolt.bolt.params import Body, Cookie, Form, Header, Path, Query
from tests.bolt.bound import JSON, Sent, call, escaped, multipart, problem, urlencoded

pytestmark = pytest.mark.row("B05")

PLACES: dict[str, Any] = {
    "path": Path,
    "query": Query,
    "header": Header,
    "cookie": Cookie,
    "form": Form,
    "multipart": Form,
    "body": Body,
}
SENT_BY_NAME = ["query", "header", "cookie", "form", "multipart"]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


NOON = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)
ONE = uuid.UUID("12345678123456781234567812345678")

TYPES: list[tuple[Any, Any, Any, str]] = [
    # type, as JSON, as Python, and what is none
    (Annotated[str, msgspec.Meta(max_length=3)], "a b", "a b", "a bc"),
    (int, 5, 5, "x"),
    (float, 1.5, 1.5, "x"),
    (bool, True, True, "maybe"),
    (bool, False, False, "2"),
    (Colour, "red", Colour.RED, "green"),
    (Level, 1, Level.LOW, "2"),
    (Literal["a", "b"], "a", "a", "c"),
    (datetime.datetime, "2024-02-29T12:00:00Z", NOON, "2024-02-30T12:00:00Z"),
    (datetime.date, "2024-02-29", NOON.date(), "2023-02-29"),
    (datetime.time, "12:00:00", NOON.time(), "25:00:00"),
    (datetime.timedelta, "PT90S", datetime.timedelta(seconds=90), "long"),
    (uuid.UUID, str(ONE), ONE, "1234"),
    (Decimal, "1.10", Decimal("1.10"), "NaN"),
]
LISTS = [(list[kind], [value, value], [read, read], bad) for kind, value, read, bad in TYPES]  # type: ignore[valid-type]  # made at run time

each_type = pytest.mark.parametrize(("annotation", "value", "expected", "bad"), TYPES, ids=str)
each_list = pytest.mark.parametrize(("annotation", "value", "expected", "bad"), LISTS, ids=str)


def text_of(value: Any) -> str:
    """A value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def sent(place: str, *values: Any) -> Sent:
    """A request that has these values in one place, under the name q."""
    texts = [text_of(value) for value in values]
    if place == "body":
        return Sent(method="POST", headers=JSON, body=msgspec.json.encode(values[0] if len(values) == 1 else values))
    if place == "form":
        return urlencoded({"q": texts})
    if place == "multipart":
        return multipart(("other", None, b""), *(("q", None, text.encode()) for text in texts))
    headers = {"header": {"q": ", ".join(texts)}, "cookie": {"cookie": f"q={'; q='.join(texts)}"}}
    return Sent(
        path="/t/{q}" if place == "path" else "/t",
        path_values=(texts[0],) if place == "path" else (),
        query="&".join(f"q={escaped(text)}" for text in texts) if place == "query" else "",
        headers=headers.get(place, {}) if texts else {},
    )


def taking(place: str, annotation: Any, *default: Any) -> Any:
    """A handler that takes its argument from one place and gives it back."""

    async def handler(q: Any) -> Any:
        return q

    handler.__annotations__ = {"q": Annotated[annotation, PLACES[place]()]}
    handler.__defaults__ = default or None
    return handler


@each_type
@pytest.mark.parametrize("place", PLACES)
def test_a_value_is_read_as_its_type(place: str, annotation: Any, value: Any, expected: Any, bad: str) -> None:
    """What is there becomes what the handler asks for, optional or not, whatever the default."""
    for handler in (
        taking(place, annotation),
        taking(place, annotation | None),
        *([] if place == "path" else [taking(place, annotation | None, None), taking(place, annotation, "default")]),
    ):
        got = call(handler, sent(place, value))
        assert (got, type(got)) == (expected, type(expected))


@each_type
@pytest.mark.parametrize("place", PLACES)
def test_a_value_that_can_not_be_is_named(place: str, annotation: Any, value: Any, expected: Any, bad: str) -> None:
    """What is no value of the type is a 400, in a path a 404, that names the parameter, with and without a default."""
    name = "non_field_errors" if place == "body" else "q"
    for default in [()] if place == "path" else [(), (None,)]:
        told = problem(taking(place, annotation | None, *default), sent(place, bad))
        assert told.status == (404 if place == "path" else 400)
        assert list(told.details) == [name]


@each_type
@pytest.mark.parametrize("place", SENT_BY_NAME)
def test_a_value_that_is_not_sent(place: str, annotation: Any, value: Any, expected: Any, bad: str) -> None:
    """Without a default it is required, else the default is taken: None, and any other."""
    told = problem(taking(place, annotation), sent(place))
    assert (told.status, told.details) == (400, {"q": ["This field is required."]})
    for default in (None, expected):
        assert call(taking(place, annotation | None, default), sent(place)) == default


@each_list
@pytest.mark.parametrize("place", ["query", "header", "form", "multipart", "body"])
def test_a_list(place: str, annotation: Any, value: Any, expected: Any, bad: str) -> None:
    """Several values of one name are a list; one at fault is named by its position; None and lists are defaults."""
    assert call(taking(place, annotation), sent(place, *value)) == expected
    assert call(taking(place, annotation | None, None), sent(place, *value)) == expected
    told = problem(taking(place, annotation), sent(place, *value[1:], bad))
    assert (told.status, list(told.details)) == (400, ["1" if place == "body" else "q.1"])
    if place != "body":
        assert call(taking(place, annotation | None, None), sent(place)) is None
        assert call(taking(place, annotation, expected), sent(place)) == expected


@pytest.mark.parametrize("place", [*SENT_BY_NAME, "body"])
@pytest.mark.parametrize("annotation", [int, bool, Colour, datetime.datetime, uuid.UUID, Decimal], ids=str)
def test_null(place: str, annotation: Any) -> None:
    """The word null is None where None is asked for, and a fault where it is not."""
    null = sent(place, None) if place == "body" else sent(place, "null")
    assert call(taking(place, annotation | None), null) is None
    assert problem(taking(place, annotation), null).status == 400


@pytest.mark.parametrize("word", ["true", "True", "1", "yes", "on", "false", "FALSE", "0", "no", "off"])
@pytest.mark.parametrize("place", ["path", *SENT_BY_NAME])
def test_words_for_truth(place: str, word: str) -> None:
    """A bool takes the words that forms and people use, in any case."""
    assert call(taking(place, bool), sent(place, word)) is (word.lower() in ("true", "1", "yes", "on"))


@pytest.mark.parametrize("body", [b"", b"null"])
def test_a_body_with_a_default(body: bytes) -> None:
    """A body may be left out where there is a default; where there is none, nothing is an empty object."""
    for default in (None, {"a": 1}):
        handler = taking("body", dict[str, int] | None, default)
        given = call(handler, Sent(method="POST", headers=JSON, body=body))
        assert given == (None if body else default)
    required = taking("body", dict[Literal["a"], int])
    if body:
        assert problem(required, Sent(method="POST", headers=JSON, body=body)).status == 400
    else:
        assert call(required, Sent(method="POST", headers=JSON)) == {}
    assert problem(taking("body", list[int]), Sent(method="POST", headers=JSON, body=body)).status == 400


class Price(msgspec.Struct, rename="camel"):
    in_cash: Decimal
    parts: "list[Price]" = []


class Basket(msgspec.Struct):
    count: int = 0
    name: str = ""
    price: Decimal | None = None
    best: Price | None = None
    all: list[Decimal] = []
    named: dict[str, Decimal | None] = {}
    both: tuple[str, Decimal] | None = None
    prices: list[Price] = []


@pytest.mark.row("B06")
def test_decimals_anywhere_in_a_body() -> None:
    """Decimals are read in lists, objects and Structs of Structs, as texts in plain notation and as numbers."""

    async def handler(data: Basket) -> Any:
        return data

    body = (
        b'{"all": ["1.10", 2, 3.5], "named": {"a": "1.10", "b": null}, "both": ["NaN", "2"],'
        b' "prices": [{"inCash": "1", "parts": [{"inCash": "0.50"}]}]}'
    )
    assert call(handler, Sent(method="POST", headers=JSON, body=body)) == Basket(
        all=[Decimal("1.10"), Decimal(2), Decimal("3.5")],
        named={"a": Decimal("1.10"), "b": None},
        both=("NaN", Decimal(2)),
        prices=[Price(Decimal(1), [Price(Decimal("0.50"))])],
    )


@pytest.mark.row("B06")
@pytest.mark.parametrize("strange", ["NaN", "sNaN", "Infinity", "-inf", "1e5", "1_0", " 1", "٣"])
def test_what_only_python_would_call_a_number(strange: str) -> None:
    """No decimal is anything but finite and plain, however deep it stands, and whatever else is wrong beside it."""

    async def handler(data: Basket) -> Any:
        return data

    async def several(data: list[Price]) -> Any:
        return data

    def told(handler: Any, body: Any) -> list[str]:
        found = problem(handler, Sent(method="POST", headers=JSON, body=msgspec.json.encode(body)))
        assert found.status == 400
        assert ["A valid number is required."] in found.details.values()
        return sorted(found.details)

    deep = {"inCash": "1", "parts": [{"inCash": strange}]}
    assert told(handler, {"price": strange, "named": {"a": strange}, "all": ["1", strange]}) == [
        "all.1",
        "named.a",
        "price",
    ]
    assert told(handler, {"best": deep, "prices": [deep], "both": ["", strange]}) == [
        "best.parts.0.inCash",
        "both.1",
        "prices.0.parts.0.inCash",
    ]
    assert told(handler, {"count": 2.0, "price": strange}) == ["price"]
    assert told(handler, {"name": 5, "price": strange}) == ["name", "price"]
    assert told(several, [deep, deep]) == ["0.parts.0.inCash", "1.parts.0.inCash"]
    assert told(taking("body", dict[str, Decimal]), {"a": strange}) == ["a"]
    assert told(taking("body", Decimal), strange) == ["non_field_errors"]


@pytest.mark.row("B06")
def test_decimals_of_tagged_structs() -> None:
    """Of several Structs the one that was sent decides which of its fields are decimals."""

    class Named(msgspec.Struct, tag="named"):
        value: str

    class Priced(msgspec.Struct, tag="priced"):
        value: Decimal

    handler = taking("body", Named | Priced)
    assert call(handler, sent("body", {"type": "named", "value": "NaN"})) == Named("NaN")
    assert call(handler, sent("body", {"type": "priced", "value": "1"})) == Priced(Decimal(1))
    assert problem(handler, sent("body", {"type": "priced", "value": "NaN"})).details == {
        "value": ["A valid number is required."]
    }
