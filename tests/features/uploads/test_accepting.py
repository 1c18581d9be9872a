"""Which files are taken: by size, name and content, which have to agree."""

import re
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironbolt.features.uploads import Refused, UploadRule, accept
from ironbolt.features.uploads.kinds import KINDS, USUAL, kinds_of
from ironbolt.features.uploads.names import shown_name, stored_name
from ironbolt.features.uploads.rules import size_text
from tests.features.uploads.files import (
    ELF,
    EXE,
    MP4,
    PDF,
    WEBM,
    WORD,
    drawing,
    package,
    picture,
    sent,
    vast_png,
)

ALL = UploadRule(tuple(KINDS), 2**20, 1_000_000)
SHEET = ("[Content_Types].xml", "xl/workbook.xml")
SHOW = ("[Content_Types].xml", "ppt/presentation.xml")


def taken(name: str, content: bytes, rule: UploadRule = ALL) -> str:
    """The type that a file is taken as."""
    file = sent(name, content)
    accepted = accept(file, rule)
    assert file.tell() == 0
    assert file.read() == content
    assert re.fullmatch(r"[0-9a-f]{32}\.\w+", accepted.stored_as)
    assert accepted.size == len(content)
    return accepted.content_type


@pytest.mark.parametrize(
    ("name", "content", "mime"),
    [
        ("a.jpg", picture("JPEG"), "image/jpeg"),
        ("a.JPEG", picture("JPEG"), "image/jpeg"),
        ("a.png", picture("PNG"), "image/png"),
        ("a.gif", picture("GIF"), "image/gif"),
        ("a.webp", picture("WEBP"), "image/webp"),
        ("a.tiff", picture("TIFF"), "image/tiff"),
        ("a.bmp", picture("BMP"), "image/bmp"),
        ("a.avif", picture("AVIF"), "image/avif"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.txt", "Straße\n\tund so".encode(), "text/plain"),
        ("a.md", b"# Title\n", "text/markdown"),
        ("a.csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n", "text/csv"),
        ("MZ.txt", b"MZ is a label", "text/plain"),
        ("a.json", b'{"a": [1, 2]}', "application/json"),
        ("a.zip", package("a.txt"), "application/zip"),
        ("a.docx", package(*WORD), KINDS[14].mime),
        ("a.xlsx", package(*SHEET), KINDS[15].mime),
        ("a.pptx", package(*SHOW), KINDS[16].mime),
        ("a.mp3", b"ID3\x03\0\0\0\0\0\0" + bytes(30), "audio/mpeg"),
        ("a.mp3", b"\xff\xfb\x90\x00" + bytes(30), "audio/mpeg"),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), "audio/wav"),
        ("a.ogg", b"OggS\0\2" + bytes(40), "audio/ogg"),
        ("a.mp4", MP4, "video/mp4"),
        ("a.webm", WEBM, "video/webm"),
        ("a.svg", drawing("<path d='M0 0'/>"), "image/svg+xml"),
        ("report v1.2.pdf", PDF, "application/pdf"),
    ],
)
@pytest.mark.row("M08")
def test_what_is_as_it_says_is_taken(name: str, content: bytes, mime: str) -> None:
    """Each type by its content, whatever the case of its extension."""
    assert taken(name, content) == mime


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        # another type than the name says
        ("a.png", picture("JPEG"), "content of the file is not what its name says: image/png"),
        ("a.jpg", PDF, "content of the file is not what its name says"),
        ("a.pdf", picture("PNG"), "content of the file is not what its name says"),
        ("a.png", b"hello", "content of the file is not what its name says"),
        ("a.docx", package("a.txt"), "content of the file is not what its name says"),
        ("a.xlsx", package(*WORD), "content of the file is not what its name says"),
        ("a.mp4", WEBM, "content of the file is not what its name says"),
        # programs, scripts, pages
        ("a.png", ELF, "This is a program"),
        ("a.pdf", EXE, "This is a program"),
        ("setup.exe", EXE, "This is a program"),
        ("a.txt", b"#!/bin/sh\nrm -rf /\n", "This is a script"),
        ("a.txt", b"\xef\xbb\xbf  <?PHP echo 1;", "This is a script"),
        ("a.txt", b" \n<!DOCTYPE HTML><p>", "This is a page for browsers"),
        ("a.csv", b"<ScRiPt>alert(1)</script>", "This is a page for browsers"),
        ("a.txt", "<html>".encode("utf-16"), "This is a page for browsers"),
        ("a.txt", drawing(), "This is a page for browsers"),
        ("a.html", b"hello", "extension .html are not taken"),
        ("a.php.jpg", picture("JPEG"), "extension .php, which servers may run"),
        ("a.js", b"alert(1)", "extension .js are not taken. Taken are: jpg, jpeg"),
        ("picture", picture(), "has no extension"),
        (".png", picture(), "has no extension"),
        # broken
        ("a.png", picture()[:40], "picture is broken"),
        ("a.png", picture()[:-20] + bytes(20), "picture is broken"),
        ("a.gif", b"GIF89a", "picture is broken"),
        ("a.jpg", b"\xff\xd8\xff\xe0" + bytes(50), "picture is broken"),
        ("a.zip", package("a")[:30], "package is broken"),
        ("a.txt", b"caf\xe9", "no text in UTF-8"),
        ("a.txt", "caf\u00e9".encode()[:-1], "no text in UTF-8"),
        ("a.csv", b"a\0b", "characters that stand in no text"),
        ("a.json", b"{'a': 1}", "no valid JSON"),
        ("a.json", b"[" * 100_000, "no valid JSON"),
        # too much
        ("a.png", vast_png(1001, 1000), "The picture has 1001 by 1000 pixels, and may have 1000000 in all"),
        ("a.png", vast_png(100_000, 100_000), "pixels"),
        ("a.zip", package("a", content=bytes(60_000_000), compressed=True), "far more than its size"),
        ("a.zip", package(*map(str, range(10_001))), "more than 10000 files"),
        ("a.docx", package(*WORD, "word/vbaProject.bin"), "holds macros"),
        ("a.txt", b"x" * (2**20 + 1), "larger than 1 MB"),
    ],
)
@pytest.mark.row("M08")
def test_what_is_not_is_refused(name: str, content: bytes, reason: str) -> None:
    """And the client is told why."""
    rule = UploadRule(tuple(KINDS), 2**24, 1_000_000) if "10000 files" in reason else ALL
    with pytest.raises(Refused, match=re.escape(reason)):
        taken(name, content, rule)


