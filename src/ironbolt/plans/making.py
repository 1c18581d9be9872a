"""What makes Structs of rows: Python text from a template, once for each statement and each kind of connection."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from types import CodeType
from typing import Any

import msgspec

from ironbolt.plans.quick_values import BY_CALL, Convert, Quick, Remembered, Spelling
from ironbolt.plans.refusal import TooSlow

Rows = Sequence[Any]

_place = re.compile(r"\{([vt])(\d+)\}")

_remembered_place = re.compile(r"\{r(\d+)_(\w+)\}")

_NOTHING: Mapping[int, Any] = {}


class Conversion(msgspec.Struct, frozen=True):
    """How the values of one column are made.

    Attributes:
        by_django: of what Django's cursor gives.
        quick: of what SQLite stores.
    """

    by_django: Convert
    quick: Quick


Conversions = Mapping[int, Conversion]
"""By the position of the column; the others are as they are."""

Spellings = Mapping[int, tuple[Spelling, Spelling]]
"""For a column, how its value is spelt, and how where it is only shown."""


class Template(msgspec.Struct, frozen=True):
    """What is made of one row.

    Attributes:
        text: Python, with ``{v3}`` for the value of the fourth column, ``{t3}`` where it is only shown, and
            ``{r3_name}`` for what the function ``name`` makes of it, where that may be remembered.
        names: what it names.
        columns: how many there are.
        keys: the columns by which what is related to a row is found.
        lists: the names of what is related: key → list, for each of ``keys``.
        owner: whether the first column names a row of another table, by which those made are gathered.
        memories: the name of a function → what it has made; all statements of this template share them.
    """

    text: str
    names: Mapping[str, Any]
    columns: int
    keys: tuple[int, ...] = ()
    lists: tuple[str, ...] = ()
    owner: bool = False
    memories: dict[str, Remembered] = msgspec.field(default_factory=dict)

    def owned(self) -> "Template":
        """The same, behind a column that names a row of another table."""
        moved = _place.sub(lambda place: f"{{{place[1]}{int(place[2]) + 1}}}", self.text)
        moved = _remembered_place.sub(lambda place: f"{{r{int(place[1]) + 1}_{place[2]}}}", moved)
        keys = tuple(key + 1 for key in self.keys)
        return msgspec.structs.replace(self, text=moved, columns=self.columns + 1, keys=keys, owner=True)


class Maker(msgspec.Struct, frozen=True):
    """Makes what a template says.

    Attributes:
        keys: for each relation to many, rows → the values by which its rows are found.
        make: rows, and key → list for each relation, → what is made of them: a list, or lists by owner.
    """

    keys: tuple[Callable[[Rows], list[Any]], ...]
    make: Callable[..., Any]


class Found(msgspec.Struct, frozen=True):
    """Rows, and who makes something of them.

    Attributes:
        rows: as they came.
        makers: one after the other is tried; of Django's rows there is one, and what it says counts.
    """

    rows: Rows
    makers: tuple[Maker, ...]

    def keys(self, at: int) -> list[Any]:
        """The values by which the rows of a relation are found.

        Raises:
            TooSlow: a thread has to ask Django what the rows are.
        """
        keys: list[Any] = self._by_one(lambda maker: maker.keys[at](self.rows))
        return keys

    def made(self, lists: Sequence[Any]) -> Any:
        """What comes of them, with what is related.

        Raises:
            TooSlow: as above.
        """
        makers = self.makers
        if len(makers) == 1:
            return makers[0].make(self.rows, *lists)
        try:
            return makers[0].make(self.rows, *lists)
        except Exception:  # noqa: BLE001 - not quite as Django writes it, or more careful than that can tell
            return self._by_one(lambda maker: maker.make(self.rows, *lists))

    def _by_one(self, ask: Callable[[Maker], Any]) -> Any:
        *_, careful = self.makers
        if len(self.makers) == 1:
            return ask(careful)
        try:
            return ask(careful)
        except Exception as error:
            raise TooSlow from error  # Django says in its own way what is wrong


class Makers:
    """The makers for one statement, each made when it is first needed.

    Args:
        template: what is made of a row.
        conversions: how the values of its columns are made.
        is_bare: whether what SQLite stores says enough without its driver.
    """

    def __init__(self, template: Template, conversions: Conversions, *, is_bare: bool) -> None:
        self._template = template
        self._conversions = conversions
        self._is_bare = is_bare

    def of_django(self, rows: Rows) -> Found:
        """Rows of Django's cursor."""
        return Found(rows, self._by_django)

    def of_sqlite(self, rows: Rows) -> Found:
        """Rows of a bare SQLite connection, with what it stores.

        Raises:
            TooSlow: only the driver knows what they are.
        """
        if not self._is_bare:
            raise TooSlow
        return Found(rows, self._by_sqlite)

    @cached_property
    def _by_django(self) -> tuple[Maker, ...]:
        return (self._maker({at: _called(one.by_django) for at, one in self._conversions.items()}),)

    @cached_property
    def _by_sqlite(self) -> tuple[Maker, ...]:
        values = {at: one.quick for at, one in self._conversions.items()}
        spellings = {at: (one.spelling, one.shown or one.spelling) for at, one in values.items()}
        quick = self._maker(spellings, {at: one.careful for at, one in values.items()})
        return quick, self._maker({at: _called(one.careful) for at, one in values.items()})

    def _maker(self, spellings: Spellings, remembered: Mapping[int, Convert] = _NOTHING) -> Maker:
        template = _remembering(self._template, remembered)
        names: dict[str, Any] = {**template.names, "lists": partial(defaultdict, list)}
        for at, (value, shown) in spellings.items():
            names |= {f"h{at}": value.helper, f"s{at}": shown.helper}
        exec(_code(_text(template, spellings)), names)  # noqa: S102 - the text is ours: positions and names made here
        return Maker(tuple(names[f"key{key}"] for key in template.keys), names["make"])


