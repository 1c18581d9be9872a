"""Types in the words of JSON Schema, with a name for each that is used by reference."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from django.conf import settings
from msgspec import inspect as kinds

from ironbolt.bolt.openapi.naming import distinct, spellings_of
from ironbolt.bolt.openapi.telling import told

Schema = dict[str, Any]

REF = "#/components/schemas/"

_OBJECTS = (kinds.StructType, kinds.TypedDictType, kinds.DataclassType, kinds.NamedTupleType)
_NAMED = (*_OBJECTS, kinds.EnumType)
_SIZES = {"min_length": "min", "max_length": "max"}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_TEXTS = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}


class Schemas:
    """The schemas of types, in which Structs, enums and their like refer to one component each.

    Attributes:
        components: name → schema.
    """

    def __init__(self, types: Sequence[Any]) -> None:
        self._infos = [(kind, info) for kind, info in zip(types, kinds.multi_type_info(types), strict=True)]
        named: dict[Any, kinds.Type] = {}
        for _, info in self._infos:
            _collect(info, named)
        self._names = distinct({cls: spellings_of(cls) for cls in named})
        self.components: dict[str, Schema] = {
            self._names[cls]: told(self._in_full(info)) for cls, info in named.items()
        }

    def of(self, wanted: Any) -> Schema:
        """The schema of one of the types, a reference where it has a name."""
        found = next(info for kind, info in self._infos if kind is wanted or kind == wanted)
        schema: Schema = told(self._schema(found))
        return schema

    def name_of(self, cls: Any) -> str:
        """The name of a Struct's component."""
        return self._names[cls]

    def _schema(self, info: kinds.Type) -> Schema:
        if isinstance(info, kinds.Metadata):
            said = info.extra_json_schema or {}
            return {**self._schema(info.type), **said}
        if isinstance(info, _NAMED):
            return {"$ref": REF + self._names[info.cls]}
        return self._plain(info)

    def _plain(self, info: kinds.Type) -> Schema:
        compounds: tuple[tuple[type[kinds.Type], Callable[[Any], Schema]], ...] = (
            (kinds.UnionType, self._union),
            (kinds.TupleType, self._tuple),
            (kinds.CollectionType, self._array),
            (kinds.DictType, self._map),
        )
        makers = (make for kind, make in (*compounds, *_SCALARS.items()) if isinstance(info, kind))
        return next((make(info) for make in makers), {})

    def _tuple(self, info: kinds.TupleType) -> Schema:
        items = [self._schema(item) for item in info.item_types]
        fixed = {"type": "array", "minItems": len(items), "maxItems": len(items)}
        return {**fixed, "prefixItems": items} if items else fixed

    def _array(self, info: kinds.CollectionType) -> Schema:
        unique = {"uniqueItems": True} if isinstance(info, kinds.SetType | kinds.FrozenSetType) else {}
        return {"type": "array", **self._inner("items", info.item_type), **_sizes(info, "Items"), **unique}

    def _map(self, info: kinds.DictType) -> Schema:
        keys = {name: value for name, value in self._schema(info.key_type).items() if name != "type"}
        named = {"propertyNames": keys} if keys and isinstance(_core(info.key_type), kinds.StrType) else {}
        values = self._inner("additionalProperties", info.value_type)
        return {"type": "object", **named, **values, **_sizes(info, "Properties")}

    def _inner(self, keyword: str, info: kinds.Type) -> Schema:
        schema = self._schema(info)
        return {keyword: schema} if schema else {}

    def _union(self, info: kinds.UnionType) -> Schema:
        """Any of the members; tagged Structs among them are told apart by their tag."""
        members = sorted(info.types, key=lambda member: isinstance(_core(member), kinds.NoneType))
        schemas = [self._schema(member) for member in members]
        tagged = [core for core in map(_core, members) if isinstance(core, kinds.StructType) and core.tag is not None]
        schema: Schema = {"anyOf": schemas}
        if len(tagged) > 1 and len(tagged) == len(members):
            mapping = {str(core.tag): REF + self._names[core.cls] for core in tagged}
            schema["discriminator"] = {"propertyName": tagged[0].tag_field, "mapping": mapping}
        return schema

    def _in_full(self, info: Any) -> Schema:
        if isinstance(info, kinds.EnumType):
            return {**_about(info), **_one_of([msgspec.to_builtins(member) for member in info.cls])}
        tag = getattr(info, "tag", None)
        fields = {} if tag is None else {info.tag_field: {"enum": [tag]}}
        fields |= {field.encode_name: {**self._schema(field.type), **_default(field)} for field in info.fields}
        required = [] if tag is None else [info.tag_field]
        required += [field.encode_name for field in info.fields if field.required]
        closed = getattr(info, "forbid_unknown_fields", False)
        if isinstance(info, kinds.NamedTupleType) or getattr(info, "array_like", False):
            most = {"maxItems": len(fields)} if closed or isinstance(info, kinds.NamedTupleType) else {}
            return {
                **_about(info),
                "type": "array",
                "prefixItems": list(fields.values()),
                "minItems": len(required),
                **most,
            }
        return {
            **_about(info),
            "type": "object",
            "properties": fields,
            "required": required,
            **({"additionalProperties": False} if closed else {}),
        }


