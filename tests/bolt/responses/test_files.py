"""Tests of answers that are files."""

import asyncio
import email.parser
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db.models.fields.files import FieldFile
from django.utils.http import http_date
from hypothesis import given
from hypothesis import strategies as st

from ironbolt.bolt.responses import FileResponse
from ironbolt.bolt.responses.disposition import content_disposition
from ironbolt.bolt.responses.preconditions import may_resume, outcome
from tests.bolt.delivering import Exchange, deliver

pytestmark = pytest.mark.row("B21")

CONTENT = bytes(range(256)) * 40
MODIFIED = 1_700_000_000
DATE = http_date(MODIFIED)
EARLIER, LATER = http_date(MODIFIED - 10), http_date(MODIFIED + 10)


@pytest.fixture
def file(tmp_path):
    """A file of ten kilobytes that last changed at a known time."""
    path = tmp_path / "report.pdf"
    path.write_bytes(CONTENT)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


def get(file: Any, method: str = "GET", headers: dict[str, str] | None = None, **scope: Any) -> Exchange:
    """Ask for a file."""
    return deliver(FileResponse(file), method, headers, **scope)


class TestWhole:
    def test_a_file_says_what_it_is(self, file):
        """Type, length, tag, date, and that parts can be had."""
        answer = deliver(FileResponse(file, filename="document.pdf"))
        assert (answer.status, answer.body, answer.ended) == (200, CONTENT, True)
        etag = answer.headers.pop("etag")
        assert re.fullmatch(r'"[0-9a-f]+-[0-9a-f]+"', etag)
        assert {**answer.headers, "etag": ""} == {
            "content-type": "application/pdf",
            "content-disposition": 'attachment; filename="document.pdf"',
            "content-length": str(len(CONTENT)),
            "accept-ranges": "bytes",
            "last-modified": DATE,
            "etag": "",
        }

    def test_a_handler_s_headers_win(self, file):
        """The guide's preview: its own type and its own disposition, each once."""
        headers = {"Content-Disposition": "inline", "ETag": '"mine"', "Content-Length": "1"}
        answer = deliver(FileResponse(file, "x.pdf", media_type="text/plain", headers=headers))
        assert answer.all("content-disposition") == ["inline"]
        assert answer.all("content-type") == ["text/plain"]
        assert answer.all("etag") == ['"mine"']
        assert answer.all("content-length") == [str(len(CONTENT))]

    @pytest.mark.parametrize(
        ("name", "media_type"),
        [
            ("a.csv", "text/csv; charset=utf-8"),
            ("a.tar.gz", "application/gzip"),
            ("a.png", "image/png"),
            ("a.unheard", "application/octet-stream"),
            ("README", "application/octet-stream"),
            ("a.svg.Z", "application/octet-stream"),
        ],
    )
    def test_the_type_is_that_of_the_name(self, name, media_type):
        """What is compressed is sent as what it is, what nobody knows as bytes."""
        assert get(_named(name)).headers["content-type"] == media_type
        assert deliver(FileResponse(io.BytesIO(b"x"), name)).headers["content-type"] == media_type

    @pytest.mark.parametrize("size", [0, 1, 2**17, 2**17 + 1, 2**19 + 3])
    def test_a_file_of_any_size_arrives_whole(self, tmp_path, size):
        """A small one at once, a large one in chunks, both with their length."""
        path = tmp_path / "x"
        path.write_bytes(os.urandom(size))
        answer = get(path)
        assert answer.body == path.read_bytes()
        assert answer.headers["content-length"] == str(size)
        assert answer.ended
        assert len(answer.sent) == (2 if size <= 2**17 else 2 + -(-size // 2**17))

    @pytest.mark.parametrize("size", [10, 2**18])
    def test_head_is_told_everything_and_given_nothing(self, tmp_path, size):
        """HEAD has the headers of GET; a range is none of its business."""
        path = tmp_path / "x"
        path.write_bytes(b"x" * size)
        answer = get(path, "HEAD", {"Range": "bytes=0-1"})
        assert (answer.status, answer.body, answer.ended) == (200, b"", True)
        assert answer.headers == get(path).headers

    def test_the_server_may_send_it_itself(self, tmp_path):
        """Where the server can, it is given the path of a large file, and of nothing but a whole one."""
        path = tmp_path / "x"
        path.write_bytes(b"x" * 2**18)
        extensions = {"http.response.pathsend": {}}
        answer = get(path, extensions=extensions)
        assert answer.sent[1] == {"type": "http.response.pathsend", "path": str(path)}
        assert answer.headers["content-length"] == str(2**18)
        assert get(path, headers={"Range": "bytes=0-9"}, extensions=extensions).body == b"x" * 10
        assert get(path, "HEAD", extensions=extensions).body == b""
        with path.open("rb") as opened:
            assert len(get(opened, extensions=extensions).body) == 2**18


class TestAbsent:
    @pytest.mark.parametrize("name", ["nothing", "report.pdf/x", "a\x00b", "x" * 5000, "folder", "pipe", "loop", ""])
    def test_what_is_no_file_is_not_found(self, file, name, caplog):
        """Nothing, a directory, a pipe or a link to itself: 404 in the envelope, the path only in the log."""
        folder = file.parent
        (folder / "folder").mkdir()
        (folder / "loop").symlink_to("loop")
        os.mkfifo(folder / "pipe")
        answer = get(f"{folder}/{name}")
        assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")
        assert str(folder).encode() not in answer.body
        assert str(folder) in caplog.text

    def test_an_unreadable_one_is_not_found(self, file, monkeypatch):
        """Permissions are nobody's business outside."""

        def refuse(*_: Any) -> int:
            raise PermissionError(13, "no")

        monkeypatch.setattr(os, "open", refuse)
        assert get(file).status == 404

    def test_a_disk_that_fails_is_an_error(self, file, monkeypatch):
        """What is no missing file is not passed off as one."""

        def fail(*_: Any) -> int:
            raise OSError(5, "the disk")

        monkeypatch.setattr(os, "open", fail)
        with pytest.raises(OSError, match="the disk"):
            get(file)

    @pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "out", "a/../../secret", "\x00", "no/../x", "."])
    def test_a_root_is_not_left(self, tmp_path, path):
        """Neither by dots nor by an absolute path nor by a link."""
        root = tmp_path / "root"
        root.mkdir()
        (tmp_path / "secret").write_bytes(b"secret")
        (root / "out").symlink_to(tmp_path / "secret")
        assert deliver(FileResponse(path, root=root)).status == 404

    def test_below_a_root_everything_can_be_had(self, tmp_path):
        """Paths are relative to the root, and links inside it are followed."""
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "x").write_bytes(b"x")
        (tmp_path / "link").symlink_to("sub")
        for path in ("sub/x", "link/x", "sub/../sub/x", str(tmp_path / "sub" / "x")):
            assert deliver(FileResponse(path, root=tmp_path)).body == b"x"
        assert deliver(FileResponse("x", root=tmp_path / "nowhere")).status == 404

    def test_text_files_are_refused(self, tmp_path):
        """A file that was opened as text has no bytes to send."""
        with (
            (tmp_path / "x").open("w", encoding="utf-8") as opened,
            pytest.raises(TypeError, match="binary"),
        ):
            FileResponse(cast(Any, opened))


