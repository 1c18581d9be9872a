"""What clients of a live version of the shop's API rely on, written down: it may grow, but nothing of it goes away.

python -m scripts.api_versions            write down what was added
python -m scripts.api_versions --check    only say what was added, or is broken
python -m scripts.api_versions --force    write it down although something is broken: before a release, never after
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
Facts = dict[str, Any]

STORED = Path(__file__).resolve().parents[1] / "tests" / "bookstore" / "schemas"
METHODS = ("get", "put", "post", "delete", "patch")
PARAMETER = re.compile(r"\{[^}]*\}")
"""What stands for a part of an address, whose name no client knows."""

DEEPEST = 12


def main(arguments: list[str]) -> int:
    """Compare what is stored with what is there, and store it; 1 where something is broken, or not yet stored."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--force", action="store_true")
    options = parser.parse_args(arguments)
    failed = False
    for name, schema in documents().items():
        now, before = promises(schema), stored(name)
        lost, more = broken(before, now), broken(now, before)
        for line in lost:
            print(f"{name}: {line}")
        failed |= bool(lost) and not options.force
        if options.check:
            failed |= bool(more)
            print(f"{name}: {len(more)} additions are not written down." if more else f"{name}: all is written down.")
        elif not lost or options.force:
            store(name, now)
            print(f"{name}: written.")
    return int(failed)


def documents() -> dict[str, Schema]:
    """The OpenAPI document of each live version, by its name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.project.settings.local")
    from bookstore.project.asgi import application
    from ironbolt.testing import TestClient

    client = TestClient(application)
    addresses = {"v1": "/api/schema/", "v2": "/api/v2/openapi.json"}
    return {name: client.get(address, headers=_JSON).json() for name, address in addresses.items()}


_JSON = {"accept": "application/vnd.oai.openapi+json, application/json", "host": "localhost"}


def stored(name: str) -> Facts:
    """What was written down of a version; nothing where it is new."""
    path = STORED / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def store(name: str, facts: Facts) -> None:
    """Write it down, in an order that makes changes easy to read."""
    STORED.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False)
    (STORED / f"{name}.json").write_text(text + "\n", encoding="utf-8")


# --- what a document promises ----------------------------------------------------------------------


def promises(document: Schema) -> Facts:
    """``GET /api/v1/books/{}/`` → its parameters, what it takes, and what each success answers."""
    found: Facts = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                shared = item.get("parameters", [])
                found[f"{method.upper()} {PARAMETER.sub('{}', path)}"] = _of_operation(item[method], shared, document)
    return found


def _of_operation(operation: Schema, shared: list[Schema], document: Schema) -> Facts:
    body = _json_schema(operation.get("requestBody", {}))
    answers = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
    return {
        "parameters": {
            f"{one['in']} {one['name']}": _facts(one["schema"], document) | {"required": one.get("required", False)}
            for one in [*shared, *operation.get("parameters", [])]
            if one["in"] != "path"
        },
        "takes": _fields(body, document),
        "answers": {status: _fields(_json_schema(one), document) for status, one in answers.items()},
    }


def _json_schema(holder: Schema) -> Schema:
    for media_type, content in holder.get("content", {}).items():
        if media_type.endswith("json"):
            return dict(content.get("schema", {}))
    return {}


def _fields(schema: Schema, document: Schema, path: str = "", depth: int = 0) -> Facts:
    """Dotted path → facts, for every member of some JSON; ``[]`` stands for the items of a list."""
    found: Facts = {}
    if depth > DEEPEST:
        return found
    for kind in _kinds(schema, document):
        required = set(kind.get("required", ()))
        for name, inner in kind.get("properties", {}).items():
            here = f"{path}.{name}" if path else name
            found[here] = _facts(inner, document) | {"required": name in required}
            found |= _fields(inner, document, here, depth + 1)
        if isinstance(kind.get("items"), dict):
            found[f"{path}[]"] = _facts(kind["items"], document)
            found |= _fields(kind["items"], document, f"{path}[]", depth + 1)
    return found


def _facts(schema: Schema, document: Schema) -> Facts:
    kinds = _kinds(schema, document)
    types = {one for kind in kinds for one in _types(kind)}
    values = [value for kind in kinds for value in kind.get("enum", [kind["const"]] if "const" in kind else [])]
    is_closed = kinds and all("enum" in kind or "const" in kind or kind.get("type") == "null" for kind in kinds)
    return {"types": sorted(types)} | ({"enum": sorted(values, key=str)} if is_closed and values else {})


def _types(schema: Schema) -> list[str]:
    said = schema.get("type", [])
    return [said] if isinstance(said, str) else list(said)


def _kinds(schema: Schema, document: Schema) -> list[Schema]:
    """The schemas without references that a value may be of; those of ``allOf`` hold all at once, and stand beside."""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name] | {k: v for k, v in schema.items() if k != "$ref"}
    parts = [one for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name, ())]
    return [kind for part in parts for kind in _kinds(part, document)] if parts else [schema]


# --- what is broken --------------------------------------------------------------------------------


def broken(before: Facts, now: Facts) -> list[str]:
    """A sentence for everything that clients rely on and that is there no more."""
    found: list[str] = []
    for name, old in before.items():
        if name not in now:
            found.append(f"{name} is gone.")
            continue
        new = now[name]
        found += [f"{name}: {line}" for line in _of_input(old["parameters"], new["parameters"], "the parameter")]
        found += [f"{name}: {line}" for line in _of_input(old["takes"], new["takes"], "the field")]
        for status, fields in old["answers"].items():
            if status in new["answers"]:
                found += [f"{name}: {line}" for line in _of_output(fields, new["answers"][status], status)]
            else:
                found.append(f"{name}: it no longer answers {status}.")
    return found


def _of_input(before: Facts, now: Facts, what: str) -> list[str]:
    """Clients send what they always sent: nothing more is demanded, and nothing less is taken."""
    found = [f"{what} {name!r} is required now." for name in now if _is_demanded(before.get(name), now[name])]
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            found.append(f"{what} {name!r} is no longer taken.")
            continue
        if lost := _values(old) - _values(new):
            found.append(f"{what} {name!r} no longer takes {_listed(lost)}.")
        if "enum" in new and "enum" not in old:
            found.append(f"{what} {name!r} takes only {_listed(_values(new))} now.")
        if lost := set(old["types"]) - set(new["types"]):
            found.append(f"{what} {name!r} is no longer taken as {_listed(lost)}.")
    return found


def _is_demanded(old: Facts | None, new: Facts) -> bool:
    return bool(new.get("required")) and not (old and old.get("required"))


def _of_output(before: Facts, now: Facts, status: str) -> list[str]:
    """Clients read what they always read, and know what it may be."""
    found: list[str] = []
    for name, old in before.items():
        new = now.get(name)
        if new is None:
            found.append(f"the field {name!r} is gone from its {status}.")
            continue
        if old.get("required") and not new.get("required"):
            found.append(f"the field {name!r} may be missing from its {status}.")
        if more := set(new["types"]) - set(old["types"]):
            found.append(f"the field {name!r} of its {status} may be {_listed(more)} now.")
        if lost := _values(old) - _values(new):
            found.append(f"the field {name!r} of its {status} is never {_listed(lost)} any more.")
    return found


def _values(facts: Facts) -> set[str]:
    return {json.dumps(value) for value in facts.get("enum", ())}


def _listed(values: set[str]) -> str:
    return ", ".join(sorted(values))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
