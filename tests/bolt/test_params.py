"""Tests of the markers, and of what each place of a request can hold."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.binding import binder_of
from ironbolt.bolt.params import Body, Cookie, Form, Header, Path, Query
from ironbolt.bolt.request import Request
from tests.bolt.bound import JSON, Sent, call, escaped, faults, get, problem, status

UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Filters(msgspec.Struct):
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    tags: list[str] = []
    colour: Colour | None = None
    search: str = msgspec.field(name="q", default="")


class Times(msgspec.Struct):
    when: datetime.datetime | None = None
    span: datetime.timedelta | None = None
    at: datetime.time | None = None


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("Low is over high.")


def taking(annotation: Any, default: Any = ...) -> Any:
    """A handler that takes one parameter and gives it back."""

    async def handler(q: Any = default) -> Any:
        return q

    handler.__annotations__ = {"q": annotation}
    return handler


@pytest.mark.row("B05")
@pytest.mark.parametrize(
    ("annotation", "query", "value"),
    [
        (list[str], "q=a&q=b", ["a", "b"]),
        (list[int], "q=1&q=2", [1, 2]),
        (set[int], "q=1&q=1", {1}),
        (frozenset[Colour], "q=red", frozenset({Colour.RED})),
        (tuple[int, ...], "q=1&q=2&q=3", (1, 2, 3)),
        (tuple[int, str], "q=1&q=x", (1, "x")),
        (list[bool] | None, "q=yes&q=off", [True, False]),
        (Literal["a", "b"], "q=a", "a"),
        (Literal[1, 2], "q=2", 2),
        (Colour, "q=red", Colour.RED),
        (Size, "q=2", Size.LARGE),
        (datetime.datetime, "q=2024-02-29T10:00:00Z", datetime.datetime(2024, 2, 29, 10, tzinfo=datetime.UTC)),
        (datetime.date, "q=2024-02-29", datetime.date(2024, 2, 29)),
        (datetime.time, "q=10:30:00", datetime.time(10, 30)),
        (datetime.timedelta, "q=PT90S", datetime.timedelta(seconds=90)),
        (uuid.UUID, "q=12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
        (Decimal, "q=1.10", Decimal("1.10")),
        (bool, "q=yes", True),
        (bool, "q=Off", False),
        (bool, "q=TRUE", True),
        (int | None, "q=null", None),
        (str | None, "q=null", "null"),
        (int | float, "q=1.5", 1.5),
        (UserId, "q=7", 7),
        (Annotated[int | None, Query(ge=1)], "q=7", 7),
        (Annotated[Decimal, Query(ge=1)], "q=7", Decimal(7)),
        (Annotated[list[int], Query(ge=1, max_length=2)], "q=7&q=8", [7, 8]),
        (Annotated[str, Query(alias="other")], "other=x", "x"),
        (Any, "q=x", "x"),
    ],
    ids=str,
)
def test_query(annotation, query, value) -> None:
    """A query parameter becomes what the handler asks for, of many types and many times."""
    got = get(taking(annotation), query)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.row("B05")
@pytest.mark.parametrize(
    ("annotation", "query", "details"),
    [
        (list[int], "q=1&q=x&q=y", {"q.1": ["A valid integer is required."], "q.2": ["A valid integer is required."]}),
        (list[int], "", {"q": ["This field is required."]}),
        (tuple[int, int], "q=1", {"q": ["Ensure this field has exactly 2 elements."]}),
        (Annotated[list[str], Query(min_length=2)], "q=1", {"q": ["Ensure this field has at least 2 elements."]}),
        (Annotated[list[int], Query(le=2)], "q=1&q=3", {"q.1": ["Ensure this value is less than or equal to 2."]}),
        (Annotated[int | None, Query(ge=1)], "q=0", {"q": ["Ensure this value is greater than or equal to 1."]}),
        (Annotated[Decimal, Query(gt=1)], "q=1", {"q": ["Ensure this value is greater than 1."]}),
        (Annotated[str, Query(pattern="^a")], "q=b", {"q": ["This value does not match the required pattern."]}),
        (Annotated[str, Query(max_length=1)], "q=ab", {"q": ["Ensure this field has no more than 1 characters."]}),
        (int | None, "q=1e3", {"q": ["A valid integer is required."]}),
        (int, "q=" + "9" * 5000, {"q": ["Integer value out of range."]}),
        *((Decimal, f"q={text}", {"q": ["A valid number is required."]}) for text in ("1e3", "%2B7", ".5", "1_0")),
        (Decimal | None, "q=1E3", {"q": ["A valid number is required."]}),
        (list[Decimal], "q=1&q=1e3", {"q.1": ["A valid number is required."]}),
        (Annotated[Decimal, Query(le=1)], "q=2", {"q": ["Ensure this value is less than or equal to 1."]}),
        (Annotated[int, Query(multiple_of=3)], "q=2", {"q": ["Ensure this value is a multiple of 3."]}),
        (Annotated[float, Query(lt=0.5)], "q=2", {"q": ["Ensure this value is less than 0.5."]}),
        (
            Annotated[list[str], Query(max_length=1)],
            "q=1&q=2",
            {"q": ["Ensure this field has no more than 1 elements."]},
        ),
        (Literal["a", "b"], "q=it's", {"q": ['"it\'s" is not a valid choice.']}),
        (Literal["a", "b"], "q=%27%22%0A%C3%A9", {"q": ['"\'"\né" is not a valid choice.']}),
        (Literal[1, 2], "q=5", {"q": ['"5" is not a valid choice.']}),
        (Decimal, "q=NaN", {"q": ["A valid number is required."]}),
        (float, "q=inf", {"q": ["A valid number is required."]}),
        (bool, "q=maybe", {"q": ["Must be a valid boolean."]}),
        (Colour, "q=green", {"q": ['"green" is not a valid choice.']}),
        (Annotated[int, Query(alias="other")], "q=1", {"other": ["This field is required."]}),
    ],
    ids=str,
)
def test_query_faults(annotation, query, details) -> None:
    """What does not fit is named, and each item of a list by its position."""
    assert faults(taking(annotation), query) == details


@pytest.mark.row("B05")
def test_defaults_and_factories() -> None:
    """A default is used where nothing is sent, a factory anew each time, and a list is nobody's to share."""

    async def handler(
        a: int = Query(10, ge=1),
        b: Annotated[list[int], Query()] = [],  # noqa: B006 - that nobody shares it is what is tested
        c: Annotated[Any, Query(default_factory=dict)] = ...,
    ):
        b.append(1)
        c["n"] = 1
        return a, b, c

    assert get(handler) == get(handler) == (10, [1], {"n": 1})
    assert get(handler, "a=3&b=5") == (3, [5, 1], {"n": 1})


