"""New rows of a model by one statement: values by attribute, what Django would add to them, and no instance."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connections, models
from django.db.models import Model
from django.db.models.sql import InsertQuery
from django.utils import timezone

from ironbolt.core.quick_checks import DOUBT, Glance
from ironbolt.core.threads import on_a_loop
from ironbolt.plans.budget import Budget
from ironbolt.plans.plan import MOST_SHAPES
from ironbolt.plans.preparing import Prepare, preparation_of
from ironbolt.plans.refusal import CannotPlan, TooSlow
from ironbolt.plans.statement import Params, Statement
from ironbolt.plans.told import Told

_NOT_SENT: Any = object()


class _Holder:
    """Stands for an instance, where a column makes its value itself."""


class Filling:
    """How one column gets its value.

    Args:
        field: the column.
        using: the alias of the database.

    Attributes:
        preparation: what makes the parameter of a value.
        is_kept: whether the column makes its value itself at every insert.
        otherwise: makes the parameter where no value was sent.
    """

    def __init__(self, field: "models.Field[Any, Any]", using: str) -> None:
        self.attribute: str = field.attname
        self.preparation = preparation_of(field, connections[using])
        self.prepare: Prepare = self.preparation.prepare
        self.is_kept = bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))
        self.otherwise: Callable[[], Any] = self._kept(field) if self.is_kept else self._default(field)

    def _kept(self, field: Any) -> Callable[[], Any]:
        prepare = self.prepare
        if type(field) is models.DateTimeField:
            return lambda: prepare(timezone.now())  # as its pre_save, without an instance
        return lambda: prepare(field.pre_save(_Holder(), add=True))

    def _default(self, field: Any) -> Callable[[], Any]:
        prepare = self.prepare
        if callable(field.default):
            return lambda: prepare(field.get_default())
        if field.has_db_default() and not field.has_default():
            return lambda: None  # only where the database itself is not asked for it
        value = field.get_default()
        if isinstance(field, models.FileField):
            file: Any = field.attr_class
            value = file(None, field, value)  # as an instance has it
        constant = prepare(value)
        return lambda: constant


class Entry(NamedTuple):
    """A field of a form.

    Attributes:
        name: its name there.
        glance: what looks at its values.
    """

    name: str
    glance: Glance


class NewRows:
    """Inserts rows of one model.

    Args:
        told: how they are shown.
        entries: what a form says of them: attribute → field; None where it takes more than a glance.
    """

    def __init__(self, told: Told, entries: Mapping[str, Entry] | None = None) -> None:
        self._told = told
        self._entries = entries
        self._at_a_glance: tuple[Statement, Callable[[Any], Params | None]] | None = None
        self._model = told.model
        meta: Any = told.model._meta
        self._fields = [field for field in meta.local_concrete_fields if not field.generated]
        self._fillings = {field.attname: Filling(field, told.using) for field in self._fields}
        left_out = [field for field in self._fields if field is meta.auto_field or _is_by_database(field)]
        self._may_be_left_out = frozenset(field.attname for field in left_out)
        self._statements: dict[frozenset[str], tuple[Statement, tuple[Filling, ...]]] = {}
        self._budget = Budget()

    def query(self, values: Mapping[str, Any]) -> tuple[Statement, Params]:
        """The statement for a row of these values, by attribute.

        Raises:
            CannotPlan: Django has to save it.
            TooSlow: it has to be compiled, and this is an event loop.
        """
        statement, fillings = self._without(self._may_be_left_out.difference(values))
        params = []
        for filling in fillings:
            value = values.get(filling.attribute, _NOT_SENT)
            params.append(filling.otherwise() if value is _NOT_SENT or filling.is_kept else filling.prepare(value))
        return statement, tuple(params)

    def at_a_glance(self, form: Any) -> tuple[Statement, Params] | None:
        """The same for a form as it came; None where a value might be at fault, or one is left to the database.

        Raises:
            CannotPlan, TooSlow: as :meth:`query`.
        """
        if self._entries is None:
            return None
        if self._at_a_glance is None:
            statement, fillings = self._without(self._may_be_left_out.difference(self._entries))
            self._at_a_glance = statement, _reader(self._entries, fillings, self._may_be_left_out)
        statement, read = self._at_a_glance
        params = read(form)
        return None if params is None else (statement, params)

    def _without(self, absent: frozenset[str]) -> tuple[Statement, tuple[Filling, ...]]:
        found = self._statements.get(absent)
        if found is None:
            if on_a_loop():
                raise TooSlow
            if not self._budget.spend():
                raise CannotPlan("it leaves out other columns every time")
            if len(self._statements) >= MOST_SHAPES:
                self._statements.clear()
            found = self._statements[absent] = self._compiled(absent)
        return found

    def _compiled(self, absent: frozenset[str]) -> tuple[Statement, tuple[Filling, ...]]:
        fields = [field for field in self._fields if field.attname not in absent]
        if not fields:
            raise CannotPlan("there is no value to insert")
        query = InsertQuery(self._model)
        query.insert_values(fields, [_sample(self._model, fields)])
        compiler = query.get_compiler(self._told.using)
        sql, params = compiler.as_sql()[0]
        values = ", ".join(["%s"] * len(fields))
        if not sql.endswith(f"VALUES ({values})") or len(params) != len(fields):
            raise CannotPlan("a column wants more than its value")
        statement = self._told.statement(sql, (), compiler)
        return statement, tuple(self._fillings[field.attname] for field in fields)


def _reader(
    entries: Mapping[str, Entry], fillings: Sequence[Filling], left_out: Collection[str]
) -> Callable[[Any], Params | None]:
    """What makes the parameters of a form, each of its values looked at: Python text, without a loop or a mapping."""
    names: dict[str, Any] = {"UNSET": msgspec.UNSET, "DOUBT": DOUBT}
    lines = ["def read(form):"]
    for at, filling in enumerate(fillings):
        names[f"otherwise{at}"] = filling.otherwise
        entry = entries.get(filling.attribute)
        if entry is None:
            lines.append(f"    v{at} = otherwise{at}()")
            continue
        names |= {f"check{at}": entry.glance.check, f"fits{at}": entry.glance.fits, f"kind{at}": entry.glance.kind}
        quick, look = _texts(entry.glance, filling, at)
        names |= {f"prepare{at}": filling.prepare, f"quick{at}": filling.preparation.quick}
        lines += [
            f"    v{at} = form.{entry.name}",
            f"    if v{at} is UNSET:",
            "        return None" if filling.attribute in left_out else f"        v{at} = otherwise{at}()",
            "    else:",
            f"        v{at} = {look}",
            f"        if v{at} is DOUBT: return None",
            f"        v{at} = {quick}",
        ]
    lines.append(f"    return ({''.join(f'v{at}, ' for at in range(len(fillings)))})")
    exec("\n".join(lines), names)  # noqa: S102 - the text is ours: names of fields, and positions
    read: Callable[[Any], Params | None] = names["read"]
    return read


def _texts(glance: Glance, filling: Filling, at: int) -> tuple[str, str]:
    """How the parameter of a value that is fine is made, and how a value is looked at."""
    value, of_kind = f"v{at}", f"if type(v{at}) is kind{at} else"
    look = f"check{at}({value})" if glance.kind is None else f"fits{at}({value}) {of_kind} check{at}({value})"
    if filling.is_kept:
        return f"otherwise{at}()", look
    kind, quick = filling.preparation.kind, filling.preparation.quick
    if kind is None or kind is not glance.kind:
        return f"prepare{at}({value})", look
    return f"{f'quick{at}({value})' if quick else value} {of_kind} prepare{at}({value})", look


def _is_by_database(field: Any) -> bool:
    return bool(field.has_db_default() and not field.has_default())


def _sample(model: type[Model], fields: list[Any]) -> Model:
    """An instance without an expression of SQL in these columns."""
    sample = model()
    for field in fields:
        if hasattr(getattr(sample, field.attname), "resolve_expression"):
            setattr(sample, field.attname, None)
    return sample
