"""Filters, search, ordering and ranges of dates: the same questions to both doors, and the same answers."""

import datetime
import uuid
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.listing import DOORS, Ask, MakeList
from tests.project.models import Bag, Label, Task

pytestmark = pytest.mark.django_db

TOKEN = uuid.UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")

EVERYTHING: dict[str, Any] = {
    "filterset_fields": {
        "name": ["exact", "in", "icontains", "startswith"],
        "small": ["exact", "gte", "lt", "in", "range", "isnull"],
        "big": ["exact", "gt"],
        "positive": ["gte"],
        "real": ["exact", "lte"],
        "amount": ["exact", "gte", "lte", "in"],
        "flag": ["exact", "isnull"],
        "day": ["exact", "gte", "year", "year__gt"],
        "instant": ["exact", "lt", "date", "year"],
        "clock": ["exact"],
        "span": ["gte"],
        "token": ["exact", "in"],
        "level": ["exact", "in"],
        "label": ["exact", "in", "isnull"],
        "label__name": ["icontains"],
        "key": ["exact"],
    },
    "search_fields": ["name", "^slug", "label__name"],
    "ordering_fields": ["name", "small", "amount"],
    "date_range_fields": ["day", "instant"],
}


@pytest.fixture(params=DOORS)
def make(request: pytest.FixtureRequest) -> MakeList:
    """Each door in turn."""
    return DOORS[request.param]


@pytest.fixture
def ask(make: MakeList) -> Ask:
    """A list of bags of which everything may be asked."""
    return make(Bag, "name", **EVERYTHING)


@pytest.fixture
def bags(db: None) -> None:
    """Two bags with everything, and an empty one."""
    red, blue = Label.objects.create(name="red"), Label.objects.create(name="blue")
    noon = datetime.datetime(2024, 3, 10, 12, tzinfo=datetime.UTC)
    Bag.objects.create(
        name="ant",
        slug="x-ant",
        small=-1,
        big=2**62,
        positive=3,
        real=0.5,
        amount="9.90",
        flag=True,
        day=datetime.date(2024, 3, 10),
        instant=noon,
        clock=datetime.time(8, 30),
        span=datetime.timedelta(days=1),
        token=TOKEN,
        level=1,
        label=red,
    )
    Bag.objects.create(
        name="bee, or wasp",
        slug="hive",
        small=7,
        big=5,
        positive=0,
        real=2.5,
        amount="10.00",
        flag=False,
        day=datetime.date(2025, 1, 1),
        instant=noon + datetime.timedelta(days=297),
        clock=datetime.time(9),
        span=datetime.timedelta(hours=1),
        token=uuid.uuid4(),
        level=2,
        label=blue,
    )
    Bag.objects.create(name="empty")


def names(answer: tuple[int, Any]) -> set[str]:
    """The first words of the names that a list answers."""
    status, body = answer
    assert status == 200, body
    return {item["name"].split(",")[0] for item in body}