@pytest.mark.row("B05")
def test_headers_and_cookies() -> None:
    """Headers are named with dashes, lists of them are split at commas, cookies come by name."""

    async def handler(
        x_request: Annotated[int, Header()],
        tags: Annotated[list[str], Header(alias="X-Tag")],
        session: Annotated[str, Cookie()],
        theme: Annotated[Colour, Cookie()] = Colour.RED,
    ):
        return x_request, tags, session, theme

    headers = {"x-request": "5", "x-tag": "a, b,c", "cookie": "session=s1; theme=blue"}
    assert get(handler, headers=headers) == (5, ["a", "b", "c"], "s1", Colour.BLUE)
    assert faults(handler, headers={"x-request": "x", "cookie": "theme=x"}) == {
        "x-request": ["A valid integer is required."],
        "X-Tag": ["This field is required."],
        "session": ["This field is required."],
        "theme": ['"x" is not a valid choice.'],
    }


@pytest.mark.row("B05")
def test_a_struct_of_query_parameters() -> None:
    """A Struct takes all of its fields from the query, lists and other names included."""

    async def handler(filters: Annotated[Filters, Query()]):
        return filters

    assert get(handler) == Filters()
    assert get(handler, "limit=5&tags=a&tags=b&colour=red&q=x") == Filters(5, ["a", "b"], Colour.RED, "x")
    assert faults(handler, "limit=0&colour=x") == {
        "limit": ["Ensure this value is greater than or equal to 1."],
        "colour": ['"x" is not a valid choice.'],
    }


def test_a_strict_struct_of_query_parameters() -> None:
    """A Struct that forbids unknown fields refuses other names, and its own check may refuse too."""

    async def handler(span: Annotated[Strict, Query()], page: int = 1):
        return span.low, page

    assert get(handler, "low=1&high=2&page=3") == (1, 3)
    assert faults(handler, "low=1&high=2&more=1") == {"more": ["Unknown field."]}
    assert faults(handler, "low=3&high=2") == {"non_field_errors": ["Low is over high."]}


@pytest.mark.row("B05", "B06")
def test_faults_of_all_places_come_together() -> None:
    """One answer names what is wrong in query, header, cookie and body."""

    async def handler(
        data: Filters, page: int, x_token: Annotated[str, Header()], session: Annotated[int, Cookie()]
    ) -> Any:
        return None

    sent = Sent(method="POST", query="page=x", headers={**JSON, "cookie": "session=x"}, body=b'{"limit": 0}')
    assert faults(handler, method=sent.method, query=sent.query, headers=sent.headers, body=sent.body) == {
        "limit": ["Ensure this value is greater than or equal to 1."],
        "page": ["A valid integer is required."],
        "x-token": ["This field is required."],
        "session": ["A valid integer is required."],
    }


