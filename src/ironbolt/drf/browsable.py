"""The browsable API of REST framework over answers in the envelope."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from textwrap import indent
from typing import Any

from django.db.models import Model
from rest_framework import renderers
from rest_framework.serializers import Serializer
from rest_framework.utils.serializer_helpers import ReturnDict

from ironbolt.core.envelope import SUCCESS, wrap
from ironbolt.core.errors import NON_FIELD_ERRORS

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_OF_MANY = frozenset({"bulk_create", "bulk_update"})
_SEEN_BEFORE_THE_FORM = frozenset({401, 403, 404, 405, 406, 429})
"""Statuses of requests that were refused whatever the form had in it."""


def enveloped(data: Any, message: str = SUCCESS) -> dict[str, Any]:
    """``data`` in the envelope, which still knows the serializer that the forms of a page are made by."""
    serializer = getattr(data, "serializer", None)
    wrapped = wrap(data, message)
    return wrapped if serializer is None else ReturnDict(wrapped, serializer=serializer)


class BrowsableAPIRenderer(renderers.BrowsableAPIRenderer):
    """REST framework's, which knows the envelope, arrays, and serializers that show something else than they take.

    A form is filled in by the fields that it writes. One that was refused comes back as it was typed in, whoever
    refused it, with each fault beside its field.

    Views of this door use it wherever ``DEFAULT_RENDERER_CLASSES`` names REST framework's own.
    """

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> Any:
        """What a page is made of."""
        refused = _refused_form(renderer_context["view"], renderer_context["request"], renderer_context["response"])
        shown = data if refused is None else ReturnDict(data, serializer=refused)
        return super().get_context(shown, accepted_media_type, renderer_context)

    def get_filter_form(self, data: Any, view: Any, request: Any) -> Any:
        """The filters, for a list."""
        is_wrapped = getattr(view, "envelope", False) and isinstance(data, dict) and data.keys() == {"message", "data"}
        return super().get_filter_form(data["data"] if is_wrapped else data, view, request)

    def get_breadcrumbs(self, request: Any) -> Any:
        """The pages above this one, each once, though its address works with and without the slash at the end."""
        crumbs = super().get_breadcrumbs(request)
        found = {(name, _path_of(address)) for name, address in crumbs}
        return [(name, address) for name, address in crumbs if (name, f"{_path_of(address)}/") not in found]

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """The form of a method; none where it takes an array."""
        return None if _takes_many(view, method) else super().get_rendered_html_form(data, view, method, request)

    def render_form_for_serializer(self, serializer: Any) -> Any:
        """The form of one object."""
        _fill_in(serializer)
        return super().render_form_for_serializer(serializer)

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        """The form for a body of any kind, which starts with what is written, in an array where it is one."""
        with _filling_in(view):
            form: Any = super().get_raw_data_form(data, view, method, request)
        if form and _takes_many(view, method):
            content = form.fields["_content"]
            if (content.initial or "").startswith("{"):
                content.initial = f"[\n{indent(content.initial, '    ')}\n]"
        return form


def _path_of(address: str) -> str:
    return address.partition("?")[0]


def _takes_many(view: Any, method: str) -> bool:
    actions = getattr(view, "action_map", None) or {}
    return hasattr(view, "max_bulk_size") and method in _WITH_BODY and actions.get(method.lower()) in _OF_MANY


# --- forms that are filled in from an object -------------------------------------------------------


def _fill_in(form: Any) -> None:
    """Have a serializer that shows objects by another one tell what it would write itself."""
    if not isinstance(form, Serializer) or not isinstance(form.instance, Model) or _is_refused(form):
        return
    # A project's own may leave out, or mask, what not everybody is to see.
    if not type(form).to_representation.__module__.startswith("ironbolt."):
        return
    with suppress(AttributeError, KeyError, TypeError, ValueError):  # a field that only its own way to show can show
        vars(form)["_data"] = Serializer.to_representation(form, form.instance)


def _is_refused(serializer: Any) -> bool:
    """Whether it has been given data that it has not found valid."""
    own = vars(serializer)
    return "initial_data" in own and ("_validated_data" not in own or bool(own.get("_errors")))


@contextmanager
def _filling_in(view: Any) -> Iterator[None]:
    """Let a view make serializers that tell what they would write."""
    if not hasattr(view, "get_serializer") or "get_serializer" in vars(view):
        yield
        return

    def filled_in(*args: Any, **kwargs: Any) -> Any:
        serializer = type(view).get_serializer(view, *args, **kwargs)
        _fill_in(serializer)
        return serializer

    view.get_serializer = filled_in
    try:
        yield
    finally:
        del view.get_serializer


# --- forms that were refused -----------------------------------------------------------------------


def _refused_form(view: Any, request: Any, response: Any) -> Any:
    """The serializer of a form that something else than a serializer refused, as it was typed in; None for any other.

    REST framework's pages have those that a serializer refused.
    """
    status, data = response.status_code, response.data
    if not 400 <= status < 500 or status in _SEEN_BEFORE_THE_FORM or request.method not in _WITH_BODY:
        return None
    if not isinstance(data, Mapping) or hasattr(data, "serializer") or not hasattr(view, "get_serializer"):
        return None
    try:
        if not isinstance(request.data, Mapping):
            return None
        named = {} if request.method == "POST" else {"instance": view.get_object()}
        form = view.get_serializer(data=request.data, **named)
    except Exception:  # noqa: BLE001 - the page tells what was wrong with the request, with a form or without
        return None
    if not isinstance(form, Serializer):
        return None
    faults = _by_field(_details_of(data), form.fields)
    # As if it had been asked already whether it is valid.
    vars(form).update(_validated_data={}, _errors=faults or {NON_FIELD_ERRORS: []})
    return form


def _details_of(data: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """What an error says of fields, in the envelope or as a problem document; nothing for an answer of one's own."""
    error = data.get("error", data)
    details = (error.get("details") or error.get("errors")) if isinstance(error, Mapping) else None
    return details if isinstance(details, Mapping) and all(isinstance(one, list) for one in details.values()) else {}


def _by_field(details: Mapping[str, list[str]], fields: Any) -> dict[str, Any]:
    """Dotted path → messages, as a serializer has them: field → messages, or the same of what is inside of it."""
    found: dict[str, Any] = {}
    inside: dict[str, dict[str, list[str]]] = {}
    for path, messages in details.items():
        name, _, rest = path.partition(".")
        if rest and hasattr(fields.get(name), "fields"):
            inside.setdefault(name, {})[rest] = messages
        else:
            found.setdefault(name, []).extend(messages)
    return {**found, **{name: _by_field(more, fields[name].fields) for name, more in inside.items()}}
