"""Routes as immutable records: all that the engine has to know, as data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from ironbolt.bolt.auth import Admission, Authentication
from ironbolt.bolt.binding import Binder
from ironbolt.bolt.guards import Guard
from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.middleware.limiting import Limiter
from ironbolt.bolt.request import Request
from ironbolt.bolt.responses import Response
from ironbolt.bolt.responses.compression import Compression
from ironbolt.bolt.routing.counted import CountedReads, CountedWrite
from ironbolt.bolt.structs.shaping import Shape
from ironbolt.core.operation import Operation
from ironbolt.features.observability import Measure
from ironbolt.plans.statement import Params, Rows, Statement
from ironbolt.plans.steps import Steps

Mode = Literal["loop", "thread", "unit", "plan"]
"""Where a handler runs: on the event loop, in a database thread, or there inside the pipeline; with ``plan`` a compiled
query answers in its place."""


class Planned(Protocol):
    """A read that needs no handler."""

    @property
    def using(self) -> str:
        """The alias of the database to read from, for this request: asked once, as the next answer may be another."""

    @property
    def refusal(self) -> str:
        """Why the ORM answers, as far as that is known; nothing where a plan does."""

    def steps(self, request: Request, arguments: Sequence[Any], using: str) -> Steps[Any]:
        """What is read, and what is answered.

        Args:
            request: the request.
            arguments: what the handler would get.
            using: the alias of the database that runs every one of the queries.

        Raises:
            CannotPlan: the ORM has to answer, for instance because the rows are in another database.
            TooSlow: a thread has to find out.
        """


class PlannedWrite(Protocol):
    """A write that needs no handler."""

    is_new: bool
    is_for_the_loop: bool

    @property
    def using(self) -> str:
        """The alias of the database to write to, for this request."""

    def may_run(self) -> bool:
        """Whether nobody wants to see an instance, as of now."""

    def query(self, arguments: Sequence[Any], using: str) -> tuple[Statement, Params]:
        """The statement that writes."""

    def told(self, found: Rows) -> Any:
        """What is answered, of what it gives back."""


class RouteDoc(msgspec.Struct, frozen=True, kw_only=True):
    """What the API description says of a route; never read while a request is answered.

    Attributes:
        name: a short name for it.
        handler: the dotted name of what answers.
        summary: a line of what it does.
        description: the rest of it.
        tags: the headings it stands under.
        answer: the type of its success.
        can_conflict: whether what is stored may forbid it.
        can_miss: whether what it is about may not be there.
        lists: whether it answers a list that clients may filter and cut into pages, as ``list`` does.
        others: other statuses of a success → the type of each.
    """

    name: str
    handler: str = ""
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    answer: Any = Any
    can_conflict: bool = False
    can_miss: bool = False
    lists: bool = False
    others: Mapping[int, Any] = {}


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine needs to answer one method on one path, worked out at start.

    Attributes:
        method: the HTTP method.
        path: the template, such as ``/books/{id}``.
        endpoint: what to call: a function, or the plain function of a view's method.
        view: the class to make a fresh instance of for each request, None for a function.
        action: the name of the view's action.
        binder: how the arguments are read from the request.
        admission: the ways to authenticate, and the guards that a caller must pass.
        limiter: how often a client may call, None for as often as it likes.
        cors: which other sites' scripts may read its answers, None for none.
        compression: when its answers are compressed, None for never.
        mode: where the handler runs.
        status: the status of a success.
        shape: what its answers are held to, and which Struct rows are read into.
        envelope: whether a success is wrapped as ``{"message", "data"}``.
        safe_db_errors: whether database texts are kept back; None for what the setting says.
        handles_errors: whether its class has a say in errors.
        logs_requests: whether each request and its answer are a line in the log.
        measure: what is done about how long it takes; None where nobody asks.
        operation: what enters the pipeline, in mode ``unit``.
        planned: what is read, in mode ``plan``; the endpoint answers what it can't.
        planned_write: what is written by one statement, in mode ``unit``; the endpoint writes what it can't.
        unplanned: why the ORM has to do what is Ironbolt's own, nothing where a plan does.
        is_open: whether anybody may come in, as often as they like; worked out.
        answers_json: whether a client has to take JSON; what finishes its own answers may send anything. Worked out.
        at_once: whether a plan may answer before anything is waited for; worked out.
        kind: whether it may answer many rows, or one, or writes; worked out.
        doc: what the API description says.
    """

    method: str
    path: str
    endpoint: Callable[..., Any]
    binder: Binder
    mode: Mode
    doc: RouteDoc
    view: type[Any] | None = None
    action: str = ""
    admission: Admission = Admission()
    limiter: Limiter | None = None
    cors: Cors | None = None
    compression: Compression | None = None
    status: int = 200
    shape: Shape = Shape()
    envelope: bool = False
    safe_db_errors: bool | None = None
    logs_requests: bool = False
    handles_errors: bool = False
    measure: Measure | None = None
    operation: Operation | None = None
    planned: Planned | None = None
    planned_write: PlannedWrite | None = None
    unplanned: str = ""
    is_open: bool = False
    answers_json: bool = True
    at_once: bool = False
    kind: Literal["list", "single", "write"] = "list"

    def __post_init__(self) -> None:
        answer = self.doc.answer
        is_finished = answer is Any or (isinstance(answer, type) and issubclass(answer, Response))
        at_once = self.mode == "plan" and not (self.handles_errors or self.logs_requests or self.measure)
        msgspec.structs.force_setattr(self, "is_open", self.limiter is None and self.admission == Admission())
        msgspec.structs.force_setattr(self, "answers_json", not is_finished)
        kind = "write" if self.method != "GET" else "single" if self.action == "retrieve" else "list"
        msgspec.structs.force_setattr(self, "kind", kind)
        msgspec.structs.force_setattr(self, "at_once", at_once and self.binder.plan is None)
        if self.measure is not None:
            self._count_queries()

    def _count_queries(self) -> None:
        if self.planned is not None and not isinstance(self.planned, CountedReads):
            msgspec.structs.force_setattr(self, "planned", CountedReads(self.planned))
        if self.planned_write is not None and not isinstance(self.planned_write, CountedWrite):
            msgspec.structs.force_setattr(self, "planned_write", CountedWrite(self.planned_write))

    @property
    def auth(self) -> tuple[Authentication, ...]:
        """The ways to authenticate, in the order in which they are tried."""
        return self.admission.ways

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guards that a caller must pass, all of them."""
        return (*self.admission.guards, *self.admission.database_guards)


Methods = dict[str, Route]
