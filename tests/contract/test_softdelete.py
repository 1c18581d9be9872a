"""Soft delete through both doors: what is deleted is nowhere but in the trash, and comes back from there."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.permissions import BasePermission, IsAdminUser

from ironbolt.bolt.auth import IsStaff
from ironbolt.core import scope
from tests.contract.newsroom import DOORS, MIXINS, VIEWS, Call, person, through_bolt
from tests.newsroom.models import Article, Citation, Draft, Page, Paragraph, Section, Tag

pytestmark = pytest.mark.django_db

OWN = scope.Scope(("author",), lambda context: (context.user_id,))


@pytest.fixture(params=DOORS)
def through(request: pytest.FixtureRequest) -> Any:
    """Each door in turn."""
    return DOORS[request.param]


@pytest.fixture
def call(through: Any) -> Call:
    """Its articles."""
    door: Call = through()
    return door


@pytest.fixture
def staff() -> User:
    """Somebody of the staff."""
    return person(is_staff=True)


@pytest.fixture
def section() -> Section:
    """Where articles stand."""
    return Section.objects.create(name="Culture", slug="culture")


@pytest.fixture
def article(section: Section) -> Article:
    """An article with a paragraph, beside another one."""
    Article.objects.create(section=section, title="Odyssey", author="ann")
    article = Article.objects.create(section=section, title="Iliad", slug="iliad", author="bob")
    Paragraph.objects.create(article=article, text="Sing")
    return article


def titles(answer: tuple[int, Any]) -> list[str]:
    """What is on a page."""
    status, page = answer
    assert status == 200, page
    return [one["title"] for one in page["results"]]


@pytest.mark.row("V10")
def test_delete_marks_with_who_did_it(call: Call, article: Article, staff: User) -> None:
    """The answer is that of any deletion; the row stays, with all that went along."""
    assert call("DELETE", article.pk, user=staff) in ((204, None), (200, {"deleted": True}))
    stored = Article.all_objects.get(pk=article.pk)
    assert (stored.is_deleted, stored.deleted_by) == (True, staff)
    assert Paragraph.all_objects.get().deleted_at == stored.deleted_at


@pytest.mark.row("V10")
def test_what_is_deleted_is_nowhere(call: Call, article: Article, staff: User) -> None:
    """Not in the list, not in the detail, not for a write or a second deletion."""
    call("DELETE", article.pk, user=staff)
    assert titles(call("GET")) == ["Odyssey"]
    assert titles(call("GET", "published")) == []
    for method, path, options in (
        ("GET", "", {}),
        ("PATCH", "", {"json": {"title": "x"}}),
        ("PUT", "", {"json": {"title": "x", "section_id": 1}}),
        ("DELETE", "", {}),
        ("POST", "/publish", {}),
        ("POST", "/rate", {"json": {"rating": 4}}),
    ):
        status, body = call(method, f"{article.pk}{path}", user=staff, **options)
        assert (status, body["error"]["code"]) == (404, "not_found"), (method, path)


@pytest.mark.row("V10")
def test_the_trash_is_a_list_like_any(call: Call, article: Article, staff: User, section: Section) -> None:
    """With filters, order and pages, and only of what is deleted."""
    for title in ("b", "a"):
        Article.objects.create(section=section, title=title, author="cy").delete()
    article.delete()
    assert sorted(titles(call("GET", "deleted", user=staff))) == ["Iliad", "a", "b"]
    assert titles(call("GET", "deleted?author=cy&ordering=title", user=staff)) == ["a", "b"]
    status, page = call("GET", "deleted?page_size=1&page=2&ordering=title", user=staff)
    assert (status, page["count"], [one["title"] for one in page["results"]]) == (200, 3, ["a"])
    assert page["next"]
    assert call("GET", "deleted?page=99", user=staff)[0] == 404
    assert call("GET", "deleted?page=x", user=staff)[0] == 400


@pytest.mark.row("V10", "M13")
def test_only_staff_sees_the_trash_and_restores(call: Call, article: Article) -> None:
    """Nobody in particular is asked who they are, anybody else is refused."""
    article.delete()
    for method, path, options in (
        ("GET", "deleted", {}),
        ("POST", f"{article.pk}/restore", {}),
        ("POST", "bulk_restore", {"json": {"ids": [article.pk]}}),
    ):
        status, body = call(method, path, **options)
        assert (status, body["error"]["code"]) == (401, "authentication_error"), path
        status, body = call(method, path, user=person("customer"), **options)
        assert (status, body["error"]["code"]) == (403, "permission_denied"), path
    assert Article.all_objects.get(pk=article.pk).is_deleted


@pytest.mark.parametrize(
    ("trash", "one", "may"),
    [("nobody", "staff", False), ("staff", "nobody", False), ("nobody", "nobody", True), ("staff", "staff", False)],
)
def test_who_restores_many_may_see_the_trash_and_restore_one(
    through: Any, article: Article, trash: str, one: str, may: bool
) -> None:
    """To open the trash to readers opens no restoration, nor the other way round."""
    article.delete()
    asked: dict[str, Any] = {"nobody": (), "staff": (IsStaff(),) if through is through_bolt else (IsAdminUser,)}
    word = "guards" if through is through_bolt else "permission_classes"
    call = through(**{f"trash_{word}": asked[trash], f"restore_{word}": asked[one]})
    body = {"ids": [article.pk]}
    assert call("POST", "bulk_restore", user=person("customer"), json=body)[0] == (200 if may else 403)
    assert Article.all_objects.get(pk=article.pk).is_deleted is not may
    status = call("POST", "bulk_restore", user=person(is_staff=True), json=body)[0]
    assert status == 200
    assert not Article.all_objects.get(pk=article.pk).is_deleted


@pytest.mark.row("V10")
def test_restore_brings_back_what_went_along(call: Call, article: Article, staff: User) -> None:
    """The answer is the object as it is shown."""
    shown = call("GET", article.pk)
    call("DELETE", article.pk, user=staff)
    assert call("POST", f"{article.pk}/restore", user=staff) == shown
    assert call("GET", article.pk) == shown
    assert Paragraph.objects.get().article == article
    assert Article.objects.get(pk=article.pk).deleted_by is None


@pytest.mark.parametrize("key", ["alive", "missing", "nonsense"])
def test_what_is_not_in_the_trash_is_not_restored(call: Call, article: Article, staff: User, key: str) -> None:
    """What is alive is as little there as what never was."""
    path = {"alive": str(article.pk), "missing": "99999999", "nonsense": "x"}[key]
    status, body = call("POST", f"{path}/restore", user=staff)
    assert (status, body["error"]["code"]) == (404, "not_found")


@pytest.mark.row("V10")
def test_bulk_restore_tells_what_it_did_not_find(call: Call, article: Article, staff: User, section: Section) -> None:
    """In the order in which the keys came, each once; what is alive counts as not found."""
    other = Article.objects.create(section=section, title="other")
    for one in (article, other):
        one.delete()
    alive = Article.objects.get(title="Odyssey").pk
    ids = [other.pk, 0, article.pk, alive, other.pk, 10**12, -1, 10**30]
    assert call("POST", "bulk_restore", user=staff, json={"ids": ids}) == (
        200,
        {"restored": [other.pk, article.pk], "not_found": [0, alive, 10**12, -1, 10**30]},
    )
    assert Article.objects.count() == 3


@pytest.mark.row("V10")
def test_bulk_restore_takes_the_same_number_of_queries(call: Call, staff: User, section: Section) -> None:
    """For three objects and for three hundred."""
    counts = []
    for number in (3, 300):
        made = [Article.objects.create(section=section, title=str(index)) for index in range(number)]
        Article.objects.filter(pk__in=[one.pk for one in made]).delete()
        with CaptureQueriesContext(connection) as queries:
            status, body = call("POST", "bulk_restore", user=staff, json={"ids": [one.pk for one in made]})
        assert (status, len(body["restored"])) == (200, number)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({}, {"ids": ["This field is required."]}),
        ({"ids": None}, {"ids": ["This field may not be null."]}),
        ({"ids": 1}, {"ids": ["Expected a list of items."]}),
        ({"ids": []}, {"ids": ["Send at least one item."]}),
        ({"ids": [1] * 1001}, {"ids": ["No more than 1000 items are taken at once."]}),
        (
            {"ids": [1, "x", None, True, 1.5, "2"]},
            {f"ids.{index}": ["A valid integer is required."] for index in (1, 2, 3, 4)},
        ),
    ],
)
def test_bad_keys_are_named(call: Call, staff: User, body: dict[str, Any], details: dict[str, list[str]]) -> None:
    """Each by its place in the list."""
    status, answer = call("POST", "bulk_restore", user=staff, json=body)
    assert (status, answer["error"]["code"], answer["error"]["details"]) == (400, "validation_error", details)


def test_a_body_that_is_no_object_is_refused(call: Call, staff: User) -> None:
    """A list of keys alone is none."""
    assert call("POST", "bulk_restore", user=staff, json=[1, 2])[0] == 400


def test_the_most_that_is_taken_can_be_set(through: Any, staff: User) -> None:
    """By an attribute of the class."""
    answer = through(max_restored=2)("POST", "bulk_restore", user=staff, json={"ids": [1, 2, 3]})
    assert answer[1]["error"]["details"] == {"ids": ["No more than 2 items are taken at once."]}


def test_bulk_restore_is_all_or_nothing(call: Call, staff: User, section: Section) -> None:
    """Where a value was taken meanwhile, its name is told, and nothing comes back."""
    ids = []
    for slug in ("free", "taken"):
        one = Article.objects.create(section=section, title=slug, slug=slug)
        ids.append(one.pk)
        one.delete()
    Article.objects.create(section=section, title="heir", slug="taken")
    status, body = call("POST", "bulk_restore", user=staff, json={"ids": ids})
    assert (status, body["error"]["code"]) == (409, "integrity_error")
    assert set(body["error"]["details"]) == {"section_id", "slug"}
    assert Article.objects.count() == 1


def test_what_belongs_to_something_deleted_waits(call: Call, article: Article, staff: User, section: Section) -> None:
    """An article of a deleted section is a conflict, in words."""
    section.delete()
    status, body = call("POST", f"{article.pk}/restore", user=staff)
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert "deleted" in body["error"]["message"]


def test_what_is_protected_is_refused(call: Call, article: Article, staff: User) -> None:
    """As a deletion for good would be."""
    Citation.objects.create(article=article)
    status, body = call("DELETE", article.pk, user=staff)
    assert (status, body["error"]["code"]) == (409, "protected_object")
    assert not Article.objects.get(pk=article.pk).is_deleted


def test_hooks_of_a_deletion_run(through: Any, article: Article, staff: User) -> None:
    """Before and after it is marked, and after the commit; what one raises undoes it."""
    seen: list[tuple[str, bool]] = []

    def noting(name: str) -> Any:
        return lambda view, instance: seen.append((name, instance.is_deleted))

    names = ("before_perform_destroy", "after_perform_destroy")
    through(**{name: noting(name) for name in names})("DELETE", article.pk, user=staff)
    assert seen == [("before_perform_destroy", False), ("after_perform_destroy", True)]

    def refuse(view: Any, instance: Any) -> None:
        raise PermissionDenied("Not this one.")

    other = Article.objects.get()
    assert through(after_perform_destroy=refuse)("DELETE", other.pk, user=staff)[0] == 403
    assert Article.objects.get() == other


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["{key}/restore", "bulk_restore"])
def test_hooks_of_a_restoration_run(through: Any, article: Article, staff: User, path: str) -> None:
    """Around it and after the commit, for one as for each of many."""
    seen: list[tuple[str, bool]] = []

    def noting(name: str) -> Any:
        return lambda view, instance: seen.append((name, instance.is_deleted))

    article.delete()
    names = [f"{place}_restore" for place in ("before_perform", "after_perform", "after_commit")]
    call = through(**{name: noting(name) for name in names})
    status, _ = call("POST", path.format(key=article.pk), user=staff, json={"ids": [article.pk]})
    assert status == 200
    assert seen == list(zip(names, (True, False, False), strict=True))


def test_a_hook_that_raises_undoes_a_restoration(through: Any, article: Article, staff: User) -> None:
    """Nothing comes back."""

    def refuse(view: Any, instance: Any) -> None:
        raise PermissionDenied("Not this one.")

    article.delete()
    call = through(after_perform_restore=refuse)
    assert call("POST", f"{article.pk}/restore", user=staff)[1]["error"]["message"] == "Not this one."
    assert Article.all_objects.get(pk=article.pk).is_deleted
    assert Paragraph.all_objects.get().is_deleted


def test_an_action_that_is_handled_early_keeps_its_work(through: Any, article: Article, staff: User) -> None:
    """The guide's soft delete in a hook: raising undoes it, ``self.handled`` ends the action and keeps it."""

    def raising(view: Any, instance: Any) -> None:
        instance.soft_delete()
        raise PermissionDenied("Object marked as deleted")

    def handling(view: Any, instance: Any) -> None:
        instance.soft_delete()
        view.handled(view.success_response(message="Archived"))

    def failing(view: Any, instance: Any) -> None:
        instance.soft_delete()
        view.handled(view.success_response(message="Or not", status_code=409))

    def alive() -> bool:
        return Article.objects.filter(pk=article.pk).exists()

    assert through(before_perform_destroy=raising)("DELETE", article.pk, user=staff)[0] == 403
    assert alive()
    assert through(before_perform_destroy=failing)("DELETE", article.pk, user=staff)[0] == 409
    assert alive()
    assert through(before_perform_destroy=handling)("DELETE", article.pk, user=staff) == (
        200,
        {"message": "Archived", "data": None},
    )
    assert not alive()


