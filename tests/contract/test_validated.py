"""Requests and answers of one's own actions, validated by context managers, through both doors."""

import logging
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from rest_framework import serializers
from rest_framework.decorators import action as drf_action
from rest_framework.response import Response

from ironbolt.bolt import action as bolt_action
from tests.contract.newsroom import DOORS, Call
from tests.newsroom.models import Article, Section

pytestmark = [pytest.mark.django_db, pytest.mark.row("V19")]


class GradeIn(msgspec.Struct):
    """A grade as it is given."""

    grade: Annotated[int, msgspec.Meta(ge=1, le=5)]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=9)]


class GradeOut(msgspec.Struct):
    """A grade as it is told."""

    grade: Annotated[int, msgspec.Meta(ge=1, le=5)]
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=9)]
    by: str | None


class GradeSerializer(serializers.Serializer[Any]):
    """A grade as it is given, in the other door."""

    grade = serializers.IntegerField(min_value=1, max_value=5)
    words = serializers.CharField(max_length=9)


class GradedSerializer(GradeSerializer):
    """A grade as it is told."""

    by = serializers.CharField(allow_null=True)


TAKES = {"drf": GradeSerializer, "bolt": GradeIn}
GIVES = {"drf": GradedSerializer, "bolt": GradeOut}


@pytest.fixture(params=[*DOORS])
def door(request: pytest.FixtureRequest) -> str:
    """Each door in turn."""
    name: str = request.param
    return name


@pytest.fixture
def article() -> Article:
    """An article."""
    return Article.objects.create(section=Section.objects.create(name="Culture", slug="culture"), title="Iliad")


def graded(door: str, body: Any) -> Call:
    """Articles with an action of this body: it gets the view and answers data."""
    if door == "drf":

        def grade(self: Any, request: Any, pk: Any = None) -> Any:
            return Response(body(self))

        mark: Any = drf_action(methods=["post"], detail=True)(grade)
    else:

        def grade(self: Any, request: Any, pk: int, data: Any) -> Any:  # type: ignore[misc]  # the other door's
            return body(self)

        mark = bolt_action(methods=["POST"], detail=True)(grade)
    return DOORS[door](grade=mark)


def taking(door: str, seen: list[Any]) -> Any:
    """A body that takes a grade."""

    def body(view: Any) -> Any:
        with view.validated_request(TAKES[door]) as data:
            seen.append(data if isinstance(data, dict) else msgspec.structs.asdict(data))
        return {"fine": True}

    return body


def giving(door: str, value: Any, **options: Any) -> Any:
    """A body that answers a value."""

    def body(view: Any) -> Any:
        Article.objects.update(author="written")
        with view.validated_response(GIVES[door], **options) as answer:
            answer.data = value
        return answer.data

    return body


def test_valid_request_is_handed_over(door: str, article: Article) -> None:
    """As the schema reads it."""
    seen: list[Any] = []
    call = graded(door, taking(door, seen))
    assert call("POST", f"{article.pk}/grade", json={"grade": 3, "words": "fair", "more": 1}) == (200, {"fine": True})
    assert seen == [{"grade": 3, "words": "fair"}]


def test_invalid_request_is_a_400_that_names_every_field(door: str, article: Article) -> None:
    """And the block does not run."""
    seen: list[Any] = []
    call = graded(door, taking(door, seen))
    for sent, fields in (
        ({"grade": 9, "words": ""}, {"grade", "words"}),
        ({}, {"grade", "words"}),
        ({"grade": "x", "words": "fair"}, {"grade"}),
        ([], {"non_field_errors"}),
    ):
        status, body = call("POST", f"{article.pk}/grade", json=sent)
        assert (status, body["error"]["code"], set(body["error"]["details"])) == (400, "validation_error", fields)
    assert seen == []


GRADE = {"grade": 3, "words": "fair", "by": None}


