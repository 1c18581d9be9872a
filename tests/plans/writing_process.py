"""A process that writes tasks to an SQLite file, and says of every answer that it has come.

``python -m tests.plans.writing_process PATH PREFIX COUNT``: COUNT tasks are made and the first task changed as often;
a line for each, with its status and its code.
"""

import asyncio
import os
import sys


async def main(path: str, prefix: str, count: int) -> None:
    """Write, one after the other."""
    from django.test import override_settings

    from ironbolt.bolt import BoltAPI, Info, ModelViewSet
    from tests.plans.files import ALIAS, configured
    from tests.plans.writes import AT_ONCE, ToOne, sent
    from tests.project.models import Task

    configured(path, AT_ONCE, timeout=10)
    with override_settings(DATABASE_ROUTERS=[ToOne(ALIAS)]):
        api = BoltAPI(info=Info(served=False))
        api.viewset("/tasks")(
            type("Tasks", (ModelViewSet,), {"queryset": Task.objects.all(), "model": Task, **_shown()})
        )
        for at in range(count):
            code = f"{prefix}{at}"
            made = await sent(api, "POST", "/tasks", {"title": code, "code": code})
            print(made.status, code, flush=True)  # noqa: T201 - the parent reads it
            changed = await sent(api, "PATCH", "/tasks/1", {"title": f"first {code}"})
            print(changed.status, "first", flush=True)  # noqa: T201 - as above


def _shown() -> dict[str, object]:
    import msgspec

    row = msgspec.defstruct("Row", [("id", int), ("title", str), ("code", str)])
    return {"serializer_class": row}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.project.settings")
    import django

    django.setup()
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