def test_the_trash_keeps_to_the_scope(through: Any, section: Section, staff: User) -> None:
    """Whoever may not see a row alive does not see it dead."""
    for author in (str(staff.pk), "other"):
        Article.objects.create(section=section, title=author, author=author).delete()
    theirs = Article.all_objects.get(author="other")
    call = through(scope=OWN)
    assert titles(call("GET", "deleted", user=staff)) == [str(staff.pk)]
    assert call("POST", f"{theirs.pk}/restore", user=staff)[0] == 404
    assert call("POST", "bulk_restore", user=staff, json={"ids": [theirs.pk]})[1]["restored"] == []


def test_rows_of_ones_own_are_hidden_and_found_in_the_trash(through: Any, article: Article, staff: User) -> None:
    """A ``get_queryset`` that shows everything does not show the deleted, and one that narrows narrows the trash."""

    def everything(view: Any) -> Any:
        return Article.all_objects.all()

    def by_bob(view: Any) -> Any:
        return Article.objects.filter(author="bob")

    Article.objects.create(section=article.section, title="third").delete()
    article.delete()
    call = through(get_queryset=everything)
    assert titles(call("GET")) == ["Odyssey"]
    assert call("GET", article.pk)[0] == 404
    assert sorted(titles(call("GET", "deleted", user=staff))) == ["Iliad", "third"]
    call = through(get_queryset=by_bob)
    assert titles(call("GET", "deleted", user=staff)) == ["Iliad"]
    assert call("POST", f"{article.pk}/restore", user=staff)[0] == 200


