"""What is asked of the plain project: each scenario is a name and its requests, sent one after the other."""

import base64
import json
from typing import Any, NamedTuple


class Ask(NamedTuple):
    """One request; ``as_user`` has logged in by a session."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}
    as_user: str = ""
    csrf: bool = False


def ask(method: str, path: str, data: Any = None, **options: Any) -> Ask:
    """A request; data goes as JSON, bytes as they are."""
    as_user, csrf = options.pop("as_user", ""), options.pop("csrf", False)
    headers = {name.replace("_", "-"): value for name, value in options.items()}
    if data is None:
        return Ask(method, path, b"", headers, as_user, csrf)
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Ask(method, path, body, {"content-type": "application/json", **headers}, as_user, csrf)


def get(path: str, **options: Any) -> list[Ask]:
    """One GET."""
    return [ask("GET", path, **options)]


def page(path: str, **options: Any) -> list[Ask]:
    """A page of the browsable API."""
    return [ask("GET", path, accept="text/html", **options)]


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xx"
FILE = (
    b'--xx\r\nContent-Disposition: form-data; name="name"\r\n\r\nVase\r\n'
    b'--xx\r\nContent-Disposition: form-data; name="picture"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nclay\r\n--xx--\r\n"
)
ANN = "Basic " + base64.b64encode(b"ann:open sesame").decode()
WRONG = "Basic " + base64.b64encode(b"ann:closed").decode()
TASK = {"title": "Wash", "code": "W1", "watchers": [1], "label": 2, "effort": "2.50"}
BAG = {
    "key": "00000000-0000-0000-0000-0000000000aa",
    "name": "new",
    "amount": "12.30",
    "real": 1.5,
    "flag": True,
    "day": None,
    "facts": {"a": [1, None]},
    "level": 1,
}

READING: dict[str, list[Ask]] = {
    "root": get("/"),
    "root as a page": page("/"),
    "root by its suffix": get("/.json"),
    "list": get("/tasks/"),
    "second page": get("/tasks/?page=2&size=3"),
    "list filtered": get("/tasks/?state=open&label=1"),
    "list searched": get("/tasks/?search=sweep&q=sweep"),
    "list ordered": get("/tasks/?ordering=-title&sort=-title"),
    "list by a context": get("/tasks/", x_who="ann"),
    "detail": get("/tasks/1/"),
    "detail without its slash": get("/tasks/1"),
    "detail with a suffix": get("/tasks/1.json"),
    "list by a suffix": get("/tasks.json"),
    "list by format": get("/tasks/?format=json&as=json"),
    "page by format": get("/tasks/?format=api&as=api"),
    "head": [ask("HEAD", "/tasks/1/")],
    "options": [ask("OPTIONS", "/tasks/")],
    "options of one": [ask("OPTIONS", "/tasks/1/")],
    "options of a serializer without a model": [ask("OPTIONS", "/mixed/")],
    "options as a page": [ask("OPTIONS", "/tasks/", accept="text/html")],
    "options of an action": [ask("OPTIONS", "/tasks/1/note/")],
    "page of a list": page("/tasks/"),
    "page of a later page": page("/tasks/?page=2"),
    "page of a detail": page("/tasks/1/"),
    "page of an action": page("/tasks/effort/"),
    "page of every column": page("/bags/"),
    "page of a bag": page("/bags/00000000-0000-0000-0000-000000000001/"),
    "page of slices": page("/bare/sliced"),
    "page of cursors": page("/bare/cursored"),
    "page of a view without a model": page("/bare/sums"),
    "page of hidden fields": page("/bare/shelves/1/shelves"),
    "page of uploads": page("/bare/relics"),
    "page of links": page("/linked/1/"),
    "page of nested ones": page("/bare/nested"),
    "page of a function": page("/function"),
    "page of generics": page("/generic/1/"),
    "page of somebody": page("/policy/session/", as_user="ann"),
    "every column": get("/bags/"),
    "labels": get("/labels/?limit=1"),
    "labels later": get("/labels/?limit=1&offset=1"),
    "links": get("/linked/"),
    "link": get("/linked/1/"),
    "nested": get("/bare/nested/1"),
    "slices": get("/bare/sliced?limit=1&offset=1"),
    "cursors": get("/bare/cursored"),
    "by slug": get("/bare/articles/first-one"),
    "below another": get("/bare/shelves/1/shelves"),
    "read only": get("/bare/read/1"),
    "no model": get("/bare/sums"),
    "no model, one": get("/bare/sums/7"),
    "mixins": get("/mixed/"),
    "generic": get("/generic/1/"),
    "action on a list": get("/tasks/effort/"),
    "action with a mapping": get("/tasks/1/note/"),
    "function": get("/function"),
    "function with a suffix": get("/function.json"),
    "values": get("/values/"),
    "values indented": get("/values/", accept="application/json; indent=2"),
    "values by quality": get("/values/", accept="text/html;q=0.5, application/json;q=0.9"),
    "page by quality": get("/values/", accept="application/json;q=0.5, text/html"),
    "values for all": get("/values/", accept="*/*"),
    "values for anything": get("/values/", accept="application/*"),
    "echo of a query": get("/echo/?a=1&a=2&b=%C3%BC"),
}

FORMS: dict[str, list[Ask]] = {
    "schema of its own": get("/openapi/", accept="application/vnd.oai.openapi+json"),
    "rendered": get("/rendered"),
    "admin": get("/bare/admin"),
    "admin of one": get("/bare/admin/1"),
    "template": get("/page/it/"),
    "csv by accept": get("/rendered", accept="text/csv"),
    "csv by suffix": get("/rendered.csv"),
    "csv by format": get("/rendered?format=csv&as=csv"),
    "xml": get("/rendered", accept="application/xml"),
    "text in latin": get("/rendered", accept="text/plain"),
    "best of several": get("/rendered", accept="application/pdf, application/xml;q=0.4, text/csv;q=0.8"),
    **{
        f"answer {kind}": get(f"/answers/{kind}/")
        for kind in ("headed", "cookie", "typed", "empty", "nothing", "error", "plain", "json", "stream", "file")
    },
}

WRITING: dict[str, list[Ask]] = {
    "create": [ask("POST", "/tasks/", TASK, x_who="ann"), *get("/tasks/5/")],
    "create by a form": [ask("POST", "/tasks/", b"title=Wash&code=W1&watchers=1&watchers=2", content_type=FORM)],
    "create on a page": [ask("POST", "/tasks/", TASK, accept="text/html")],
    "update": [ask("PUT", "/tasks/1/", TASK), *get("/tasks/1/")],
    "change": [ask("PATCH", "/tasks/1/", {"title": "Other"}), *get("/tasks/1/")],
    "delete": [ask("DELETE", "/tasks/1/"), *get("/tasks/?size=10")],
    "delete on a page": [ask("DELETE", "/tasks/1/", accept="text/html")],
    "do": [ask("POST", "/tasks/1/finish-it/"), *get("/tasks/1/")],
    "mapped put": [ask("PUT", "/tasks/1/note/", {"a": 1})],
    "mapped delete": [ask("DELETE", "/tasks/1/note/")],
    "not raised": [ask("POST", "/tasks/check/", {"title": ""})],
    "bag": [ask("POST", "/bags/", BAG), *get(f"/bags/{BAG['key']}/")],
    "link made": [ask("POST", "/linked/", {"title": "L", "code": "L1", "label": "http://testserver/labels/1/"})],
    "nested made": [
        ask(
            "POST",
            "/bare/nested",
            {"title": "N", "code": "N1", "label": {"name": "new"}, "watchers": [{"name": "eye"}, {"name": "ear"}]},
        )
    ],
    "several made": [ask("POST", "/several/", [{"name": "x"}, {"name": "y"}]), *get("/mixed/")],
    "made by mixins": [ask("POST", "/mixed/", {"name": "m"})],
    "generic changed": [ask("PATCH", "/generic/2/", {"name": "g"}), ask("DELETE", "/generic/3/"), *get("/mixed/")],
    "slug changed": [ask("PATCH", "/bare/articles/first-one", {"slug": "other"}), *get("/bare/articles/other")],
    "hidden field": [ask("POST", "/bare/shelves/1/shelves", {"name": "s", "inside": 1})],
    "sum": [ask("POST", "/bare/sums", {"a": 1, "b": "2.50"})],
    "upload in a form": [ask("POST", "/bare/relics", FILE, content_type=MULTIPART)],
    "upload": [ask("PUT", "/upload/a.txt", b"clay", content_type="text/plain")],
    "upload named by a header": [
        ask(
            "PUT", "/upload/a.txt", b"clay", content_type="text/plain", content_disposition="attachment; filename=b.txt"
        )
    ],
    "echo json": [ask("POST", "/echo/", {"a": [1]})],
    "echo a form": [ask("POST", "/echo/", b"a=1&b=%C3%BC", content_type=FORM)],
    "echo a file": [ask("POST", "/echo/", FILE, content_type=MULTIPART)],
    "echo a parser of one's own": [ask("POST", "/echo/", b"a=1\nb=2", content_type="text/x-lines")],
    "function posted": [ask("POST", "/function", {"a": 1})],
    "token": [ask("POST", "/token/", {"username": "ann", "password": "open sesame"})],
}

POLICY: dict[str, list[Ask]] = {
    "session": get("/policy/session/", as_user="ann"),
    "session with CSRF": [ask("POST", "/policy/session/", {}, as_user="ann", csrf=True)],
    "basic": get("/policy/basic/", authorization=ANN),
    "key": get("/policy/token/", authorization="Token 0123456789abcdef"),
    "badge": get("/policy/badge/", x_badge="ann"),
    "badge or basic": get("/policy/badge/", authorization=ANN),
    "composed": get("/policy/composed/", x_badge="ann"),
    "nobody": get("/policy/anonymous/"),
    "mine": [ask("PATCH", "/bare/mine/1", {"title": "T"}, x_badge="ann")],
    **{f"path {version}": get(f"/by-path/{version}/") for version in ("v1", "v2")},
    "default by header": get("/policy/by-header/"),
    "by header": get("/policy/by-header/", accept="application/json; version=2.0"),
    "by query": get("/policy/by-query/?version=2"),
    "by host": get("/policy/by-host/", host="v2.example.org"),
    **{f"namespace {name}": get(f"/by-namespace/{name}/here/") for name in ("first", "second")},
}

REFUSED: dict[str, list[Ask]] = {
    "no such address": get("/tasks/99/"),
    "no such page of a template": get("/page/missing/"),
    "refused by the admin": [ask("POST", "/bare/admin", {"name": ""})],
    "no such page": get("/tasks/?page=99"),
    "bad cursor": get("/bare/cursored?cursor=x"),
    "bad filter": get("/tasks/?state=sleepy"),
    "not a slug": get("/bare/articles/1"),
    "no such slug": get("/bare/articles/nothing"),
    "no number": get("/labels/abc/"),
    "no such format": get("/tasks/?format=pdf&as=pdf"),
    "no such suffix": get("/rendered.pdf"),
    "not acceptable": get("/tasks/", accept="application/pdf"),
    "not produced": get("/rendered", accept="image/png"),
    "no such method": [ask("PATCH", "/mixed/", {})],
    "read only written": [ask("DELETE", "/bare/read/1")],
    "empty": [ask("POST", "/tasks/", {})],
    "empty in German": [ask("POST", "/tasks/", {}, accept_language="de")],
    "missing in German": get("/tasks/99/", accept_language="de"),
    "not acceptable in German": get("/tasks/", accept="application/pdf", accept_language="de"),
    "who in German": get("/policy/basic/", accept_language="de"),
    "twice the same": [ask("POST", "/tasks/", {"title": "a", "code": "a", "watchers": [1]})],
    "taken": [ask("POST", "/mixed/", {"name": "home"})],
    "bad values": [ask("POST", "/bags/", {"amount": "1e9", "small": "x", "day": "never", "level": 3, "token": "no"})],
    "bad link": [ask("POST", "/linked/", {"title": "L", "code": "L1", "label": "http://testserver/tasks/1/"})],
    "bad inside": [
        ask("POST", "/bare/nested", {"title": "N", "code": "N1", "watchers": [{"name": "ok"}, {"name": ""}]})
    ],
    "bad among several": [ask("POST", "/several/", [{"name": "x"}, {}]), *get("/mixed/")],
    "not a list": [ask("POST", "/several/", {"name": "x"})],
    "no JSON": [ask("POST", "/tasks/", b"{", content_type="application/json")],
    "not an object": [ask("POST", "/tasks/", [])],
    "unknown type": [ask("POST", "/echo/", b"a", content_type="text/odd")],
    "no file name": [ask("POST", "/echo/", b"--xx", content_type="multipart/form-data")],
    "refused on a page": [ask("POST", "/tasks/", {"title": ""}, accept="text/html")],
    "form refused on a page": [ask("POST", "/tasks/", b"title=&code=W1", accept="text/html", content_type=FORM)],
    "missing on a page": page("/tasks/99/"),
    "nobody on a page": page("/policy/basic/"),
    "not acceptable on a page": get("/rendered", accept="text/html"),
    "nobody": get("/policy/basic/"),
    "wrong password": get("/policy/basic/", authorization=WRONG),
    "no challenge": get("/policy/session/"),
    "no CSRF": [ask("POST", "/policy/session/", {}, as_user="ann")],
    "bad key": get("/policy/token/", authorization="Token no"),
    "bad badge": get("/policy/badge/", x_badge="nobody"),
    "not Ann": get("/policy/ann/", x_badge="bob"),
    "not composed": get("/policy/composed/", x_badge="bob"),
    "not mine": [ask("PATCH", "/bare/mine/1", {"title": "T"}, x_badge="bob")],
    "bad login": [ask("POST", "/token/", {"username": "ann", "password": "closed"})],
    "too often": get("/policy/anonymous/") * 3,
    "known too often": get("/policy/user/", x_badge="ann") * 3,
    "scope too often": get("/policy/scoped/") * 2,
    "function too often": get("/seldom/") * 3,
    "never": get("/policy/never/"),
    "no such version of a path": get("/by-path/v9/"),
    "no such version of a header": get("/policy/by-header/", accept="application/json; version=9"),
    "no such version of a query": get("/policy/by-query/?version=9"),
    "no such version of a host": get("/policy/by-host/", host="v9.example.org"),
    "no such namespace": get("/by-namespace/third/here/"),
    **{
        f"raised {kind}": get(f"/raising/{kind}/")
        for kind in ("quota", "coded", "listed", "missing", "not_found", "denied", "method")
    },
    "raised after writing": [ask("POST", "/fails/", {}), *get("/mixed/")],
}

KEPT = READING | FORMS | WRITING | POLICY
"""Those that REST framework answers with no error: nothing of them may change."""