def _remembering(template: Template, converts: Mapping[int, Convert]) -> Template:
    """The template with its remembered functions spelt out: a look into a memory, or else a call."""
    if "{r" not in template.text:
        return template
    names = {**template.names}

    def spelt(place: re.Match[str]) -> str:
        at, name = int(place[1]), place[2]
        if at not in converts:
            return f"{name}({{v{at}}})"
        names[f"kept_{name}"] = template.memories.setdefault(name, _memory_of(names[name], converts[at]))
        return f"kept_{name}[c{at}]"

    text = _remembered_place.sub(spelt, template.text)
    return msgspec.structs.replace(template, text=text, names=names)


def _memory_of(function: Convert, convert: Convert) -> Remembered:
    return Remembered(lambda stored: function(convert(stored)))


def _called(convert: Convert) -> tuple[Spelling, Spelling]:
    by_call = Spelling(BY_CALL, convert)
    return by_call, by_call


@lru_cache(maxsize=1024)
def _code(text: str) -> CodeType:
    return compile(text, "<rows>", "exec")


def _text(template: Template, spellings: Spellings) -> str:
    keys = (
        f"def key{at}(rows): return [{_spelt('v', at, spellings, f'r[{at}]')} for r in rows]" for at in template.keys
    )
    return "\n".join([*keys, f"def make({', '.join(['rows', *template.lists])}):", *_body(template, spellings)])


def _body(template: Template, spellings: Spellings) -> Iterator[str]:
    """A comprehension, or a loop that puts what is made of each row to its owner."""
    places = Counter(_place.findall(template.text))
    # What stands in several places is made once.
    once = {at for at in spellings if places["v", str(at)] > 1}
    made = _place.sub(lambda place: _at(place[1], int(place[2]), spellings, once), template.text)
    row = "".join(f"c{at}, " for at in range(template.columns)) or "_"
    values = {at: _spelt("v", at, spellings, f"c{at}") for at in sorted(once)}
    if not template.owner:
        inner = "".join(f" for v{at} in [{value}]" for at, value in values.items())
        yield f"    return [{made} for {row} in rows{inner}]"
        return
    yield "    found = lists()"
    yield f"    for {row} in rows:"
    yield from (f"        v{at} = {value}" for at, value in values.items())
    yield f"        found[{_at('v', 0, spellings, once)}].append({made})"
    yield "    return found"


def _at(kind: str, at: int, spellings: Spellings, once: Collection[int]) -> str:
    """What stands for a column: its value, or the text that shows it."""
    if at in once and (kind == "v" or spellings[at][0] is spellings[at][1]):
        return f"v{at}"
    return _spelt(kind, at, spellings, f"c{at}")


def _spelt(kind: str, at: int, spellings: Spellings, stored: str) -> str:
    if at not in spellings:
        return stored
    value, shown = spellings[at]
    if kind == "v":
        return value.text.format(value=stored, helper=f"h{at}")
    return shown.text.format(value=stored, helper=f"s{at}")