@pytest.mark.parametrize(
    "inside",
    [
        "<g fill='url(#a)' style='fill: url( \"#a\" )'/>",
        "<use href='#a'/>",
        "<a href='https://example.org/'><text>on top: JavaScript</text></a>",
        "<image href='data:image/png;base64,iVBORw0='/>",
        "<style>/* url(http://x) */ .a { fill: red; background: url('#b') }</style>",
        "<style>/* it's */ a { content: '/*' } /* url(http://x) */</style>",
        "<set attributeName='fill' to='red'/>",
    ],
)
def test_drawings_that_only_draw_are_taken(inside: str) -> None:
    """Also with links for people, inner references, and pictures inside."""
    assert taken("a.svg", drawing(inside)) == "image/svg+xml"


@pytest.mark.parametrize(
    "content",
    [
        drawing("<script>alert(1)</script>"),
        drawing("<SCRIPT/>"),
        drawing("<x:script xmlns:x='http://www.w3.org/2000/svg'/>"),
        drawing(attributes="onload='alert(1)'"),
        drawing("<g ONCLICK='x'/>"),
        drawing("<a href='javascript:alert(1)'/>"),
        drawing("<a href=' java&#10;script:alert(1)'/>"),
        drawing("<a xlink:href='data:text/html,x' xmlns:xlink='http://www.w3.org/1999/xlink'/>"),
        drawing("<a href='#x' xml:base='javascript:alert(1)'/>"),
        drawing("<use href='https://example.org/a.svg#x'/>"),
        drawing("<image href='https://example.org/a.png'/>"),
        drawing("<image href='data:image/svg+xml;base64,AA'/>"),
        drawing("<foreignObject/>"),
        drawing("<p xmlns='http://www.w3.org/1999/xhtml'/>"),
        drawing("<set attributeName='href' to='javascript:alert(1)'/>"),
        drawing("<animate attributeName='xlink:href' values='javascript:alert(1)'/>"),
        drawing("<g style='background: url(http://x)'/>"),
        drawing("<g style='background: u\\72l(http://x)'/>"),
        drawing("<style>@import 'http://x';</style>"),
        drawing('<style>a{b:url("http://x")}<g/></style>'),
        drawing("<style><![CDATA[@im/**/port 'x']]></style>"),
        drawing("<style>@import url(http://x);<style></style></style>"),
        drawing("<style>a{}<style>/*</style>b{c:url(http://x)}</style>"),
        drawing("<style>a{content:'/*'} b{background:url(http://x)} c{content:'*/'}</style>"),
        drawing('<style>a{b:"\\"/*"} b{c:url(http://x)} c{d:"*/"}</style>'),
        drawing("<style>a{b:url(#/*)} b{c:url(http://x)} c{d:url(#*/)}</style>"),
        drawing("<style>a{b:'\n'/*'} b{c:url(http://x)} c{d:'*/'}</style>"),
        drawing("<style>a{b:u\\72l(#/*)} b{c:url(http://x)} c{d:url(#*/)}</style>"),
        drawing("<style>a{b:src('http://x')}</style>"),
        drawing("<g style=\"b:-webkit-image-set('http://x' 1x)\"/>"),
        drawing("<a ping='http://x' href='#a'/>"),
        drawing(before="<!DOCTYPE svg [<!ENTITY a 'b'>]>"),
        drawing(before="<?xml-stylesheet href='http://x'?>"),
        drawing("<g>" * 300 + "</g>" * 300),
        b"<svg",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"\xff\xfe\x00",
    ],
)
@pytest.mark.row("M08")
def test_drawings_that_act_are_refused(content: bytes) -> None:
    """Scripts, handlers, pages, entities, styles and links that reach elsewhere."""
    with pytest.raises(Refused, match="drawing"):
        taken("a.svg", content)


