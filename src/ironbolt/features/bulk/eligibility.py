"""Whether rows can be written together, or something wants to see each of them by itself."""

from typing import Any

from django.db.models import Manager, Model
from django.db.models.signals import ModelSignal, m2m_changed, post_save, pre_save

from ironbolt.features.bulk.door import Kind
from ironbolt.features.bulk.items import Draft

_SAVING = ("save", "save_base", "_save_parents", "_save_table", "_do_insert", "_do_update")
_DELETING = ("delete",)


def needs_rows(model: type[Model], kind: Kind) -> bool:
    """Whether the model wants each row to be written by itself.

    That is: methods of its own around writing, receivers of its signals, a table for each of its parents, a manager
    that others should not go round. A feature that must see each row, as one that keeps a trail, is asked here.
    """
    own = _DELETING if kind == "destroy" else _SAVING
    if any(getattr(model, name, None) is not getattr(Model, name, None) for name in own):
        return True
    if kind == "destroy":
        return False  # Django sends the signals of a deletion for each row in any case
    has_tables = bool(model._meta.parents) and not model._meta.proxy
    return has_tables or _is_heard(model, pre_save, post_save) or type(model._base_manager) is not Manager


def references_need_rows(drafts: list[Draft]) -> bool:
    """Whether somebody listens to the relations that are about to be set."""
    for draft in drafts[:1]:
        for name in {name for one in drafts for name in one.references}:
            field: Any = draft.instance._meta.get_field(name)
            through = field.remote_field.through
            if _is_heard(through, m2m_changed) or not through._meta.auto_created:
                return True
    return False


def _is_heard(model: type[Model], *signals: ModelSignal) -> bool:
    return any(signal.has_listeners(model) for signal in signals)
