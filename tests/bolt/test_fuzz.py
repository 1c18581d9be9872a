"""Any text in any place of a request gives a 2xx or a 4xx in the envelope, and never anything else."""

import datetime
import enum
import json
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import quote_from_bytes

import msgspec
import pytest
from asgiref.sync import async_to_sync
from hypothesis import given, settings
from hypothesis import strategies as st

from ironbolt.bolt import APIView, BoltAPI, Info
from ironbolt.bolt.params import Body, Cookie, File, Form, Header, Query
from ironbolt.core.threads import hop_to_test_thread

EXAMPLES = settings(max_examples=150, deadline=None)


class Colour(enum.Enum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Inner(msgspec.Struct):
    """Something nested."""

    at: datetime.datetime
    amounts: list[Decimal]


class Thing(msgspec.Struct):
    """A body with something of every kind."""

    name: Annotated[str, msgspec.Meta(max_length=10)]
    count: Annotated[int, msgspec.Meta(ge=0)] = 0
    colour: Colour | None = None
    inner: Inner | None = None
    ids: dict[str, uuid.UUID] = {}
    kind: Literal["a", "b"] = "a"


class Group(msgspec.Struct):
    """Query parameters that belong together."""

    page: Annotated[int, msgspec.Meta(ge=1)] = 1
    since: datetime.date | None = None


KINDS: dict[str, Any] = {
    "text": str,
    "int": int,
    "float": float,
    "bool": bool,
    "uuid": uuid.UUID,
    "decimal": Decimal,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "duration": datetime.timedelta,
    "enum": Colour,
    "literal": Literal["x", 1],
    "short": Annotated[str, msgspec.Meta(max_length=3, pattern="^[a-c]*$")],
    "bounded": Annotated[int, msgspec.Meta(ge=1, le=9)],
}

api = BoltAPI(info=Info(served=False))


def _register(name: str, kind: Any) -> None:
    async def in_path(value: Any) -> str:
        return repr(value)

    async def in_query(value: Any = None, values: Any = ()) -> str:
        return repr((value, values))

    async def in_header(value: Any = None) -> str:
        return repr(value)

    async def in_cookie(value: Any = None) -> str:
        return repr(value)

    def in_form(value: Any, values: Any = ()) -> str:
        return repr((value, values))

    in_path.__annotations__["value"] = kind
    in_query.__annotations__.update(value=kind | None, values=Annotated[list[kind], Query()])
    in_header.__annotations__["value"] = Annotated[kind | None, Header(alias="X-Value")]
    in_cookie.__annotations__["value"] = Annotated[kind | None, Cookie()]
    in_form.__annotations__.update(value=Annotated[kind, Form()], values=Annotated[list[kind], Form()])
    api.get(f"/path/{name}/{{value}}")(in_path)
    api.get(f"/query/{name}")(in_query)
    api.get(f"/header/{name}")(in_header)
    api.get(f"/cookie/{name}")(in_cookie)
    api.post(f"/form/{name}")(in_form)


for _name, _kind in KINDS.items():
    _register(_name, _kind)


@api.post("/body/struct")
async def struct_body(data: Thing) -> Thing:
    """A Struct."""
    return data


@api.post("/body/list")
async def list_body(data: list[Thing]) -> int:
    """Several."""
    return len(data)


@api.post("/body/dict")
async def dict_body(data: dict[str, int]) -> dict[str, int]:
    """Names and numbers."""
    return data


@api.post("/body/any")
async def any_body(data: Annotated[Any, Body()]) -> Any:
    """Whatever it is."""
    return data


@api.get("/group")
async def group(group: Annotated[Group, Query()]) -> Group:
    """A group of parameters."""
    return group


@api.view("/class/{number}")
class ByClass(APIView):
    """The same by a class in a thread."""

    def post(self, number: int, data: Thing, size: Decimal = Decimal(1)) -> str:
        """Take something from every place."""
        return f"{number} {data} {size}"


@api.post("/upload")
def upload(file: Annotated[Any, File()], name: Annotated[str, Form()] = "") -> str:
    """A file."""
    return f"{name} {file.size}"


def answer_to(
    method: str, path: bytes, query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = (), body: bytes = b""
) -> tuple[int, Any]:
    """What a server would get from the engine for these very bytes."""
    sent: list[Any] = []
    incoming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("utf-8", errors="surrogateescape"),
        "raw_path": path,
        "query_string": query,
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
        "scheme": "http",
        "root_path": "",
    }
    with hop_to_test_thread():
        async_to_sync(api.asgi())(scope, receive, send)
    return sent[0]["status"], msgspec.json.decode(b"".join(part.get("body", b"") for part in sent[1:]))


