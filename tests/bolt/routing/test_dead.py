"""Tests of registrations that would answer nothing."""

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt import APIView, BoltAPI, Info, ModelViewSet, ViewSet, action
from ironbolt.bolt.views.mixins import ListMixin
from ironbolt.testing import TestClient
from tests.project.models import Task


@pytest.fixture
def api() -> BoltAPI:
    """An API below a prefix."""
    return BoltAPI("/api", info=Info(served=False))


def refusal(api: BoltAPI) -> str:
    """Why an API can't be compiled."""
    with pytest.raises(ImproperlyConfigured) as raised:
        api.routes()
    return str(raised.value)


class Empty(APIView):
    """Nothing yet."""


class Reads(APIView):
    """One handler."""

    async def get(self) -> str:
        return "got"


def test_class_without_a_handler_is_refused(api: BoltAPI) -> None:
    """It would answer 404 for ever; the message says what to write."""
    api.view("/x")(Empty)
    assert refusal(api).startswith("Empty at /api/x has no handler")


def test_actions_under_view_are_told_where_they_belong(api: BoltAPI) -> None:
    """``list`` and the like are routed by api.viewset()."""

    @api.view("/x")
    class Notes(ViewSet):
        async def list(self, request: Any) -> Any:
            return []

    assert "register it with api.viewset()" in refusal(api)


@pytest.mark.parametrize(("methods", "named"), [(["GET", "post", "PUT"], "POST, PUT"), (["FETCH"], "FETCH")])
def test_methods_without_handler_are_refused(api: BoltAPI, methods: list[str], named: str) -> None:
    """``methods=`` may only name what the class has; what is missing is named."""
    api.view("/x", methods=methods)(Reads)
    assert f"methods= names {named}, for which there is no handler" in refusal(api)


def test_methods_that_name_none_are_refused(api: BoltAPI) -> None:
    """An empty list would leave nothing."""
    api.view("/x", methods=[])(Reads)
    assert "methods= names none" in refusal(api)


def test_head_and_options_come_by_themselves(api: BoltAPI) -> None:
    """They may be named beside GET without a handler; HEAD alone may not."""
    api.view("/x", methods=["get", "HEAD", "OPTIONS"])(Reads)
    client = TestClient(api)
    assert [client.request(method, "/api/x").status_code for method in ("GET", "HEAD", "OPTIONS")] == [200, 200, 204]

    other = BoltAPI()

    class Writes(APIView):
        async def post(self) -> None: ...

    other.view("/x", methods=["POST", "HEAD"])(Writes)
    assert "names HEAD" in refusal(other)


def test_class_of_nothing_but_members_is_fine(api: BoltAPI) -> None:
    """Routes inside its body are what it is registered for."""

    @api.view("/x")
    class Members(APIView):
        @api.get("/y")
        async def y(self) -> str:
            return "y"

    client = TestClient(api)
    assert client.get("/api/y").json() == "y"
    assert client.get("/api/x").status_code == 404


def test_write_that_no_struct_allows_is_no_handler(api: BoltAPI) -> None:
    """Over a model alone nothing may be written, so POST can't be asked for."""

    @api.view("/tasks", methods=["GET", "POST"])
    class Tasks(ModelViewSet):
        model = Task

    assert "names POST" in refusal(api)


def test_empty_view_set_is_refused(api: BoltAPI) -> None:
    """Attributes alone route nothing."""

    @api.viewset("/x")
    class Notes(ViewSet):
        queryset = Task.objects.all()

    assert refusal(api).startswith("Notes at /api/x has no action")


def test_verbs_under_viewset_are_told_where_they_belong(api: BoltAPI) -> None:
    """``get`` and the like are routed by api.view()."""

    @api.viewset("/x")
    class Notes(ViewSet):
        async def get(self) -> str:
            return ""

    assert "It has get(): api.view() is for such." in refusal(api)


def test_base_that_is_registered_is_only_logged(api: BoltAPI, caplog: pytest.LogCaptureFixture) -> None:
    """A class with methods, if no actions yet, is somebody's beginning; the log says that nothing answers."""

    @api.viewset("/x")
    class Notes(ViewSet):
        def get_queryset(self) -> Any:
            return Task.objects.all()

    with caplog.at_level(logging.WARNING, "ironbolt.routes"):
        assert api.routes() == []
    assert "Notes at /api/x has no action" in caplog.text


def test_inherited_actions_count(api: BoltAPI) -> None:
    """A class whose body says nothing may inherit everything."""

    class Base(ListMixin, ViewSet):
        model = Task

    @api.viewset("/x")
    class Notes(Base):
        """Nothing of its own."""

    assert [route.path for route in api.routes()] == ["/api/x"]


