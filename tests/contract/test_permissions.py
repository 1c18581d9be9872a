"""Who may do which action, through both doors: declared for each, and by ``@check_permissions`` in one's own."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.decorators import action as drf_action
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication

from ironbolt.bolt import action as bolt_action
from ironbolt.bolt import check_permissions as bolt_check
from ironbolt.bolt import guards, override
from ironbolt.bolt.views import CreateMixin, DestroyMixin
from ironbolt.drf.permissions import check_permissions as drf_check
from tests.contract import bulk
from tests.contract.newsroom import DOORS, Call, person
from tests.newsroom.models import Article, Section
from tests.project.models import Task

pytestmark = [pytest.mark.django_db, pytest.mark.row("V15")]


class Words(msgspec.Struct, frozen=True):
    """What a door calls things."""

    login: Any
    staff: Any
    check: Any
    action: Any
    answer: Callable[[Any], Any]
    of_class: Callable[..., dict[str, Any]]


WORDS = {
    "drf": Words(
        IsAuthenticated, IsAdminUser, drf_check, drf_action, Response, lambda *asked: {"permission_classes": asked}
    ),
    "bolt": Words(
        guards.IsAuthenticated(),
        guards.IsStaff(),
        bolt_check,
        bolt_action,
        lambda body: body,
        lambda *asked: {"guards": list(asked)},
    ),
}


@pytest.fixture(params=[*WORDS])
def door(request: pytest.FixtureRequest) -> str:
    """Each door in turn."""
    name: str = request.param
    return name


@pytest.fixture
def words(door: str) -> Words:
    """Its words."""
    return WORDS[door]


@pytest.fixture
def article() -> Article:
    """An article."""
    return Article.objects.create(section=Section.objects.create(name="Culture", slug="culture"), title="Iliad")


def shelved(door: str, decorate: Callable[[Any], Any], **attributes: Any) -> Call:
    """Articles with an action of their own, made by ``decorate`` of its function."""

    def shelve(self: Any, request: Any, pk: Any = None) -> Any:
        Article.objects.filter(pk=pk).update(author="shelf")
        return WORDS[door].answer({"shelved": True})

    return DOORS[door](shelve=decorate(shelve), **attributes)


def both(outer: Any, inner: Any) -> Callable[[Any], Any]:
    """One decorator above another."""
    return lambda function: outer(inner(function))


def asking(words: Words, *asked: Any) -> Callable[[Any], Any]:
    """What makes an action that asks for these."""
    return both(words.action(methods=["post"], detail=True), words.check(*asked))


def statuses(call: Call, article: Article) -> list[int]:
    """What nobody, somebody and staff get."""
    callers = (None, person("ann"), person(is_staff=True))
    return [call("POST", f"{article.pk}/shelve", user=user)[0] for user in callers]


LOGIN, STAFF = [401, 200, 200], [401, 403, 200]


def test_decorated_action_asks(door: str, words: Words, article: Article) -> None:
    """Nobody gets 401, the wrong one 403, on either side of the mark of an action; other actions stay open."""
    mark = words.action(methods=["post"], detail=True)
    for asked, expected in ((words.login, LOGIN), (words.staff, STAFF)):
        ask = words.check(asked)
        below, above = shelved(door, both(mark, ask)), shelved(door, both(ask, mark))
        assert statuses(below, article) == statuses(above, article) == expected
        assert below("GET", article.pk)[0] == 200


def test_refusal_is_told_as_any_other(door: str, words: Words, article: Article) -> None:
    """In the envelope, and nothing of the body has run."""
    call = shelved(door, asking(words, words.staff))
    status, body = call("POST", f"{article.pk}/shelve")
    assert (status, body["error"]["code"]) == (401, "authentication_error")
    status, body = call("POST", f"{article.pk}/shelve", user=person("ann"))
    assert (status, body["error"]["code"], body["error"]["details"]) == (403, "permission_denied", {})
    article.refresh_from_db()
    assert article.author == ""


def test_it_stands_beside_those_of_the_class(door: str, words: Words, article: Article) -> None:
    """Both are asked, whichever is the stricter."""
    strict = shelved(door, asking(words, words.login), **words.of_class(words.staff))
    assert statuses(strict, article) == STAFF
    open_to_all = shelved(door, asking(words, words.staff), **words.of_class())
    assert statuses(open_to_all, article) == STAFF


def test_alternatives_and_several(door: str, words: Words, article: Article) -> None:
    """``|`` asks for one; ``&``, several arguments and several decorators ask for all."""
    login, staff = words.login, words.staff
    assert statuses(shelved(door, asking(words, login | staff)), article) == LOGIN
    assert statuses(shelved(door, asking(words, login & staff)), article) == STAFF
    assert statuses(shelved(door, asking(words, login, staff)), article) == STAFF
    for first, second in ((login, staff), (staff, login)):
        call = shelved(door, both(asking(words, first), words.check(second)))
        assert statuses(call, article) == STAFF


def test_permission_of_djangos_is_asked_of_the_user(door: str, words: Words, article: Article) -> None:
    """By its name, as it is in the database now, whatever the token says."""
    logins = {"authentication_classes": (JWTAuthentication,)} if door == "drf" else {}
    call = shelved(door, asking(words, "newsroom.change_article"), **logins)
    assert statuses(call, article) == [401, 403, 403]
    permission = Permission.objects.get(codename="change_article", content_type__app_label="newsroom")
    User.objects.get(username="ann").user_permissions.add(permission)
    assert statuses(call, article) == [401, 200, 403]


def singles(door: str) -> dict[str, Any]:
    """``create`` and ``destroy`` of a view set, for those alone who are known."""
    if door == "bolt":
        ask = bolt_check(guards.IsAuthenticated)
        return {"create": ask(CreateMixin.create), "destroy": ask(DestroyMixin.destroy)}

    def create(self: Any, *args: Any, **kwargs: Any) -> Any:
        return super(type(self), self).create(*args, **kwargs)

    def destroy(self: Any, *args: Any, **kwargs: Any) -> Any:
        return super(type(self), self).destroy(*args, **kwargs)

    return {function.__name__: drf_check(IsAuthenticated)(function) for function in (create, destroy)}


def test_what_may_not_be_done_singly_may_not_be_done_in_bulk(door: str) -> None:
    """Bulk actions ask what their decorated single actions ask, and arrays to the collection do."""
    call = bulk.DOORS[door](**singles(door))
    task = {"title": "a", "code": "a"}
    for address, body in (("/bulk_create", [task]), ("", [task]), ("", task)):
        assert call("POST", address, json=body)[0] == 401
    assert not Task.objects.exists()
    assert call("POST", "/bulk_create", json=[task], user="1")[0] == 201
    keys = {"ids": [Task.objects.get().pk]}
    assert call("DELETE", "/bulk_delete", json=keys)[0] == 401
    assert Task.objects.exists()
    assert call("DELETE", "/bulk_delete", json=keys, user="1")[0] == 200
    assert not Task.objects.exists()


def by_action(self: Any) -> list[Any]:
    """Reading is for all, creating for those who are known, the rest for staff."""
    if self.action in ("list", "retrieve"):
        return [AllowAny()]
    return [IsAuthenticated()] if self.action == "create" else [IsAuthenticated(), IsAdminUser()]


def test_permissions_are_declared_for_each_action(door: str, article: Article) -> None:
    """By ``get_permissions`` with the action in the one door, by ``override`` in the other: the same answers."""
    own: dict[str, dict[str, Any]] = {
        "drf": {"get_permissions": by_action},
        "bolt": {
            "create": override(guards=[guards.IsAuthenticated()])(CreateMixin.create),
            "destroy": override(guards=[guards.IsStaff()])(DestroyMixin.destroy),
        },
    }
    call = DOORS[door](**own[door])
    ann, staff = person("ann"), person(is_staff=True)
    new = {"title": "Odyssey", "section_id": article.section_id}
    assert [call("GET", path)[0] for path in ("", article.pk)] == [200, 200]
    assert [call("POST", json=new, user=user)[0] for user in (None, ann)] == [401, 201]
    assert [call("DELETE", article.pk, user=user)[0] for user in (None, ann)] == [401, 403]
    assert call("DELETE", article.pk, user=staff)[0] in (200, 204)