def _collect(info: Any, named: dict[Any, kinds.Type]) -> None:
    """Find every type that gets a name, in the order of appearance."""
    if isinstance(info, _NAMED):
        if info.cls in named:
            return
        named[info.cls] = info
    for inner in _inside(info):
        _collect(inner, named)


def _inside(info: Any) -> Iterable[Any]:
    if isinstance(info, _OBJECTS):
        return [field.type for field in info.fields]
    if isinstance(info, kinds.UnionType):
        return info.types
    if isinstance(info, kinds.TupleType):
        return info.item_types
    names = ("type", "item_type", "key_type", "value_type")
    return [getattr(info, name) for name in names if hasattr(info, name)]


def _core(info: Any) -> Any:
    while isinstance(info, kinds.Metadata):
        info = info.type
    return info


def _about(info: Any) -> Schema:
    """The title and the docstring of a class, unless Python wrote that by itself."""
    cls = getattr(info.cls, "__origin__", info.cls)
    doc = inspect.cleandoc(cls.__doc__ or "")
    written = doc and not doc.startswith((f"{cls.__name__}(", "An enumeration."))
    return {"title": spellings_of(info.cls)[0], **({"description": doc} if written else {})}


def _default(field: kinds.Field) -> Schema:
    value = field.default
    if value is msgspec.NODEFAULT and field.default_factory in (list, dict, set):
        value = field.default_factory()
    if field.required or value is msgspec.NODEFAULT or value is msgspec.UNSET:
        return {}
    try:
        return {"default": msgspec.to_builtins(value, str_keys=True)}
    except TypeError:  # of a type that only the application knows
        return {}


def _one_of(values: list[Any]) -> Schema:
    """Some values, with their type where they all have one: people are shown that first."""
    found = {type(value) for value in values}
    return {**({"type": _TYPES[found.pop()]} if len(found) == 1 and found <= _TYPES.keys() else {}), "enum": values}


_TYPES = {str: "string", int: "integer"}


def _sizes(info: Any, what: str) -> Schema:
    return {f"{short}{what}": size for name, short in _SIZES.items() if (size := getattr(info, name)) is not None}


def _said(info: Any, keywords: dict[str, str]) -> Schema:
    return {keyword: value for name, keyword in keywords.items() if (value := getattr(info, name)) is not None}


def _base64(info: Any) -> Schema:
    sizes = {f"{short}Length": 4 * ((size + 2) // 3) for name, short in _SIZES.items() if (size := getattr(info, name))}
    return {"type": "string", "contentEncoding": "base64", **sizes}


def _moment(info: Any) -> Schema:
    """With a time zone where there is one; JSON Schema has no format for a moment without."""
    aware = settings.USE_TZ if info.tz is None else info.tz
    return {"type": "string", **({"format": "date-time"} if aware else {})}


def _time(info: Any) -> Schema:
    return {"type": "string", **({"format": "time"} if info.tz else {})}


def _text(name: str) -> Callable[[Any], Schema]:
    return lambda info: {"type": "string", "format": name}


_SCALARS: dict[type[kinds.Type], Callable[[Any], Schema]] = {
    kinds.NoneType: lambda info: {"type": "null"},
    kinds.BoolType: lambda info: {"type": "boolean"},
    kinds.IntType: lambda info: {"type": "integer", **_said(info, _BOUNDS)},
    kinds.FloatType: lambda info: {"type": "number", **_said(info, _BOUNDS)},
    kinds.StrType: lambda info: {"type": "string", **_said(info, _TEXTS)},
    kinds.BytesType: _base64,
    kinds.ByteArrayType: _base64,
    kinds.MemoryViewType: _base64,
    kinds.DateTimeType: _moment,
    kinds.TimeType: _time,
    kinds.DateType: _text("date"),
    kinds.TimeDeltaType: _text("duration"),
    kinds.UUIDType: _text("uuid"),
    kinds.DecimalType: _text("decimal"),
    kinds.LiteralType: lambda info: _one_of(list(info.values)),
    # A type that only the application knows is described as anything, instead of failing the document.
    kinds.CustomType: lambda info: {"title": getattr(info.cls, "__name__", str(info.cls))},
}
"""Kind of scalar → what makes its schema; anything that is not here can be anything."""
