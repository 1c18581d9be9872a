"""Tests of the templates of paths."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.bolt.routing.templates import check_template, joined, segments_of


@pytest.mark.parametrize(
    ("path", "segments"),
    [("", []), ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("a/b", ["a", "b"]), ("/a//b", ["a", "", "b"]), ("//", [""])],
)
def test_segments(path: str, segments: list[str]) -> None:
    """One slash at each end makes no difference, any other counts."""
    assert segments_of(path) == segments


@pytest.mark.parametrize(
    ("parts", "template"), [(("/", "{pk}"), "/{pk}"), (("/a/", "/b/"), "/a/b"), (("/a", ""), "/a"), (("",), "/")]
)
def test_parts_are_joined_by_one_slash(parts: tuple[str, ...], template: str) -> None:
    """However they were written at their ends."""
    assert joined(*parts) == template


@pytest.mark.parametrize(
    "path", ["/", "/a/{b}/c.d", "/{a}/{b}", "/100%", "/café/~x", "/a-b_c", "/{user-id}", "/a<b", "/<>", "/{a}/x<1>y"]
)
def test_usual_templates_pass(path: str) -> None:
    """Fixed segments of any text, and parameters that are whole segments."""
    check_template(path, "GET")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/a?b=1", "a path ends before"),
        ("/a#b", "a path ends before"),
        ("/a//b", "nothing between two of its slashes"),
        ("/a/../b", "'..'"),
        ("/./b", "'.'"),
        ("/caf%C3%A9", "write it decoded"),
        ("/{name}.json", "is no parameter"),
        ("/v{n}", "is no parameter"),
        ("/{}", "is no parameter"),
        ("/{a", "is no parameter"),
        ("/a}", "is no parameter"),
        ("/{a}{b}", "is no parameter"),
        ("/{id:int}", "write {id}, and its type in the handler's signature, as id: int"),
        ("/<int:id>", "write {id}, and its type in the handler's signature, as id: int"),
        ("/a/<uuid:key>/b", "as key: UUID"),
        ("/<slug>", "as slug: str"),
        ("/<slug:name>.html", "as name: str"),
        ("/{rest:path}", "none takes more than one segment"),
        ("/{a}/b/{a}", "names {a} twice"),
    ],
)
def test_template_that_could_not_be_reached_is_refused(path: str, reason: str) -> None:
    """What no request could match, or another than is meant, is told at start."""
    with pytest.raises(ImproperlyConfigured, match="GET x can never be reached as it is meant") as raised:
        check_template(path, "GET x")
    assert reason in str(raised.value)