def _action(
    methods: list[str], *, name: str = "run", path: str | None = None, detail: bool = False
) -> Callable[..., Any]:
    async def handler(self: Any, request: Any, **lookup: Any) -> str:
        return "ran"

    handler.__name__ = name
    return action(methods=methods, detail=detail, path=path)(handler)  # type: ignore[no-any-return]  # a mark


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"run": _action([])}, "Notes.run is an @action without any method"),
        ({"run": _action(["FETCH"])}, "Notes.run is an @action for 'FETCH'"),
        ({"list": _action(["GET"], name="list")}, "list() has a route of its own"),
        (
            {"a": _action(["GET"], name="a", path="same"), "b": _action(["GET"], name="b", path="same")},
            "Notes.a and by ",
        ),
        ({"run": _action(["GET", "get"])}, "registered twice"),
        ({"a": _action(["GET"], name="a", path="{any}"), "retrieve": lambda self, pk: pk}, "Notes.retrieve and by "),
        ({"a": _action(["GET"], name="a", path="/"), "list": lambda self, request: []}, "Notes.list and by "),
        ({"a": _action(["GET"], name="a", path="x//y")}, "nothing between two of its slashes"),
    ],
)
def test_action_that_could_not_be_called_is_refused(api: BoltAPI, members: dict[str, Any], reason: str) -> None:
    """Without method, under a name or a path that is taken: told at start, with both names."""
    for name in ("list", "retrieve"):
        if name in members and not hasattr(members[name], "methods"):
            members[name].__name__ = name
            members[name].__qualname__ = f"Notes.{name}"
    api.viewset("/x")(type("Notes", (ViewSet,), members))
    assert reason in refusal(api)


def test_slashes_around_an_action_make_no_difference(api: BoltAPI) -> None:
    """``path="/run/"`` is ``run``, and a view set may stand at the root."""
    whole = BoltAPI(info=Info(served=False))
    members = {"run": _action(["POST"], path="/run/"), "one": _action(["GET"], name="one", detail=True)}
    whole.viewset("/")(type("Notes", (ViewSet,), {**members, "retrieve": _retrieve}))
    client = TestClient(whole)
    assert client.post("/run").json() == "ran"
    assert client.get("/7").json() == "7"
    assert client.get("/7/one").json() == "ran"


async def _retrieve(self: Any, pk: str) -> str:
    return pk


def test_class_of_another_kind_is_told_where_it_belongs(api: BoltAPI) -> None:
    """An APIView has no actions, and what is no class of ours has nothing to answer with."""
    api.viewset("/x")(Reads)  # type: ignore[type-var]  # the mistake
    assert (
        refusal(api)
        == "Reads at /api/x is no ViewSet, which api.viewset() needs. It has get(): api.view() is for such."
    )

    other = BoltAPI(info=Info(served=False))
    other.view("/y")(dict)  # type: ignore[type-var]  # the mistake
    assert refusal(other).startswith("dict at /y is no APIView, which api.view() needs.")


@pytest.mark.parametrize("path", ["/a/<int:x>", "/a/{x:int}"])
def test_path_in_the_style_of_others_is_told_before_the_signature(api: BoltAPI, path: str) -> None:
    """Functions, classes, sockets: each is told how the path is written here."""
    wanted = "write {x}, and its type in the handler's signature, as x: int"

    @api.get(path)
    async def function(x: int) -> int:
        return x

    assert wanted in refusal(api)

    views, sockets, sets = (BoltAPI(info=Info(served=False)) for _ in range(3))
    views.view(path)(Reads)
    assert wanted in refusal(views)

    @sockets.websocket(path)
    async def live(socket: Any, x: int) -> None: ...

    assert wanted in refusal(sockets)

    @sets.viewset(path)
    class Notes(ModelViewSet):
        model = Task

    assert wanted in refusal(sets)


def test_misspelt_option_is_told_with_the_nearest() -> None:
    """Of routes, actions, handlers of classes and sockets alike."""
    made = BoltAPI()
    with pytest.raises(TypeError, match=r"'staus_code' is none of .* Did you mean 'status_code'\?"):
        made.get("/x", staus_code=201)
    with pytest.raises(TypeError, match=r"Did you mean 'guards'\?"):
        made.websocket("/x", gaurds=[])
    with pytest.raises(TypeError, match=r"Did you mean 'summary'\?"):
        action(methods=["GET"], detail=False, sumary="x")


class _Callable:
    def __call__(self) -> int:
        return 1


@pytest.mark.parametrize("register", ["get", "websocket"])
@pytest.mark.parametrize("handler", [functools.partial(len, "a"), _Callable()])
def test_a_handler_is_a_function(register: str, handler: Any) -> None:
    """Anything else that can be called has neither name nor signature, and is refused where it stands."""
    with pytest.raises(ImproperlyConfigured, match=r"no function\. Write def"):
        getattr(BoltAPI(), register)("/x")(handler)


def test_a_method_is_one_route() -> None:
    """A second registration above the first in a class is refused."""
    api = BoltAPI()
    with pytest.raises(ImproperlyConfigured, match="both is a route already"):

        class Both:
            @api.get("/a")
            @api.get("/b")
            def both(self) -> int:
                return 1


def test_options_go_without_saying() -> None:
    """To name nothing but OPTIONS is told as what it is; a handler of one's own is served."""
    api = BoltAPI(info=Info(served=False))

    @api.view("/x", methods=["options"])
    class Only(APIView):
        def get(self) -> int:
            return 1

    with pytest.raises(ImproperlyConfigured, match="names OPTIONS alone, which every path answers by itself"):
        api.routes()
    mine = BoltAPI(info=Info(served=False))

    @mine.view("/x", methods=["OPTIONS"])
    class Mine(APIView):
        def options(self) -> int:
            return 1

    assert TestClient(mine).options("/x").json() == 1