class TestConditions:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"If-None-Match": "ETAG"}, 304),
            ({"If-None-Match": '"other", W/ETAG'}, 304),
            ({"If-None-Match": "*"}, 304),
            ({"If-None-Match": '"other"'}, 200),
            ({"If-None-Match": "nonsense"}, 200),
            ({"If-Modified-Since": DATE}, 304),
            ({"If-Modified-Since": LATER}, 304),
            ({"If-Modified-Since": EARLIER}, 200),
            ({"If-Modified-Since": "yesterday"}, 200),
            ({"If-None-Match": '"other"', "If-Modified-Since": DATE}, 200),
            ({"If-Match": "ETAG"}, 200),
            ({"If-Match": "*"}, 200),
            ({"If-Match": '"other"'}, 412),
            ({"If-Match": "W/ETAG"}, 412),
            ({"If-Unmodified-Since": DATE}, 200),
            ({"If-Unmodified-Since": EARLIER}, 412),
            ({"If-Unmodified-Since": "yesterday"}, 200),
            ({"If-Match": "ETAG", "If-Unmodified-Since": EARLIER}, 200),
            ({"If-Match": '"other"', "If-None-Match": "ETAG"}, 412),
            ({"If-None-Match": "ETAG", "Range": "bytes=0-1"}, 304),
            ({"If-Match": '"other"', "Range": "bytes=0-1"}, 412),
            ({"Range": "bytes=0-1", "If-Range": "ETAG"}, 206),
            ({"Range": "bytes=0-1", "If-Range": "W/ETAG"}, 200),
            ({"Range": "bytes=0-1", "If-Range": '"other"'}, 200),
            ({"Range": "bytes=0-1", "If-Range": DATE}, 206),
            ({"Range": "bytes=0-1", "If-Range": EARLIER}, 200),
            ({"Range": "bytes=0-1", "If-Range": LATER}, 200),
            ({"Range": "bytes=0-1", "If-Range": ""}, 206),
            ({"Range": "bytes=99999-", "If-Range": '"other"'}, 200),
        ],
    )
    def test_precedence_is_that_of_the_rfc(self, file, headers, status):
        """Conditions are weighed in the order of RFC 9110, 13.2.2."""
        etag = get(file).headers["etag"]
        answer = get(file, headers={name: value.replace("ETAG", etag) for name, value in headers.items()})
        assert answer.status == status
        if status == 304:
            assert (answer.body, answer.headers["etag"], answer.headers["last-modified"]) == (b"", etag, DATE)
            assert not answer.headers.keys() & {"content-length", "content-type", "content-disposition"}
        if status == 412:
            assert answer.json["error"]["code"]

    def test_a_change_is_another_tag(self, file):
        """The tag follows the file."""
        before = get(file).headers["etag"]
        os.utime(file, ns=(MODIFIED * 10**9, MODIFIED * 10**9 + 1))
        assert get(file, headers={"If-None-Match": before}).status == 200

    def test_only_reading_is_conditional_on_what_is_there(self):
        """A write that must not hit what exists fails, and what has no validators meets no date."""
        assert outcome("PUT", {"if-none-match": "*"}, '"a"', None) == 412
        assert outcome("PUT", {"if-modified-since": DATE}, '"a"', MODIFIED) == 200
        assert outcome("GET", {"if-match": '"a"'}, None, None) == 412
        assert outcome("GET", {"if-unmodified-since": DATE}, None, None) == 200
        assert outcome("GET", {"if-match": 'W/"a"'}, 'W/"a"', None) == 412
        assert not may_resume({"if-range": DATE}, None, None)

    def test_a_file_that_answers_a_post_is_given_as_it_is(self, file):
        """Conditions and ranges are for GET and HEAD."""
        assert get(file, "POST", {"Range": "bytes=0-1", "If-None-Match": "*"}).status == 200