def test_a_model_of_ones_own_is_hidden_without_a_manager(through: Any, staff: User) -> None:
    """Two columns are enough, with keys that are no numbers."""
    kept, lost = Page.objects.create(title="kept"), Page.objects.create(title="lost")
    call = _pages(through)
    assert call("DELETE", lost.pk, user=staff)[0] in (200, 204)
    assert titles(call("GET")) == ["kept"]
    assert titles(call("GET", "deleted", user=staff)) == ["lost"]
    ids = [str(lost.pk), str(kept.pk)]
    assert call("POST", "bulk_restore", user=staff, json={"ids": ids}) == (
        200,
        {"restored": ids[:1], "not_found": ids[1:]},
    )
    status, body = call("POST", "bulk_restore", user=staff, json={"ids": [1, "x"]})
    assert (status, set(body["error"]["details"])) == (400, {"ids.0", "ids.1"})


def _pages(through: Any) -> Call:
    import msgspec

    from ironbolt.bolt import views as bolt
    from ironbolt.bolt.auth import JWTAuthentication
    from ironbolt.bolt.pagination import PageNumberPagination
    from ironbolt.drf.serializers import AppModelSerializer
    from ironbolt.drf.softdelete import SoftDeleteViewSet
    from tests.contract.newsroom import DRFArticles, through_bolt

    if through is through_bolt:
        struct = msgspec.defstruct("PageOut", [("id", Any), ("title", str)])
        rows: dict[str, Any] = {"queryset": Page.objects.all(), "serializer_class": struct}
        rows |= {"pagination_class": PageNumberPagination, "auth": [JWTAuthentication()]}
        call: Call = through(bolt.SoftDeleteViewSet, **rows, guards=[])
        return call
    meta = type("Meta", (), {"model": Page, "fields": ("id", "title")})
    serializer = type("PageSerializer", (AppModelSerializer,), {"Meta": meta})
    own = {name: getattr(DRFArticles, name) for name in ("authentication_classes", "permission_classes")}
    own["pagination_class"] = DRFArticles.pagination_class
    call = through(SoftDeleteViewSet, queryset=Page.objects.all(), serializer_class=serializer, **own)
    return call  # noqa: RET504 - it has a type only by this name