ALL = {"ant", "bee", "empty"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("nobody=knows", ALL),
        ("small=", ALL),
        ("name=ant", {"ant"}),
        ("name=ANT", set()),
        ("name__in=ant,empty", {"ant", "empty"}),
        ("name__icontains=EE", {"bee"}),
        ("name__startswith=e", {"empty"}),
        ("small=7", {"bee"}),
        ("small=7&small=-1", {"ant"}),
        ("small__gte=-1&small__lt=7", {"ant"}),
        ("small__in=7,-1", {"ant", "bee"}),
        ("small__range=0,9", {"bee"}),
        ("small__isnull=true", {"empty"}),
        ("small__isnull=0", {"ant", "bee"}),
        ("big__gt=5", {"ant"}),
        ("positive__gte=1", {"ant"}),
        ("real=0.5", {"ant"}),
        ("real__lte=1e0", {"ant"}),
        ("amount=9.9", {"ant"}),
        ("amount=9.900", {"ant"}),
        ("amount__gte=9.91", {"bee"}),
        ("amount__in=10,9.90", {"ant", "bee"}),
        ("flag=true", {"ant"}),
        ("flag=No", {"bee"}),
        ("day=2024-03-10", {"ant"}),
        ("day__gte=2024-03-11", {"bee"}),
        ("day__year=2025", {"bee"}),
        ("day__year__gt=2024", {"bee"}),
        ("instant=2024-03-10T14:00:00%2B02:00", {"ant"}),
        ("instant__lt=2024-03-10T12:00:01Z", {"ant"}),
        ("instant__date=2024-03-10", {"ant"}),
        ("clock=08:30:00", {"ant"}),
        ("span__gte=P1D", {"ant"}),
        (f"token={TOKEN}", {"ant"}),
        (f"token__in={TOKEN},{uuid.UUID(int=1)}", {"ant"}),
        ("level=2", {"bee"}),
        ("level__in=1,2", {"ant", "bee"}),
        ("label=red", {"ant"}),
        ("label=nobody", set()),
        ("label__in=red,blue", {"ant", "bee"}),
        ("label__isnull=yes", {"empty"}),
        ("label__name__icontains=LU", {"bee"}),
        ("search=bee", {"bee"}),
        ("search=BEE wasp", {"bee"}),
        ("search=bee,wasp", {"bee"}),
        ('search="or wasp"', {"bee"}),
        ('search="wasp or"', set()),
        ("search=hive", {"bee"}),
        ("search=ive", set()),
        ("search=red ant", {"ant"}),
        ("search=ant hive", set()),
        ("search=%", set()),
        ("search=_", set()),
        ("search=  ,, ", ALL),
        ('search="', ALL),
        ("day_after=2024-03-10&day_before=2024-12-31", {"ant"}),
        ("day_after=2025-01-01", {"bee"}),
        ("instant_before=2024-03-10", {"ant"}),
        ("instant_before=2024-03-10T11:59:59Z", set()),
        ("instant_after=2024-03-11", {"bee"}),
    ],
)
@pytest.mark.row("B15", "V14")
@pytest.mark.usefixtures("bags")
def test_what_is_found(ask: Ask, query: str, found: set[str]) -> None:
    """Each question finds the rows that it asks for, empty and unknown parameters ask nothing."""
    assert names(ask(query.replace(" ", "+"))) == found


LONG = "9" * 5000

NO_ORDERING = (
    '"-nonsense" is not a valid choice. Choose from name, small, amount, with a minus in front for the other direction.'
)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("small", "x", "A valid integer is required."),
        ("small", "1.0", "A valid integer is required."),
        ("small", "٣", "A valid integer is required."),
        ("small", "32768", "This is out of range."),
        ("small", LONG, "This is out of range."),
        ("small__in", "1,x,70000", ["A valid integer is required.", "This is out of range."]),
        ("small__in", "1,", "A valid integer is required."),
        ("small__in", ",".join("1" * 101), "No more than 100 items are taken at once."),
        ("small__range", "1", "Two values are required, separated by a comma."),
        ("small__isnull", "maybe", "Must be a valid boolean."),
        ("big", str(2**63), "This is out of range."),
        ("positive__gte", "-1", "This is out of range."),
        ("positive__gte", LONG, "This is out of range."),
        ("real", "nan", "A valid number is required."),
        ("real", "1e999", "A valid number is required."),
        ("amount", "1e3", "A valid number is required."),
        ("amount", "9.999", "Ensure that there are no more than 2 decimal places."),
        ("amount__gte", "12345", "Ensure that there are no more than 4 digits before the decimal point."),
        ("flag", "perhaps", "Must be a valid boolean."),
        ("flag", "50%", "Must be a valid boolean."),
        ("day", "2024-02-30", "Enter a date as YYYY-MM-DD."),
        ("day", "12345", "Enter a date as YYYY-MM-DD."),
        ("day__year", "0", "This is out of range."),
        ("day__year__gt", "10000", "This is out of range."),
        ("instant", "2024-01-01", "Enter a date and time as ISO 8601 has it."),
        ("instant", "0001-01-01T00:00:00+14:00", "This is out of range."),
        ("instant__year", "9999", "This is out of range."),
        ("clock", "8", "Enter a time as HH:MM:SS."),
        ("clock", "08:30:00Z", "A time of day has no time zone here."),
        ("span__gte", "5", "Enter a duration as ISO 8601 has it, such as P1DT2H."),
        ("token", "x", "Must be a valid UUID."),
        ("level", "3", '"3" is not a valid choice.'),
        ("level", "%s", "A valid integer is required."),
        ("name", "a\x00", "Null characters are not allowed."),
        ("name", "a" * 1001, "Ensure this field has no more than 1000 characters."),
        ("label", "\x00", "Null characters are not allowed."),
        ("key", "1", "Must be a valid UUID."),
        ("search", "\x00", "Null characters are not allowed."),
        ("search", "a" * 201, "Ensure this field has no more than 200 characters."),
        ("day_after", "soon", "Enter a date as YYYY-MM-DD."),
        ("instant_before", "soon", "Enter a date as YYYY-MM-DD, or a date and time as ISO 8601 has it."),
        ("instant_before", "9999-12-31", "This is out of range."),
        ("instant_after", "2024-01-01T25:00:00", "Enter a date and time as ISO 8601 has it."),
        (
            "ordering",
            "-nonsense",
            NO_ORDERING,
        ),
    ],
)
def test_bad_value_is_named(ask: Ask, name: str, value: str, words: str | list[str]) -> None:
    """A value that no row can have is invalid input under the parameter's name, in the same words in both doors."""
    status, body = ask({name: value})
    assert (status, body["error"]["code"]) == (400, "validation_error")
    assert body["error"]["details"] == {name: [words] if isinstance(words, str) else words}