def parts_of(answer: Exchange) -> list[tuple[str, bytes]]:
    """The parts of a multipart answer: range and bytes."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode("latin-1")
    message = email.parser.BytesParser().parsebytes(head + answer.body)
    assert message.is_multipart()
    boundary = answer.headers["content-type"].rpartition("=")[2].encode()
    raw = answer.body.split(b"--" + boundary)
    assert raw[0] == b""
    assert raw[-1] == b"--\r\n"
    found = []
    for part in raw[1:-1]:
        header, _, body = part.partition(b"\r\n\r\n")
        match = re.search(rb"content-range: ([^\r]*)", header, re.IGNORECASE)
        assert match
        found.append((match[1].decode(), body.removesuffix(b"\r\n")))
    return found


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "begin", "end"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=0-", 0, 10240),
            ("bytes=5-9", 5, 10),
            ("bytes=10239-", 10239, 10240),
            ("bytes=100-99999999", 100, 10240),
            ("bytes=-1", 10239, 10240),
            ("bytes=-99999", 0, 10240),
            ("BYTES = 5-9", 5, 10),
            ("bytes=0-4,5-9", 0, 10),
            ("bytes=5-9,0-6,3-4", 0, 10),
            ("bytes=5-9, 99999-", 5, 10),
            ("bytes=,5-9 ,", 5, 10),
        ],
    )
    def test_one_range_is_a_part(self, file, header, begin, end):
        """First to last, open and suffix; ranges that touch are one."""
        answer = get(file, headers={"Range": header})
        assert (answer.status, answer.body) == (206, CONTENT[begin:end])
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/10240"
        assert answer.headers["content-length"] == str(end - begin)
        assert answer.headers["content-type"] == "application/pdf"

    @pytest.mark.parametrize(
        "header",
        [
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=9-5",
            "lines=0-1",
            "bytes=0-1;x",
            "bytes=+0-1",
            "bytes=0-1,x",
            "bytes=\u0660-\u0669",
            "bytes=" + "9" * 5000 + "-",
            "bytes=" + ",".join(f"{begin}-{begin}" for begin in range(0, 40, 2)),
        ],
    )
    def test_what_is_no_range_is_ignored(self, file, header):
        """Malformed, of another unit or excessive: the whole file."""
        raw = [(b"range", header.encode())]
        answer = asyncio.run(_with_raw(file, raw))
        assert (answer.status, answer.body) == (200, CONTENT)

    @pytest.mark.parametrize("header", ["bytes=10240-", "bytes=99999-100000", "bytes=-0", "bytes=-0,20000-"])
    def test_a_range_beyond_the_end_is_refused(self, file, header):
        """416 says how long the file is."""
        answer = get(file, headers={"Range": header})
        assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10240")
        assert "accept-ranges" not in answer.headers
        assert answer.json["error"]["message"]

    @pytest.mark.parametrize("header", ["bytes=0-", "bytes=-1", "bytes=5-9"])
    def test_nothing_has_no_parts(self, tmp_path, header):
        """An empty file is whole."""
        (tmp_path / "x").write_bytes(b"")
        answer = get(tmp_path / "x", headers={"Range": header})
        assert (answer.status, answer.body) == (200, b"")

    @pytest.mark.parametrize("padding", [0, 2**18])
    def test_several_ranges_are_parts_of_one_answer(self, tmp_path, padding):
        """Ranges apart from each other come as multipart/byteranges, each with its place."""
        path = tmp_path / "x.png"
        path.write_bytes(CONTENT + b"x" * padding)
        size = len(CONTENT) + padding
        answer = get(path, headers={"Range": "bytes=20-29,0-9,-5"})
        assert answer.status == 206
        assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
        assert answer.headers["content-length"] == str(len(answer.body))
        assert "content-range" not in answer.headers
        content = path.read_bytes()
        assert parts_of(answer) == [
            (f"bytes 0-9/{size}", content[:10]),
            (f"bytes 20-29/{size}", content[20:30]),
            (f"bytes {size - 5}-{size - 1}/{size}", content[-5:]),
        ]

    @given(
        st.one_of(
            st.text(alphabet="bytes=0123456789-, \t", max_size=40).map("bytes={}".format),
            st.lists(
                st.tuples(st.none() | st.integers(0, 400_000), st.none() | st.integers(0, 400_000)), max_size=5
            ).map(lambda pairs: "bytes=" + ",".join("-".join("" if n is None else str(n) for n in p) for p in pairs)),
            st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30),
        ),
        st.sampled_from(["small", "large"]),
    )
    def test_any_header_gives_the_right_bytes(self, header, kind):
        """Whatever is asked for, the answer is 200, 206 or 416, and its bytes are those it says."""
        path, content = _hypothetical(kind)
        answer = get(path, headers={"Range": header})
        assert answer.status in (200, 206, 416)
        if answer.status == 200:
            assert answer.body == content
        elif answer.status == 206:
            single = answer.headers.get("content-range")
            for described, body in [(single, answer.body)] if single else parts_of(answer):
                match = re.fullmatch(rf"bytes (\d+)-(\d+)/{len(content)}", described)
                assert match
                assert body == content[int(match[1]) : int(match[2]) + 1] != b""
        if answer.status != 416:
            assert answer.headers["content-length"] == str(len(answer.body))
        assert answer.ended


async def _with_raw(file: Path, raw: list[tuple[bytes, bytes]]) -> Exchange:
    exchange = Exchange()
    exchange.scope["headers"] = raw
    return await exchange.deliver(FileResponse(file))


def _hypothetical(kind: str) -> tuple[Path, bytes]:
    content = CONTENT if kind == "small" else CONTENT * 30
    path = Path(tempfile.gettempdir()) / f"ironbolt-{os.getpid()}-{kind}.bin"
    if not path.exists():
        path.write_bytes(content)
    return path, content


@pytest.fixture(scope="module", autouse=True)
def _hypothetical_files_are_removed():
    """Hypothesis shares its files between examples."""
    yield
    for kind in ("small", "large"):
        _hypothetical(kind)[0].unlink()


class _Counting(io.RawIOBase):
    """Something that can only be read, and from its beginning."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._content.read(size)