def test_tables_beside_the_row_are_what_they_were(call: Call, article: Article, staff: User) -> None:
    """Tags come back with the article; a draft, which can't be marked, does not."""
    article.tags.add(Tag.objects.create(name="epic"))
    Draft.objects.create(article=article)
    call("DELETE", article.pk, user=staff)
    call("POST", f"{article.pk}/restore", user=staff)
    assert article.tags.count() == 1
    assert not Draft.objects.exists()


@pytest.mark.row("M13")
@pytest.mark.parametrize("door", DOORS)
def test_any_view_deletes_such_a_model_softly(door: str, article: Article, staff: User) -> None:
    """Without a mixin too, with who did it: the model says so."""
    names = {
        "drf": ("queryset", "serializer_class", "authentication_classes", "permission_classes"),
        "bolt": ("queryset", "serializer_class", "create_serializer_class", "auth", "guards"),
    }[door]
    call = DOORS[door](MIXINS[door]["base"], **{name: getattr(VIEWS[door], name) for name in names})
    assert call("DELETE", article.pk, user=staff)[0] in (200, 204)
    assert Article.all_objects.get(pk=article.pk).deleted_by == staff
    assert call("GET", article.pk)[0] == 404


def test_what_a_model_adds_to_its_deletion_is_done(
    call: Call, article: Article, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``delete()`` of the model's own is called, whether or not it passes on who deletes."""

    def delete(self: Article) -> Any:
        Tag.objects.create(name=f"{self.title} was here")
        return super(Article, self).delete()

    monkeypatch.setattr(Article, "delete", delete)
    call("DELETE", article.pk, user=staff)
    assert Tag.objects.get().name == "Iliad was here"
    assert Article.all_objects.get(pk=article.pk).deleted_by == staff


class IsBob(BasePermission):
    """Whether an object is by Bob."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj.author == "bob")


def test_object_permissions_hold_in_the_trash(article: Article, staff: User) -> None:
    """Of the class of the DRF door, for one and for each of many."""
    call = DOORS["drf"](permission_classes=(IsBob,))
    other = Article.objects.get(title="Odyssey")
    for one in (article, other):
        one.delete()
    assert call("POST", f"{other.pk}/restore", user=staff)[0] == 403
    assert call("POST", "bulk_restore", user=staff, json={"ids": [article.pk, other.pk]})[0] == 403
    assert not Article.objects.exists()
    assert call("POST", f"{article.pk}/restore", user=staff)[0] == 200


def test_permissions_per_action_can_not_open_the_trash(article: Article) -> None:
    """The guide's ``get_permissions`` lets everybody in where it names no action; the trash stays closed."""
    from rest_framework.permissions import AllowAny

    call = DOORS["drf"](get_permissions=lambda view: [AllowAny()])
    article.delete()
    assert call("GET", "deleted")[0] == 401
    assert call("POST", f"{article.pk}/restore", user=person("customer"))[0] == 403


def test_restoring_can_be_left_to_the_permissions_of_the_class(article: Article) -> None:
    """An empty list asks nothing more."""
    article.delete()
    assert DOORS["drf"](restore_permission_classes=())("POST", f"{article.pk}/restore")[0] == 200
    article.delete()
    assert DOORS["bolt"](restore_guards=[])("POST", f"{article.pk}/restore")[0] == 200