def test_all_faults_of_filters_are_told_at_once(ask: Ask) -> None:
    """Three bad filters are three faults."""
    status, body = ask("small=x&flag=x&token=x&name=fine")
    assert status == 400
    assert set(body["error"]["details"]) == {"small", "flag", "token"}


def ordered(ask: Ask, query: str) -> list[str]:
    """The first letters of the names, in the order of the list."""
    return [item["name"][0] for item in ask(query)[1]]


@pytest.mark.row("B15", "V14")
@pytest.mark.usefixtures("bags")
def test_ordering(ask: Ask) -> None:
    """A list is ordered by several columns at will, each in its direction; the first mention of a column counts."""
    assert ordered(ask, "ordering=name") == ["a", "b", "e"]
    assert ordered(ask, "ordering=-name") == ["e", "b", "a"]
    assert ordered(ask, "small__isnull=false&ordering=-small") == ["b", "a"]
    assert ordered(ask, "small__isnull=false&ordering=amount,-name,-amount") == ["a", "b"]
    assert ordered(ask, "ordering=,-name,") == ["e", "b", "a"]


@pytest.mark.usefixtures("bags")
def test_default_ordering(make: MakeList) -> None:
    """Where the client does not say, the class does; a class that offers nothing else takes no other order."""
    fixed = make(Bag, "name", ordering=["-name"])
    assert ordered(fixed, "") == ordered(fixed, "ordering=name") == ["e", "b", "a"]
    offered = make(Bag, "name", ordering="-name", ordering_fields=["name"])
    assert ordered(offered, "") == ["e", "b", "a"]
    assert ordered(offered, "ordering=name") == ["a", "b", "e"]


def test_equal_rows_stand_in_the_order_of_their_keys(make: MakeList) -> None:
    """What is ordered by is decided by the key between equals, so that pages don't overlap."""
    made = [Task.objects.create(title="same", code=str(number), owner_id=str(number)) for number in range(9)]
    ask = make(Task, "code", ordering_fields=["title"])
    assert [item["code"] for item in ask("ordering=title")[1]] == [task.code for task in made]
    assert [item["code"] for item in ask("ordering=-title")[1]] == [task.code for task in reversed(made)]


@pytest.fixture
def watched(db: None) -> list[Label]:
    """A task that three labels watch, beside one that one of them does."""
    labels = [Label.objects.create(name=name) for name in ("space", "classic", "sale")]
    Task.objects.create(title="first", code="A", label=labels[0]).watchers.set(labels)
    Task.objects.create(title="second", code="B", effort=7).watchers.set(labels[2:])
    return labels


def codes(answer: tuple[int, Any]) -> list[str]:
    """The codes of the tasks answered, sorted, none left out."""
    assert answer[0] == 200, answer
    return sorted(item["code"] for item in answer[1])