@pytest.mark.parametrize("piece", ["/*", "'", '"', "url(", "url(#", "url( ", "\\", "'/*", "'\n", "/*'*/"])
def test_styles_are_read_in_a_time_that_grows_with_their_length(piece: str) -> None:
    """Whatever they are made of; a second would be a hundred times what they take."""
    file, begin = sent("a.svg", drawing(f"<style>{piece * (2**19 // len(piece))}</style>")), process_time()
    with suppress(Refused):
        accept(file, ALL)
    assert process_time() - begin < 1


def test_drawings_are_refused_where_nobody_has_named_them() -> None:
    """They begin like pages; all pictures do not mean drawings."""
    for allowed in (USUAL, ("image/*",)):
        with pytest.raises(Refused, match="a page for browsers"):
            taken("a.svg", drawing(), UploadRule(kinds_of(allowed), 2**20))


def test_pictures_of_any_size_are_taken_where_nobody_measures() -> None:
    """``max_pixels=None`` leaves them alone."""
    rule = UploadRule(kinds_of(("image/*",)), 2**20, None)
    assert taken("a.png", vast_png(100_000, 100_000), rule) == "image/png"


@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=200) | st.sampled_from([picture(), picture("GIF"), PDF, package(*WORD), drawing()]),
    cut=st.integers(0, 300),
    more=st.binary(max_size=20),
    name=st.text(max_size=12).map(str) | st.sampled_from(["a", "b.php"]),
    kind=st.sampled_from(KINDS),
)
def test_no_bytes_are_too_odd(content: bytes, cut: int, more: bytes, name: str, kind: Any) -> None:
    """Whatever is sent is taken or refused, and nothing else is raised."""
    body = content[:cut] + more + content[cut:]
    if not body:
        return
    file = sent("x", body)
    file._name = f"{name}{kind.extensions[0]}"
    try:
        accepted = accept(file, ALL)
    except Refused as refusal:
        assert str(refusal)  # noqa: PT017 - both outcomes are right
    else:
        assert accepted.kind is kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo.png", "photo.png"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\a b.PNG", "a b.PNG"),
        ("a\0b\u202egnp.exe.png", "abgnp.exe.png"),
        ("<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"),
        ("  .. .png", "png"),
        ("a" * 300 + ".jpeg", "a" * 95 + ".jpeg"),
        ("\n\t", "file"),
        ("Stra\u00dfe.txt", "Stra\u00dfe.txt"),
    ],
)
@pytest.mark.row("M08")
def test_names_are_made_harmless(name: str, shown: str) -> None:
    """Without paths, invisible characters, markup; and not too long."""
    assert shown_name(name) == shown


def test_stored_names_cannot_be_guessed() -> None:
    """128 bits, another one each time, and nothing of what the client said but the extension."""
    assert len({stored_name(".png") for _ in range(100)}) == 100


def test_sizes_are_told_in_words() -> None:
    """For people."""
    assert [size_text(size) for size in (5, 2048, 3 * 2**20, int(1.5 * 2**20))] == ["5 bytes", "2 kB", "3 MB", "1.5 MB"]