def check(status: int, answer: Any) -> None:
    """A success, or an error of the client's in the one shape."""
    if 200 <= status < 300:
        return
    assert 400 <= status < 500, (status, answer)
    error = answer["error"]
    assert set(error) == {"code", "message", "details"}
    assert isinstance(error["details"], dict)
    for messages in error["details"].values():
        assert messages
        assert all(isinstance(message, str) for message in messages)


texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "-0", "1e400", "NaN", "Infinity", "9" * 400, "true", "null", "None", "٣", "1_000", "\x00", "\ud800",
         "2024-02-30", "24:00:00", "0000-01-01T00:00:00Z", "P1Y", "1.", ".5", "+1", " 1 ", "%00", "a" * 5000]
    ),
)  # fmt: skip
raw = st.one_of(st.binary(max_size=40), texts.map(lambda text: text.encode("utf-8", errors="surrogatepass")))
header_bytes = raw.map(lambda value: value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b""))
kinds = st.sampled_from(sorted(KINDS))

READ_BY_THE_ENGINE = [b"accept", b"content-type", b"content-length", b"x-request-id", b"host", b"range"]
BODIES = ["/body/struct", "/body/list", "/body/dict", "/body/any", "/class/1"]


@EXAMPLES
@given(kinds, raw)
def test_any_text_in_a_path(kind: str, value: bytes) -> None:
    """A path is found and read, or it is a 404."""
    check(*answer_to("GET", b"/path/" + kind.encode() + b"/" + value))


@EXAMPLES
@given(kinds, st.lists(st.tuples(st.sampled_from(["value", "values", "other"]), raw), max_size=4))
def test_any_text_in_a_query(kind: str, pairs: list[tuple[str, bytes]]) -> None:
    """A query is read, or the 400 says what is wrong."""
    query = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in pairs).encode()
    check(*answer_to("GET", f"/query/{kind}".encode(), query))


@EXAMPLES
@given(kinds, raw)
def test_any_bytes_as_a_query_string(kind: str, query: bytes) -> None:
    """Even what is no query string."""
    check(*answer_to("GET", f"/query/{kind}".encode(), query))
    check(*answer_to("GET", b"/group", query))


@EXAMPLES
@given(kinds, header_bytes)
def test_any_text_in_a_header(kind: str, value: bytes) -> None:
    """Headers and cookies alike."""
    check(*answer_to("GET", f"/header/{kind}".encode(), headers=((b"x-value", value),)))
    check(*answer_to("GET", f"/cookie/{kind}".encode(), headers=((b"cookie", b"value=" + value),)))
    check(*answer_to("GET", f"/cookie/{kind}".encode(), headers=((b"cookie", value),)))


@EXAMPLES
@given(
    st.sampled_from([b"accept", b"content-type", b"content-length", b"x-request-id", b"host", b"range"]), header_bytes
)
def test_any_text_in_a_header_that_the_engine_reads(name: bytes, value: bytes) -> None:
    """Those that decide how a request is answered."""
    check(*answer_to("POST", b"/body/struct", headers=((name, value),), body=b'{"name": "a"}'))


@pytest.mark.django_db
@EXAMPLES
@given(kinds, st.lists(st.tuples(st.sampled_from(["value", "values"]), raw), max_size=4), st.booleans())
def test_any_text_in_a_form(kind: str, pairs: list[tuple[str, bytes]], as_it_comes: bool) -> None:
    """A form is read, or the 400 says what is wrong."""
    parts = [(name, value if as_it_comes else quote_from_bytes(value).encode()) for name, value in pairs]
    body = b"&".join(name.encode() + b"=" + value for name, value in parts)
    headers = ((b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"%d" % len(body)))
    check(*answer_to("POST", f"/form/{kind}".encode(), headers=headers, body=body))


@pytest.mark.django_db
@EXAMPLES
@given(raw, header_bytes, st.booleans())
def test_any_bytes_as_a_multipart_body(content: bytes, name: bytes, whole: bool) -> None:
    """A part is read, or the upload refused."""
    part = b'--b\r\ncontent-disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n' + content + b"\r\n"
    body = part + b"--b--\r\n" if whole else part[: len(part) // 2]
    headers = ((b"content-type", b"multipart/form-data; boundary=b"), (b"content-length", b"%d" % len(body)))
    check(*answer_to("POST", b"/upload", headers=headers, body=body))


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "count", "colour", "inner", "ids", "at", "amounts"]) | texts, inner)
    ),
    max_leaves=8,
)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()  # not msgspec: NaN and lone surrogates are wanted


@pytest.mark.django_db
@EXAMPLES
@given(
    st.sampled_from(["/body/struct", "/body/list", "/body/dict", "/body/any", "/class/1"]),
    plain_data.map(_encoded) | raw,
)
def test_any_json_and_what_is_none_in_a_body(path: str, body: bytes) -> None:
    """A body is read, or the 4xx says what is wrong."""
    headers = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)))
    check(*answer_to("POST", path.encode(), headers=headers, body=body))