def test_valid_answer_is_shown(door: str, article: Article) -> None:
    """What the schema declares, and no more."""
    call = graded(door, giving(door, {**GRADE, "secret": "x"}))
    assert call("POST", f"{article.pk}/grade", json={}) == (200, GRADE)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({**GRADE, "grade": 6}, "grade: "),
        ({**GRADE, "words": "far too long"}, "words: "),
        ({**GRADE, "grade": None}, "grade: "),
        ({"grade": 3}, ""),
        (7, ""),
        (None, ""),
    ],
    ids=["bound", "length", "null", "missing", "no object", "none at all"],
)
def test_invalid_answer_is_our_fault(
    door: str, article: Article, value: Any, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A 500 that says nothing, a log that names the action and the field."""
    caplog.set_level(logging.CRITICAL, "ironbolt.errors")
    status, body = graded(door, giving(door, value))("POST", f"{article.pk}/grade", json={})
    assert (status, body["error"]["code"], body["error"]["details"]) == (500, "server_error", {})
    assert not any(word in str(body) for word in ("grade", "words", "promised"))
    assert f"Articles.grade answers something else than it has promised: {field}" in caplog.text


def test_answer_that_was_never_set_is_our_fault(door: str, article: Article, caplog: pytest.LogCaptureFixture) -> None:
    """A promise of an answer is one; but who raises has said why."""

    def forgetting(view: Any) -> Any:
        with view.validated_response(GIVES[door]):
            pass
        return {}

    def refusing(view: Any) -> Any:
        with view.validated_response(GIVES[door]):
            raise PermissionError

    assert graded(door, forgetting)("POST", f"{article.pk}/grade", json={})[0] == 500
    assert "Nothing was answered" in caplog.text
    caplog.clear()
    assert graded(door, refusing)("POST", f"{article.pk}/grade", json={})[0] == 500
    assert "Nothing was answered" not in caplog.text


def test_answer_may_be_returned_from_within(door: str, article: Article) -> None:
    """It is checked as it is set, so both blocks may be one, and hold the return."""

    def body(view: Any) -> Any:
        with view.validated_request(TAKES[door]) as data, view.validated_response(GIVES[door]) as answer:
            answer.data = {**(data if isinstance(data, dict) else msgspec.structs.asdict(data)), "by": "ann"}
            return answer.data

    sent = {"grade": 5, "words": "good"}
    assert graded(door, body)("POST", f"{article.pk}/grade", json=sent) == (200, {**sent, "by": "ann"})


def test_faults_deep_within_are_named(door: str, article: Article, caplog: pytest.LogCaptureFixture) -> None:
    """By their dotted path, all of them."""

    class Report(msgspec.Struct):
        grades: list[GradeOut]

    class ReportSerializer(serializers.Serializer[Any]):
        grades = GradedSerializer(many=True)

    kind = ReportSerializer if door == "drf" else Report

    def body(view: Any) -> Any:
        with view.validated_response(kind) as answer:
            answer.data = {"grades": [GRADE, {**GRADE, "grade": 0, "words": "much too long"}]}
        return answer.data

    assert graded(door, body)("POST", f"{article.pk}/grade", json={})[0] == 500
    assert "grades.1.grade: " in caplog.text
    assert "grades.1.words: " in caplog.text
    assert "grades.0" not in caplog.text


def test_answer_is_not_there_before_it_is_set(door: str, article: Article) -> None:
    """Whoever reads it too early is told so, and the client is not."""

    def body(view: Any) -> Any:
        with view.validated_response(GIVES[door]) as answer:
            return answer.data

    assert graded(door, body)("POST", f"{article.pk}/grade", json={})[0] == 500


# --- what is of one door ---------------------------------------------------------------------------


def test_structs_and_rows_are_held_to_their_type(article: Article) -> None:
    """A Struct may hold what its fields forbid, as nobody checks an assignment; rows are read into theirs."""

    class Titled(msgspec.Struct):
        title: Annotated[str, msgspec.Meta(max_length=5)]

    def row(view: Any) -> Any:
        with view.validated_response(list[Titled]) as answer:
            answer.data = Article.objects.all()
        return answer.data

    assert graded("bolt", row)("POST", f"{article.pk}/grade", json={}) == (200, [{"title": "Iliad"}])
    Article.objects.update(title="Odyssey")
    assert graded("bolt", row)("POST", f"{article.pk}/grade", json={})[0] == 500
    wrong = giving("bolt", GradeOut(9, "fair", None))
    assert graded("bolt", wrong)("POST", f"{article.pk}/grade", json={})[0] == 500


def test_handler_without_a_body_is_told(article: Article, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has read one for it."""

    def grade(self: Any, request: Any, pk: int) -> Any:
        with self.validated_request(GradeIn):
            raise AssertionError

    call = DOORS["bolt"](grade=bolt_action(methods=["POST"], detail=True)(grade))
    status, body = call("POST", f"{article.pk}/grade", json={"grade": 1, "words": "x"})
    assert (status, body["error"]["code"]) == (500, "improperly_configured")
    assert "give it a parameter data: Any" in caplog.text


def test_models_are_shown_without_a_query_for_their_fields(article: Article, django_assert_num_queries: Any) -> None:
    """Unique columns and relations are not looked up: the row is there, of course."""

    class Shown(serializers.ModelSerializer[Article]):
        class Meta:
            model = Article
            fields = ("id", "title", "slug", "section", "created_at", "is_published", "average_rating")

    def body(view: Any) -> Any:
        with django_assert_num_queries(1), view.validated_response(Shown, many=True) as answer:
            answer.data = Article.objects.all()
        return answer.data

    status, (shown,) = graded("drf", body)("POST", f"{article.pk}/grade", json={})
    assert (status, shown["title"], shown["section"]) == (200, "Iliad", article.section_id)


def test_fields_that_only_show_are_left_alone(article: Article) -> None:
    """A method, a link, a file and a field without a way in are what they say."""

    class OneWay(serializers.Field[Any, Any, Any, Any]):
        def to_representation(self, value: Any) -> str:
            return f"<{value}>"

    class Shown(serializers.Serializer[Any]):
        title = OneWay()
        shout = serializers.SerializerMethodField()
        section = serializers.PrimaryKeyRelatedField(read_only=True)
        price = serializers.DecimalField(max_digits=4, decimal_places=2, source="pk")

        def get_shout(self, article: Article) -> str:
            return article.title.upper()

    def body(view: Any) -> Any:
        with view.validated_response(Shown) as answer:
            answer.data = article
        return answer.data

    row: Any = article
    row.pk = Decimal("1.50")
    status, shown = graded("drf", body)("POST", f"{article.section_id}/grade", json={})
    assert (status, shown) == (
        200,
        {"title": "<Iliad>", "shout": "ILIAD", "section": article.section_id, "price": "1.50"},
    )
