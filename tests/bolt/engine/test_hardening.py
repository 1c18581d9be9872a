"""Tests of what Django's middleware would have given: hosts, the way to HTTPS, security headers."""

from typing import Any

import pytest

from ironbolt.bolt import BoltAPI, Info
from ironbolt.testing import TestClient


def client(**headers: str) -> TestClient:
    """A client of an API with one route, compiled under the settings of now."""
    api = BoltAPI("/api", info=Info(served=False))

    @api.get("/url/{name}")
    async def url(request, name: str) -> Any:
        return {"url": request.url, "scheme": request.scheme}

    return TestClient(api, headers=headers)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil.example",
        "testserver, evil.example",
        "testserver/evil",
        "testserver:80:80",
        "testserver\\evil",
        "",
        " ",
        "[::1",
        "é",
        "a" * 10_000,
    ],
)
def test_host_that_is_not_ours_is_refused(host: str) -> None:
    """Only hosts of ALLOWED_HOSTS are answered; anything else is a 400 in the envelope."""
    answer = client(host=host).get("/api/url/x")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("host", ["testserver", "TestServer", "testserver:8000", "testserver."])
def test_our_host_is_taken_in_every_spelling(host: str) -> None:
    """Case, port and a final dot make no other host."""
    assert client(host=host).get("/api/url/x").status_code == 200


def test_forwarded_host_counts_only_where_the_settings_trust_it(settings) -> None:
    """X-Forwarded-Host is a client's word unless a proxy is said to set it, and is checked either way."""
    evil = {"x-forwarded-host": "evil.example"}
    assert client().get("/api/url/x", headers=evil).json()["url"] == "http://testserver/api/url/x"
    settings.USE_X_FORWARDED_HOST = True
    assert client().get("/api/url/x", headers=evil).status_code == 400
    settings.ALLOWED_HOSTS = ["shop.example"]
    ours = {"x-forwarded-host": "shop.example"}
    assert client().get("/api/url/x", headers=ours).json()["url"] == "http://shop.example/api/url/x"


def test_proxy_tells_of_https_only_where_the_settings_trust_it(settings) -> None:
    """X-Forwarded-Proto is believed under SECURE_PROXY_SSL_HEADER alone, and its first value decides."""
    forwarded = {"x-forwarded-proto": "https"}
    assert client().get("/api/url/x", headers=forwarded).json()["scheme"] == "http"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for value, scheme in (("https", "https"), ("https, http", "https"), ("http, https", "http"), ("x", "http")):
        answer = client().get("/api/url/x", headers={"x-forwarded-proto": value})
        assert answer.json()["scheme"] == scheme
    assert client().get("https://testserver/api/url/x").json()["scheme"] == "https"
    assert client().get("/api/url/x", headers={"x_forwarded_proto": "https"}).json()["scheme"] == "http"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/api/url/x?a=1&b=%20", "https://testserver/api/url/x?a=1&b=%20"),
        ("//evil.example/x", "https://testserver//evil.example/x"),
        ("/api/url/%0d%0aSet-Cookie:a=b", "https://testserver/api/url/%0d%0aSet-Cookie:a=b"),
        ("/%2F%2Fevil.example", "https://testserver/%2F%2Fevil.example"),
        ("/@evil.example", "https://testserver/@evil.example"),
    ],
)
def test_redirect_to_https_stays_on_our_host(settings, path: str, location: str) -> None:
    """Whatever the path, the redirect goes to the same host, path and query."""
    settings.SECURE_SSL_REDIRECT = True
    answer = client().get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, location)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("raw_path", [b"", None, b"@evil.example/x"])
def test_redirect_does_not_depend_on_the_raw_path(settings, raw_path: bytes | None) -> None:
    """A server may leave the raw path out, or hand over what is no path; the host is ours all the same."""
    settings.SECURE_SSL_REDIRECT = True
    api = client()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await api._app({**scope, "path": "/a b\r\n?é", "raw_path": raw_path}, receive, send)

    location = TestClient(app).get("/").headers["location"]
    assert location in ("https://testserver/a%20b%0D%0A%3F%C3%A9", "https://testserver/@evil.example/x")


def test_redirect_goes_to_the_host_of_the_settings_and_spares_exempt_paths(settings) -> None:
    """SECURE_SSL_HOST and SECURE_REDIRECT_EXEMPT mean what they mean to Django."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_SSL_HOST = "secure.example"
    settings.SECURE_REDIRECT_EXEMPT = [r"^api/url/health"]
    assert client().get("/api/url/x").headers["location"] == "https://secure.example/api/url/x"
    assert client().get("/api/url/health").status_code == 200
    assert client().get("https://testserver/api/url/x").status_code == 200


def test_unknown_host_is_refused_before_it_is_redirected_to(settings) -> None:
    """The redirect never repeats a host that is not ours."""
    settings.SECURE_SSL_REDIRECT = True
    assert client(host="evil.example").get("/api/url/x").status_code == 400


def test_https_is_promised_only_over_https(settings) -> None:
    """HSTS leaves with answers over HTTPS, in the words of the settings."""
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    secure = client().get("https://testserver/api/url/x")
    assert secure.headers["strict-transport-security"] == "max-age=3600; includeSubDomains; preload"
    assert "strict-transport-security" not in client().get("/api/url/x").headers


@pytest.mark.parametrize("path", ["/api/url/x", "/api/nothing", "//", "/%00"])
def test_every_answer_bears_the_security_headers(path: str) -> None:
    """Errors as well as successes."""
    headers = client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_policies_of_the_settings_are_followed(settings) -> None:
    """A list of referrer policies is joined, an empty policy is left out."""
    settings.SECURE_REFERRER_POLICY = ["origin", "same-origin"]
    settings.SECURE_CROSS_ORIGIN_OPENER_POLICY = None
    headers = client().get("/api/url/x").headers
    assert headers["referrer-policy"] == "origin,same-origin"
    assert "cross-origin-opener-policy" not in headers


def test_empty_list_of_hosts_means_localhost_in_debug_only(settings) -> None:
    """As Django has it."""
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = True
    assert client(host="localhost:8000").get("/api/url/x").status_code == 200
    settings.DEBUG = False
    assert client(host="localhost:8000").get("/api/url/x").status_code == 400