def _named(name: str) -> Any:
    file = io.BytesIO(b"x")
    file.name = f"/some/where/{name}"
    return file


class TestOpenFiles:
    def test_an_open_file_is_sent_from_where_it_stands(self):
        """Its length and its ranges are those of the rest, and it is closed."""
        for headers, status, expected in (({}, 200, b"cdef"), ({"Range": "bytes=1-2"}, 206, b"de")):
            file = io.BytesIO(b"abcdef")
            file.seek(2)
            answer = get(file, headers=headers)
            assert (answer.status, answer.body) == (status, expected)
            assert answer.headers["content-length"] == str(len(expected))
            assert "etag" not in answer.headers
            assert file.closed

    @pytest.mark.parametrize("size", [0, 10, 2**18 + 1])
    def test_what_can_only_be_read_is_sent_to_its_end(self, size):
        """Without a length, whole whatever range is asked for."""
        answer = get(_Counting(b"x" * size), headers={"Range": "bytes=0-1"})
        assert (answer.status, answer.body, answer.ended) == (200, b"x" * size, True)
        assert not answer.headers.keys() & {"content-length", "accept-ranges"}

    def test_it_is_closed_whatever_comes(self, file):
        """After HEAD, a 304 and a 416 too."""
        for method, headers in (("HEAD", {}), ("GET", {"If-None-Match": "*"}), ("GET", {"Range": "bytes=99-"})):
            opened = io.BytesIO(b"abc")
            get(opened, method, headers)
            assert opened.closed

    def test_a_file_of_django_s(self, tmp_path):
        """ContentFile and what a storage opens."""
        assert get(ContentFile(b"abc", name="a.txt")).headers["content-type"] == "text/plain; charset=utf-8"
        storage = FileSystemStorage(tmp_path)
        name = storage.save("a.bin", ContentFile(b"abcdef"))
        assert get(storage.open(name), headers={"Range": "bytes=-2"}).body == b"ef"
        closed = File((tmp_path / name).open("rb"))
        closed.close()
        assert get(closed).body == b"abcdef"

    @pytest.mark.parametrize("local", [True, False])
    def test_the_file_of_a_field(self, tmp_path, local):
        """A local one is a path; of one that is somewhere else the tag is weak, for its date is coarse."""
        storage = FileSystemStorage(tmp_path) if local else InMemoryStorage()
        name = storage.save("a.txt", ContentFile(b"abcdef"))
        field: Any = type("Field", (), {"storage": storage, "attname": "file"})()
        answer = get(FieldFile(None, field, name))  # type: ignore[arg-type] # an instance is of no account here
        assert (answer.status, answer.body) == (200, b"abcdef")
        assert answer.headers["etag"].startswith('"' if local else 'W/"')
        again = get(FieldFile(None, field, name), headers={"If-None-Match": answer.headers["etag"]})  # type: ignore[arg-type] # likewise
        assert again.status == 304
        for missing in ("gone.txt", ""):
            assert get(FieldFile(None, field, missing)).status == 404  # type: ignore[arg-type] # likewise

    def test_a_file_that_shrinks_breaks_off(self, tmp_path, caplog):
        """What was promised and can't be given any more is no whole answer."""
        path = tmp_path / "x"
        path.write_bytes(b"x" * 2**20)

        async def run() -> Exchange:
            exchange = Exchange()
            exchange.may_send.clear()
            task = asyncio.ensure_future(exchange.deliver(FileResponse(path)))
            await asyncio.sleep(0.1)
            os.truncate(path, 2**18)
            exchange.may_send.set()
            return await task

        answer = asyncio.run(run())
        assert not answer.ended
        assert "shorter" in caplog.text

    def test_a_client_that_leaves_is_read_for_no_longer(self, tmp_path):
        """The file is closed and nobody complains."""
        file = io.BytesIO(b"x" * 2**22)

        async def run() -> Exchange:
            exchange = Exchange()
            task = asyncio.ensure_future(exchange.deliver(FileResponse(file)))
            await exchange.sent_one.wait()
            exchange.disconnect.set()
            return await asyncio.wait_for(task, 1)

        assert not asyncio.run(run()).ended
        assert file.closed


