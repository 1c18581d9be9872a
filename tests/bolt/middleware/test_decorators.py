"""Tests of the decorators: they write down what goes on around a handler, and nothing else."""

import functools
import inspect
from itertools import permutations
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import BoltAPI, ModelViewSet
from ironbolt.bolt.middleware.decorators import (
    ATTRIBUTE,
    Around,
    Cors,
    RateLimit,
    cors,
    rate_limit,
    settle,
    skip_middleware,
)

pytestmark = pytest.mark.row("B19")

DECORATORS: list[Any] = [cors("https://shop.example"), rate_limit(5), skip_middleware("own")]


def handler(**around: Any) -> Any:
    """A handler of its own, under these decorators."""

    def answer() -> None:
        """Answer nothing."""

    for decorate in around.values():
        decorate(answer)
    return answer


class Registered:
    """What a registration inside a class leaves in the place of the function."""

    def __init__(self, fn: Any) -> None:
        self.fn = fn


@pytest.mark.parametrize("order", list(permutations(DECORATORS)), ids=lambda _: "")
def test_order_makes_no_difference(order: list[Any]) -> None:
    """Several decorators add up, in whatever order they stand, also around a registration."""
    api = BoltAPI()

    def answer() -> None:
        """Answer nothing."""

    async def wait() -> None:
        """Answer nothing, later."""

    for function in (answer, wait):
        first, second, third = order
        assert third(api.get("/" + function.__name__)(second(first(function)))) is function
        found = settle("x", function, known=["own"])
        assert (found.cors, found.rate_limit, found.skip) == (
            Cors(origins=["https://shop.example"]),
            RateLimit(5),
            frozenset({"own"}),
        )
    assert inspect.iscoroutinefunction(wait)


@pytest.mark.parametrize("decorator", DECORATORS, ids=["cors", "rate_limit", "skip_middleware"])
def test_same_decorator_twice_is_refused_at_start(decorator: Any) -> None:
    """Of two that say the same thing one would be ignored, and nobody could tell which."""
    function = handler(one=decorator)
    with pytest.raises(ImproperlyConfigured, match=r"answer has @.* twice"):
        decorator(function)


@pytest.mark.parametrize("wrap", [staticmethod, Registered], ids=["static", "registered"])
def test_what_a_registration_made_of_a_function_is_seen_through(wrap: Any) -> None:
    """Above a registration inside a class, a decorator still speaks of the function, and none is lost."""
    function = handler(limit=rate_limit(5))
    outer = cors("*")(wrap(function))
    for found in (settle("x", outer), settle("x", function)):
        assert (found.cors, found.rate_limit) == (Cors(origins="*"), RateLimit(5))
    with pytest.raises(ImproperlyConfigured, match="twice"):
        rate_limit(5)(outer)
    assert f"({id(function):x})" in settle("x", outer).limit_scope


def test_what_is_written_is_not_shared() -> None:
    """A wrapper that took over what its function says adds to its own copy."""
    inner = handler(limit=rate_limit(5))
    outer = functools.wraps(inner)(lambda: None)
    cors("*")(outer)
    assert settle("x", inner).cors is None
    assert settle("x", outer).rate_limit == RateLimit(5)


def test_class_speaks_for_its_handlers_and_the_api_for_all() -> None:
    """The nearest word counts: the handler's, then the class's, then the API's."""
    api = Around(cors=Cors(origins="*"), rate_limit=RateLimit(100))

    @rate_limit(10)
    class Base:
        @cors("https://shop.example")
        def get(self) -> None:
            """Answer nothing."""

        @rate_limit(1)
        def post(self) -> None:
            """Answer nothing."""

    @cors("https://desk.example")
    class Derived(Base):
        pass

    found = settle("GET /", Base.get, Base, api)
    assert (found.cors, found.rate_limit) == (Cors(origins="https://shop.example"), RateLimit(10))
    found = settle("POST /", Base.post, Base, api)
    assert (found.cors, found.rate_limit) == (Cors(origins="*"), RateLimit(1))
    found = settle("POST /", Derived.post, Derived, api)
    assert found.cors == Cors(origins="https://desk.example")
    assert settle("x", handler(), None, api).limit_scope == "api"


