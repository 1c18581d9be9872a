"""How arguments are read from a request: a signature becomes a tuple of readers once, at start."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.binding.dependencies import Plan, Resolution, Slots, Step, caller_of, kind_of
from ironbolt.bolt.binding.forms import FormWanted
from ironbolt.bolt.binding.readers import Read, reader_of
from ironbolt.bolt.binding.signatures import Parameter, Place, Signed, hints_of, name_of, parameters_of
from ironbolt.bolt.params import Dependency
from ironbolt.bolt.request import Request
from ironbolt.core.errors import Details, ValidationFailed

__all__ = ["Binder", "Overrides", "Parameter", "Place", "binder_of", "hints_of", "path_parameters"]

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]
"""Dependency → what takes its place, in tests."""


class Binder:
    """Reads the arguments of one handler, in the order of its signature.

    Attributes:
        parameters: the handler's parameters, without ``self``.
        plan: the dependencies, None if there are none.
        body: the parameter that takes the JSON body, None if the route reads none.
        form: what is asked of a form, None if the route reads none.
        documented: every parameter that a client can send outside the JSON body, those of
            dependencies included and the fields of groups one by one.
    """

    __slots__ = ("_only_request", "_readers", "_source", "body", "documented", "form", "parameters", "plan")

    def __init__(
        self,
        parameters: Sequence[Parameter],
        path_names: Sequence[str],
        planner: "_Planner | None" = None,
        source: tuple[Signed, bool] | None = None,
    ) -> None:
        self.parameters = tuple(parameters)
        self.plan = planner.plan_of(self.parameters) if planner else None
        everything = [*self.parameters, *(planner.parameters if planner else ())]
        self.body = next((parameter for parameter in everything if parameter.place == "body"), None)
        self.documented = _documented(everything)
        self.form = _form_wanted(self.documented)
        self._readers = _readers_of(self.parameters, path_names, everything)
        self._only_request = [parameter.place for parameter in self.parameters] == ["request"]
        self._source = source

    def bind(self, request: Request, path_values: Sequence[str]) -> list[Any]:
        """The arguments for this request, where no dependency has a part in them.

        Raises:
            NotFound: a value in the path can't be what the handler asks for.
            ParseError, UnsupportedMediaType: the body is not readable JSON.
            ValidationFailed: with every fault of every place.
        """
        if self._only_request:
            return [request]
        faults: Details = {}
        arguments = [read(request, path_values, faults) for read in self._readers]
        if faults:
            raise ValidationFailed(faults)
        return arguments

    def resolve(self, request: Request, path_values: Sequence[str]) -> Resolution:
        """The same where there is a plan: all is read and checked now, and the functions run on entry.

        Raises:
            NotFound, ParseError, UnsupportedMediaType, ValidationFailed: as :meth:`bind`.
        """
        assert self.plan is not None
        faults: Details = {}
        arguments = [read(request, path_values, faults) for read in self._readers]
        step_arguments = [step.read(request, path_values, faults) for step in self.plan.steps]
        if faults:
            raise ValidationFailed(faults)
        return Resolution(self.plan, arguments, step_arguments)

    def overridden(self, overrides: Overrides) -> "Binder":
        """This binder with other functions in the place of some dependencies."""
        if self.plan is None or self._source is None or not overrides:
            return self
        signed, is_method = self._source
        return _binder(signed, is_method=is_method, overrides=overrides)

    def endpoint(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """What takes the arguments by position: ``handler``, unless it wants some of them by name."""
        return _by_position(handler, self.parameters)


def binder_of(handler: Callable[..., Any], path: str, *, method: str, is_method: bool = False) -> Binder:
    """Read a handler's signature: ``request``, what the path names, a Struct, dict or list as body, query.

    Raises:
        ImproperlyConfigured: the path has a parameter that nobody takes, the body has two owners, a parameter
            can't be read from a request, or dependencies go round in a circle.
    """
    return _binder(Signed(handler, path, method), is_method=is_method, overrides={})


def path_parameters(path: str) -> tuple[str, ...]:
    """The names between braces in a path, in order."""
    return tuple(segment[1:-1] for segment in path.split("/") if segment.startswith("{"))


def _binder(signed: Signed, *, is_method: bool, overrides: Overrides) -> Binder:
    parameters = parameters_of(signed, is_method=is_method)
    planner = None
    if any(parameter.place == "depends" for parameter in parameters):
        planner = _Planner(signed, overrides)
    binder = Binder(parameters, signed.path_names, planner, (signed, is_method))
    _check(signed, [*parameters, *(planner.parameters if planner else ())])
    if sum(parameter.place == "body" for parameter in parameters) > 1:
        raise ImproperlyConfigured(f"{name_of(signed.function)} asks for the body twice.")
    if binder.body is not None and binder.form is not None:
        raise ImproperlyConfigured(f"{name_of(signed.function)} asks for a JSON body and for a form at once.")
    return binder


def _check(signed: Signed, parameters: Sequence[Parameter]) -> None:
    places = {parameter.place for parameter in parameters}
    missing = set(signed.path_names) - {item.wire_name for item in parameters if item.place == "path"}
    if missing and "rest" not in places:
        raise ImproperlyConfigured(
            f"{name_of(signed.function)} does not take {sorted(missing)} of the path {signed.path}."
        )


def _readers_of(
    parameters: Sequence[Parameter], path_names: Sequence[str], everything: Sequence[Parameter]
) -> tuple[Read, ...]:
    own = {parameter.wire_name for parameter in parameters if parameter.place == "path"}
    others = [parameter for parameter in everything if parameter.place != "path" or parameter.wire_name in own]
    return tuple(reader_of(parameter, path_names, others) for parameter in parameters)


def _documented(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    members = [member for parameter in parameters for member in parameter.members()]
    known = {
        (member.place, member.wire_name): member
        for member in reversed(members)
        if member.place in ("path", "query", "header", "cookie", "form", "file")
    }
    return tuple(reversed(known.values()))


def _form_wanted(documented: Sequence[Parameter]) -> FormWanted | None:
    fields = [parameter for parameter in documented if parameter.place in ("form", "file")]
    if not fields:
        return None
    return FormWanted(any(field.required for field in fields), any(field.place == "file" for field in fields))


def _by_position(function: Callable[..., Any], parameters: Sequence[Parameter]) -> Callable[..., Any]:
    named = [parameter for parameter in parameters if parameter.keyword or parameter.place == "rest"]
    if not named:
        return function

    def call(*arguments: Any) -> Any:
        split = len(arguments) - len(named)
        keywords: dict[str, Any] = {}
        for parameter, value in zip(named, arguments[split:], strict=True):
            keywords.update(value if parameter.place == "rest" else {parameter.name: value})
        return function(*arguments[:split], **keywords)

    return call


def _reading(readers: Sequence[Read]) -> Callable[[Request, Sequence[str], Details], list[Any]]:
    def read_all(request: Request, path_values: Sequence[str], faults: Details) -> list[Any]:
        return [read(request, path_values, faults) for read in readers]

    return read_all


class _Planner:
    """Puts dependencies in order: each after those that it depends on itself."""

    def __init__(self, signed: Signed, overrides: Overrides) -> None:
        self.parameters: list[Parameter] = []
        self._signed = signed
        self._overrides = overrides
        self._steps: list[Step] = []
        self._shared: dict[Callable[..., Any], int] = {}
        self._under: list[Callable[..., Any]] = []

    def plan_of(self, parameters: Sequence[Parameter]) -> Plan:
        """The plan for a handler's parameters."""
        slots = self._slots(parameters)
        in_hop = all(step.kind in ("inline", "sync", "generator") for step in self._steps)
        return Plan(tuple(self._steps), slots, in_hop)

    def _slots(self, parameters: Sequence[Parameter]) -> Slots:
        return tuple(
            (position, self._step(parameter.dependency))
            for position, parameter in enumerate(parameters)
            if parameter.dependency is not None
        )

    def _step(self, dependency: Dependency) -> int:
        named = dependency.function
        assert named is not None
        if dependency.use_cache and named in self._shared:
            return self._shared[named]
        if named in self._under:
            circle = " → ".join(name_of(function) for function in (*self._under, named))
            raise ImproperlyConfigured(f"{name_of(self._signed.function)}: dependencies go in a circle: {circle}.")
        self._under.append(named)
        self._steps.append(self._made(named, self._overrides.get(named, named)))
        self._under.pop()
        if dependency.use_cache:
            self._shared[named] = len(self._steps) - 1
        return len(self._steps) - 1

    def _made(self, named: Callable[..., Any], function: Callable[..., Any]) -> Step:
        signed = Signed(function, self._signed.path, self._signed.method)
        parameters = parameters_of(signed)
        slots = self._slots(parameters)
        self.parameters.extend(parameters)
        kind = kind_of(function)
        return Step(
            call=caller_of(_by_position(function, parameters), kind),
            kind=kind,
            read=_reading(_readers_of(parameters, signed.path_names, parameters)),
            slots=slots,
            function=named,
        )