class TestNames:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a b.pdf", 'filename="a b.pdf"'),
            ('say "hi".pdf', 'filename="say \\"hi\\".pdf"; filename*=UTF-8\'\'say%20%22hi%22.pdf'),
            ("naïve.pdf", "filename=\"naive.pdf\"; filename*=UTF-8''na%C3%AFve.pdf"),
            ("文書.pdf", "filename=\"__.pdf\"; filename*=UTF-8''%E6%96%87%E6%9B%B8.pdf"),
            ("100%.pdf", "filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"),
            ("a\r\nSet-Cookie: b=c", 'filename="aSet-Cookie: b=c"'),
            ("../..\\etc/passwd", 'filename=".._.._etc_passwd"'),
            ("\u202egpj.exe", 'filename="gpj.exe"'),
            ("\uff0fetc", "filename=\"_etc\"; filename*=UTF-8''%EF%BC%8Fetc"),
        ],
    )
    def test_any_name_is_told(self, name, expected):
        """In ASCII for all, and as it is for clients of RFC 5987; never as a path or a second header."""
        assert content_disposition("inline", name) == f"inline; {expected}"

    @given(st.text())
    def test_no_name_can_break_the_header(self, name):
        """Whatever the text, a header comes of it that a client can read back."""
        value = content_disposition("attachment", name)
        assert value.isascii()
        assert value.isprintable()
        FileResponse(io.BytesIO(), name)

    def test_only_two_dispositions_are_known(self):
        """Anything else is a mistake."""
        with pytest.raises(ValueError, match="inline"):
            FileResponse("x", "x", content_disposition_type=cast(Any, "outline"))