def test_bucket_belongs_to_whoever_says_the_limit() -> None:
    """One handler is one bucket under all its methods, one class another, and the API a third."""
    api = Around(rate_limit=RateLimit(100))

    @rate_limit(10)
    class View:
        def get(self) -> None:
            """Answer nothing."""

    one, two = handler(limit=rate_limit(1)), handler(limit=rate_limit(1))
    scopes = [
        settle("GET /a", one).limit_scope,
        settle("POST /a", one).limit_scope,
        settle("GET /b", two).limit_scope,
        settle("GET /c", View.get, View, api).limit_scope,
        settle("GET /d", handler(), None, api).limit_scope,
    ]
    assert scopes[0] == scopes[1]
    assert len(set(scopes)) == 4


def test_skip_leaves_out_what_others_say() -> None:
    """A handler is free of what its class and API say; a class of what its API says."""
    api = Around(cors=Cors(origins="*"), rate_limit=RateLimit(100))
    found = settle("x", handler(skip=skip_middleware("rate_limit")), None, api)
    assert (found.cors, found.rate_limit) == (Cors(origins="*"), None)

    @skip_middleware("cors")
    class View:
        @cors("https://shop.example")
        def get(self) -> None:
            """Answer nothing."""

        def post(self) -> None:
            """Answer nothing."""

    assert settle("x", View.get, View, api).cors == Cors(origins="https://shop.example")
    assert settle("x", View.post, View, api).cors is None
    assert settle("x", View.post, View, api).rate_limit == RateLimit(100)


def test_unknown_name_is_refused_at_start() -> None:
    """A name that is misspelt would skip nothing; an API's own middleware is known to it."""
    skipping = handler(skip=skip_middleware("rate_limit", "audit"))
    known = r"GET /: skip_middleware\('audit'\) is none of compression, cors, rate_limit"
    with pytest.raises(ImproperlyConfigured, match=known):
        settle("GET /", skipping)
    assert settle("GET /", skipping, known=["audit"]).skip == {"rate_limit", "audit"}


@pytest.mark.parametrize("names", [(), (7,), (None,)])
def test_nothing_to_skip_is_refused_at_start(names: Any) -> None:
    """Without names the decorator would do nothing."""
    with pytest.raises(ImproperlyConfigured, match="wants names"):
        skip_middleware(*names)


def test_saying_and_skipping_in_one_place_is_refused_at_start() -> None:
    """A handler that has a limit and skips limits is a mistake."""
    with pytest.raises(ImproperlyConfigured, match="skips it in one place"):
        settle("GET /", handler(one=rate_limit(1), two=skip_middleware("rate_limit")))


def test_mistakes_are_told_where_they_stand() -> None:
    """Decorators refuse what can't work when the module is read."""
    with pytest.raises(ImproperlyConfigured):
        cors(origins=["*"], credentials=True)
    with pytest.raises(ImproperlyConfigured):
        rate_limit(rps=0)
    with pytest.raises(TypeError):
        cors(["*"], credential=True)


def test_whole_policy_can_be_given() -> None:
    """A policy that several handlers share is declared once."""
    policy = Cors(origins="https://shop.example", private_network=True)
    assert settle("x", handler(cors=cors(policy))).cors is policy


def test_what_is_said_of_a_default_action_holds_for_one_class() -> None:
    """The function that all view sets share is left as it was."""
    limited = rate_limit(5)(ModelViewSet.list)
    assert vars(limited)[ATTRIBUTE].rate_limit == RateLimit(5)
    assert not hasattr(ModelViewSet.list, ATTRIBUTE)