@pytest.mark.row("B05")
def test_path_values() -> None:
    """A path parameter may have another name and bounds; **kwargs takes those that nobody names, as text."""

    async def handler(number: Annotated[int, Path(alias="id", ge=1)], **kwargs: Any):
        return number, kwargs

    sent = Sent(path="/t/{id}/{slug}", path_values=("5", "a"))
    assert call(handler, sent) == (5, {"slug": "a"})
    assert problem(handler, Sent(path="/t/{id}/{slug}", path_values=("0", "a"))).status == 404


def test_arguments_by_name_only() -> None:
    """Parameters behind a star are passed by name."""

    async def handler(request, *, page: int = 1, size: int = 2):
        return page, size

    assert get(handler, "size=5") == (1, 5)


def test_request_by_annotation() -> None:
    """Whoever is annotated as a Request gets it, whatever its name; so does whoever is called request."""

    async def handler(r: Request, request: dict):
        return id(r) == id(request)

    assert get(handler) is True


@pytest.mark.row("B06")
def test_a_marked_body() -> None:
    """Body() takes the body as any type, with constraints."""

    async def handler(numbers: Annotated[set[int], Body(max_length=2)]):
        return numbers

    assert call(handler, Sent(method="POST", headers=JSON, body=b"[1, 1]")) == {1}
    assert problem(handler, Sent(method="POST", headers=JSON, body=b"[1, 2, 3]")).status == 400


@pytest.mark.row("B06")
@pytest.mark.parametrize("body", [b"", b"null"])
def test_an_optional_body(body) -> None:
    """An optional dict is None where nothing or null is sent, and always on GET."""

    async def handler(data: dict | None = None):
        return data

    assert call(handler, Sent(method="POST", headers=JSON, body=body)) is None
    assert get(handler, "data=x") is None


@pytest.mark.parametrize(
    ("annotation", "method", "reason"),
    [
        (Filters, "GET", "q would be the body, and GET has none"),
        (Annotated[int, Form()], "GET", "q comes from the body, and GET has none"),
        (Annotated[int, Path()], "GET", "q is said to be in the path"),
        (Annotated[dict, Query()], "GET", "q can't be read from text"),
        (datetime.date | uuid.UUID, "GET", "q has a type that can't be read"),
    ],
    ids=str,
)
def test_what_can_never_be_read_is_refused_at_start(annotation, method, reason) -> None:
    """A parameter that no request could fill is a mistake, told at start."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        binder_of(taking(annotation), "/t", method=method)


def test_a_body_and_a_form_are_refused_at_start() -> None:
    """A handler can't ask for JSON and for a form at once."""

    async def handler(data: dict, name: Annotated[str, Form()]) -> Any:
        return None

    with pytest.raises(ImproperlyConfigured, match="at once"):
        binder_of(handler, "/t", method="POST")


def test_unresolvable_annotations_are_refused_at_start() -> None:
    """An annotation that names nothing is told with the handler's name."""
    with pytest.raises(ImproperlyConfigured, match="Nowhere"):
        binder_of(taking("Nowhere"), "/t", method="GET")


def test_list_means_the_type_in_a_class_with_a_method_of_that_name() -> None:
    """Annotations given as text mean the built-in types."""

    class View:
        async def list(self, q: "list[int]") -> "list[int]":
            return q

    binder = binder_of(View.list, "/t", method="GET", is_method=True)
    assert binder.parameters[0].annotation == list[int]


def test_facts_for_the_description() -> None:
    """A binder tells of each parameter where it is, its name, what for, and how lists are written."""

    async def handler(
        filters: Annotated[Filters, Query()],
        x_tag: Annotated[list[str], Header(description="Tags.", examples=["a"])] = [],  # noqa: B006 - copied
    ) -> Any:
        return None

    facts = [
        (item.place, item.wire_name, item.required, item.style)
        for item in binder_of(handler, "/t", method="GET").documented
    ]
    assert facts == [
        ("query", "limit", False, None),
        ("query", "tags", False, ("form", True)),
        ("query", "colour", False, None),
        ("query", "q", False, None),
        ("header", "x-tag", False, ("simple", False)),
    ]
    tag = binder_of(handler, "/t", method="GET").documented[-1]
    assert (tag.description, tag.examples) == ("Tags.", ("a",))


@pytest.mark.row("B05")
@given(text=st.text(), header=st.text(st.characters(max_codepoint=255)))
def test_any_text_is_answered_or_refused(text: str, header: str) -> None:
    """Whatever stands in any place is read or refused with a 4xx, never a crash."""

    async def handler(
        n: Annotated[list[int], Query()],
        times: Annotated[Times, Query()] = ...,  # type: ignore[assignment]
        amount: Annotated[Decimal | None, Query(ge=1)] = None,
        x: Annotated[Size | None, Header()] = None,
        c: Annotated[uuid.UUID | None, Cookie()] = None,
    ) -> Any:
        return n

    value = escaped(text)
    query = f"n={value}&n=1&when={value}&span={value}&at={value}&amount={value}&{value}"
    sent = Sent(query=query, headers={"x": header, "cookie": f"c={header}; {header}"})
    assert status(handler, sent) < 500