def test_relations_to_many_give_no_row_twice(make: MakeList, watched: list[Label]) -> None:
    """A task that three labels watch is one task, whether they are filtered by, searched, or both."""
    ask = make(
        Task,
        "code",
        filterset_fields={"watchers": ["exact", "in", "isnull"], "watchers__name": ["icontains"], "label": ["exact"]},
        search_fields=["title", "watchers__name"],
    )
    space, _, sale = (label.pk for label in watched)
    assert codes(ask(f"watchers={space}")) == ["A"]
    assert codes(ask(f"watchers__in={space},{sale}")) == ["A", "B"]
    assert codes(ask("watchers__isnull=false")) == ["A", "B"]
    assert codes(ask("watchers__name__icontains=a")) == ["A", "B"]
    assert codes(ask("search=a")) == ["A", "B"]
    assert codes(ask("search=space+classic")) == ["A"]
    assert codes(ask("search=second+sale")) == ["B"]
    assert codes(ask(f"search=sale&watchers={space}&label={space}")) == ["A"]
    assert ask("watchers=x")[1]["error"]["details"] == {"watchers": ["A valid integer is required."]}
    assert codes(ask("watchers=999999999")) == []


def test_a_list_of_fields_asks_for_equality(make: MakeList, watched: list[Label]) -> None:
    """A plain list of names filters by equal values."""
    ask = make(Task, "code", filterset_fields=["state", "effort", "label__name"])
    assert codes(ask("effort=7&state=open")) == ["B"]
    assert codes(ask("label__name=space")) == ["A"]
    assert ask("state=lost")[1]["error"]["details"] == {"state": ['"lost" is not a valid choice.']}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo"])
def test_a_day_is_a_day_of_the_current_time_zone(make: MakeList, zone: str) -> None:
    """Of a column of instants a date means the whole day where the client is, on days that are shorter too."""
    ask = make(Bag, "name", date_range_fields=["instant"])
    with timezone.override(zone):
        for day in (datetime.date(2024, 3, 31), datetime.date(2018, 11, 4)):  # clocks went forward, here or there
            Bag.objects.all().delete()
            begin = datetime.datetime.combine(day, datetime.time.min, timezone.get_current_timezone())
            begin = begin.astimezone(datetime.UTC)
            after = datetime.datetime.combine(
                day + datetime.timedelta(days=1), datetime.time.min, timezone.get_current_timezone()
            ).astimezone(datetime.UTC)
            least = datetime.timedelta(microseconds=1)
            for name, instant in (("out", begin - least), ("first", begin), ("last", after - least), ("late", after)):
                Bag.objects.create(name=name, instant=instant)
            assert names(ask(f"instant_after={day}&instant_before={day}")) == {"first", "last"}


PARAMETERS = [
    *(
        name if lookup == "exact" else f"{name}__{lookup}"
        for name, lookups in EVERYTHING["filterset_fields"].items()
        for lookup in lookups
    ),
    "day_after",
    "day_before",
    "instant_after",
    "instant_before",
    "search",
    "ordering",
]

VALUES = (
    st.text(max_size=40)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.decimals().map(str)
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda value: value.isoformat())
    | st.dates().map(str)
    | st.times().map(str)
    | st.uuids().map(str)
    | st.lists(st.integers().map(str) | st.text(max_size=5), max_size=9).map(",".join)
    | st.lists(st.sampled_from(["name", "-name", "small", "-amount", "pk"]), max_size=5).map(",".join)
    | st.sampled_from(["true", "off", "P9999999999D", "-P1D", "0", "-0", "null", '"', "'", "\\", "%", "_", "\x00"])
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.usefixtures("bags")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.lists(st.tuples(st.sampled_from(PARAMETERS), VALUES), max_size=4))
def test_no_query_is_an_error_of_the_server(door: str, query: list[tuple[str, str]]) -> None:
    """Whatever is asked is found, or refused as invalid under names that were asked."""
    asked = [(name, value.encode("utf-8", "replace").decode()) for name, value in query]
    status, body = DOORS[door](Bag, "name", **EVERYTHING)(dict(asked))
    assert status in (200, 400), body
    if status == 400:
        assert set(body["error"]["details"]) <= {name for name, _ in asked}
