"""Tests of tokens: what counts, what does not, and that PyJWT would say the same."""

import base64
import hashlib
import hmac
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ironbolt.bolt.auth import IsAuthenticated, JWTAuthentication
from ironbolt.bolt.auth.claims import Rules
from ironbolt.bolt.auth.keys import SharedSecret
from ironbolt.bolt.exceptions import Forbidden, Unauthorized
from tests.bolt.calls import a_request, admit, bearer, token

pytestmark = pytest.mark.row("B17")

SECRET = "a secret that is long enough for each of the three hashes, which want 64 bytes"
PEM = (
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----"
)


def signed(payload: bytes, header: bytes = b'{"alg":"HS256","typ":"JWT"}', secret: str = SECRET) -> str:
    """A token with a right signature over any payload at all."""
    body = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    signature = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return (body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def verdict(verify: Callable[..., Any], *what: Any) -> Any:
    """The claims, or that the token was refused."""
    try:
        return verify(*what)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        return "refused"


RULES = [
    Rules(algorithms=("HS256",)),
    Rules(algorithms=("HS256",), audience=("shop", "desk"), issuer=("us",), leeway=30),
]
NOW = int(time.time())
TIMES: st.SearchStrategy[Any] = st.one_of(
    st.integers(NOW - 10**6, NOW - 3600),
    st.integers(NOW + 3600, NOW + 10**6),
    st.sampled_from([None, "", "soon", str(NOW + 9000), True, [], {}, NOW + 9000.5, 1e300, -1, 10**400]),
)
NAMES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["shop", "us", "else", "", None, 7, True, ["shop"], ["else", "desk"], ["shop", 7], [], {}]),
    st.text(max_size=5),
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("exp", "nbf", "iat"), TIMES),
        **dict.fromkeys(("aud", "iss", "sub", "jti", "user_id"), NAMES),
        "other": st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            st.lists,
            max_leaves=5,
        ),
    },
)

GOOD = signed(b'{"exp": 99999999999, "aud": "shop", "iss": "us"}')


def same_as_pyjwt(sent: str) -> None:
    """Compare our verdict with PyJWT's, after a plain token has made the header known."""
    for rules in RULES:
        keys = SharedSecret(SECRET, rules.algorithms)
        keys.verify(GOOD, RULES[1])
        assert keys._hash_by_header
        ours, theirs = verdict(keys.verify, sent, rules), verdict(rules.decode, sent, SECRET)
        assert repr(ours) == repr(theirs)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CLAIMS)
@example({"exp": NOW + 9000})
@example({"exp": NOW + 9000, "aud": "shop", "iss": "us", "sub": "7", "jti": "x"})
@example({"exp": NOW + 9000, "other": 10**5000})
def test_claims_are_judged_as_pyjwt_judges_them(claims: dict[str, Any]) -> None:
    """Whatever a rightly signed token says, it counts here where it counts for PyJWT, and says the same."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        payload = json.dumps(claims).encode()
    finally:
        sys.set_int_max_str_digits(limit)
    same_as_pyjwt(signed(payload))


@given(st.binary(max_size=40))
@example(b'{"exp": 99999999999, "exp": 1}')
@example(b'{"exp": 1, "exp": 99999999999}')
@example(b'{"exp": 99999999999, "a": NaN}')
@example(b'{"exp": 99999999999, "a": "\\ud800"}')
@example(b'{"exp": 99999999999, "a": "\xed\xa0\x80"}')
@example(b'{"exp": 99999999999, "a": "\x01"}')
@example(b'{"exp": 99999999999, "a": 1e400}')
@example(b'{"exp": 99999999999, "a": -0.0}')
@example(b'\xef\xbb\xbf{"exp": 99999999999}')
@example('{"exp": 99999999999}'.encode("utf-16"))
@example(b'{"exp": 99999999999, "a": ' + b"[" * 1200 + b"]" * 1200 + b"}")
@example(b'{"exp": 99999999999, "a": ' + b"9" * 5000 + b"}")
def test_any_payload_is_read_as_pyjwt_reads_it(payload: bytes) -> None:
    """Rightly signed bytes that may not even be JSON have the same fate here as in PyJWT."""
    same_as_pyjwt(signed(payload))


@given(st.integers(0, len(GOOD) - 1), st.sampled_from([*"aZ9-_=.+/ \x00é", ""]))
def test_any_change_is_judged_as_pyjwt_judges_it(place: int, instead: str) -> None:
    """A token with one character changed or missing is refused where PyJWT refuses it."""
    same_as_pyjwt(GOOD[:place] + instead + GOOD[place + 1 :])


@pytest.mark.parametrize("ending", ["=", "==", "A", "\n", ".", ".x", "é"])
def test_any_ending_is_judged_as_pyjwt_judges_it(ending: str) -> None:
    """Padding that PyJWT accepts is accepted, and nothing else behind a token."""
    same_as_pyjwt(GOOD + ending)


@given(st.text(max_size=60) | st.lists(st.text("abcABC012-_=", max_size=12), max_size=5).map(".".join))
def test_any_text_is_a_401_or_a_caller(sent: str) -> None:
    """No text in the place of a token is an error of the server's."""
    with pytest.raises(Unauthorized):
        JWTAuthentication()._identify(sent)


@pytest.mark.parametrize(
    "claims",
    [
        {"user_id": {"a": 1}},
        {"user_id": [7]},
        {"user_id": True},
        {"user_id": 7.5},
        {"user_id": ""},
        {"user_id": "\ud800"},
        {"user_id": None, "sub": 7},
        {"username": 7},
        {"username": "\ud800"},
        {"plan": {"name": ["\ud800"]}},
        {"token_type": ["access"]},
        {"jti": 7},
        {"iat": NOW + 3600},
        {"iat": "x"},
        {"nbf": NOW + 3600},
        {"exp": True},
        {"nbf": 10**400},
        {"aud": "somebody else"},
    ],
    ids=repr,
)
def test_odd_claims_are_refused(claims: dict[str, Any]) -> None:
    """Claims of another type than theirs, or from another time, are a 401, again and again."""
    sent = token(**claims)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            JWTAuthentication().authenticate(bearer(sent))


def test_permissions_that_are_no_texts_are_left_out() -> None:
    """Of a list of permissions the texts count; anything else is no list."""
    auth = JWTAuthentication().authenticate(bearer(token(permissions=["a", 7, None])))
    assert auth is not None
    assert auth["permissions"] == ["a"]


@pytest.mark.parametrize(
    "header", [{"kid": 7}, {"crit": ["exp"]}, {"b64": False}, {"alg": "none"}, {"alg": ["HS256"]}, {"alg": "HS512"}, {}]
)
def test_odd_headers_are_refused(header: dict[str, Any]) -> None:
    """A key id that is no text, an extension nobody knows, another algorithm or none: 401."""
    if header:
        header = {"alg": "HS256", **header}
    sent = signed(b'{"exp": 99999999999, "user_id": 7}', json.dumps(header).encode())
    with pytest.raises(Unauthorized):
        JWTAuthentication(secret=SECRET).authenticate(bearer(sent))


def test_bearer_is_read_in_any_case_and_other_schemes_are_not_ours() -> None:
    """The scheme is case-insensitive (RFC 9110), and credentials of another kind are left to others."""
    way = JWTAuthentication()
    assert way.authenticate(a_request({"authorization": f"bearer  {token()} "})) is not None
    assert way.authenticate(a_request({"authorization": "Basic eDp5"})) is None
    assert way.authenticate(a_request()) is None


def test_several_audiences_and_issuers_can_be_meant() -> None:
    """A token for one of several audiences, from one of several issuers, counts."""
    way = JWTAuthentication(audience=["shop", "desk"], issuer=["us", "them"])
    for _ in range(2):
        assert way.authenticate(bearer(token(aud=["desk", "x"], iss="them"))) is not None
        for wrong in ({"aud": "x", "iss": "us"}, {"aud": "shop", "iss": "x"}, {"aud": "shop"}, {"iss": "us"}):
            with pytest.raises(Unauthorized):
                way.authenticate(bearer(token(**wrong)))


def test_leeway_forgives_seconds() -> None:
    """Clocks may differ by the leeway, in both directions."""
    late, early = token(exp=int(time.time()) - 5), token(nbf=int(time.time()) + 5)
    for sent in (late, early, late, early):
        assert JWTAuthentication(leeway=30).authenticate(bearer(sent)) is not None
        with pytest.raises(Unauthorized):
            JWTAuthentication().authenticate(bearer(sent))


def test_revoked_is_asked_every_time() -> None:
    """A token that counted a moment ago counts no more once it is revoked."""
    revoked: set[str] = set()

    def is_revoked(claims: Mapping[str, Any]) -> bool:
        return claims["jti"] in revoked

    way, sent = JWTAuthentication(revoked=is_revoked), token(jti="one")
    assert way.authenticate(bearer(sent)) is not None
    revoked.add("one")
    with pytest.raises(Unauthorized):
        way.authenticate(bearer(sent))


def test_what_a_handler_writes_stays_in_its_request() -> None:
    """The context of a caller is a copy; the next request of the same token does not see changes."""
    way, sent = JWTAuthentication(), token(permissions=["a"], plan={"seats": [1]})
    first = way.authenticate(bearer(sent))
    assert first is not None
    first["permissions"].append("everything")
    first["plan"]["seats"].append(2)
    first["is_admin"] = True
    second = way.authenticate(bearer(sent))
    assert second is not None
    assert (second["permissions"], second["is_admin"], second["plan"]) == (["a"], False, {"seats": [1]})


COOKIE = JWTAuthentication(cookie="access")


@pytest.mark.parametrize(
    ("method", "headers", "allowed"),
    [
        ("GET", {}, True),
        ("GET", {"origin": "https://evil.example"}, True),
        ("POST", {}, False),
        ("POST", {"sec-fetch-site": "same-origin"}, True),
        ("POST", {"sec-fetch-site": "same-origin, same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, False),
        ("POST", {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ("POST", {"sec-fetch-site": "cross-site", "origin": "https://trusted.example"}, True),
        ("POST", {"origin": "http://testserver"}, True),
        ("POST", {"origin": "https://testserver"}, False),
        ("POST", {"origin": "null"}, False),
        ("DELETE", {"origin": "https://evil.example"}, False),
        ("POST", {"x-csrftoken": "a" * 32}, False),
    ],
    ids=repr,
)
def test_cookie_counts_for_unsafe_methods_from_here_only(
    settings, method: str, headers: dict[str, str], allowed
) -> None:
    """A token in a cookie changes something only for this site, or one that is trusted."""
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    request = a_request({"cookie": f"a=b; access={token()}", **headers}, method)
    if allowed:
        assert COOKIE.authenticate(request) is not None
    else:
        with pytest.raises(Forbidden, match="CSRF"):
            COOKIE.authenticate(request)


def test_cookie_counts_with_djangos_token_where_nobody_says_where_a_request_comes_from() -> None:
    """A client that sends neither header shows the CSRF token twice, in a cookie and in a header."""
    headers = {"cookie": f"access={token()}; csrftoken={'a' * 32}", "x-csrftoken": "a" * 32}
    assert COOKIE.authenticate(a_request(headers, "POST")) is not None


def test_header_goes_before_the_cookie_and_needs_no_check() -> None:
    """What no browser sends by itself can't be forged: a token in a header counts from anywhere."""
    headers = {"cookie": "access=x", "authorization": f"Bearer {token()}", "origin": "https://elsewhere.example"}
    assert COOKIE.authenticate(a_request(headers, "POST")) is not None
    with pytest.raises(Unauthorized):
        COOKIE.authenticate(a_request({"cookie": "access=x"}, "POST"))
    assert JWTAuthentication().authenticate(a_request({"cookie": f"access={token()}"})) is None


async def _revoked(claims: Any) -> bool:
    return False


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"algorithms": ("none",)}, "none of the algorithms"),
        ({"algorithms": ("HS1",)}, "none of the algorithms"),
        ({"algorithms": ()}, "algorithms is empty"),
        ({"algorithms": ("RS256",)}, "RS256 is verified with a public_key or jwks"),
        ({"algorithms": ("HS256",), "public_key": PEM}, "HS256 is verified with a secret"),
        (
            {"algorithms": ("RS256", "HS256"), "jwks": "https://x.example/jwks"},
            "HS256 is verified with a secret|cryptography",
        ),
        ({"secret": "x" * 64, "public_key": PEM}, "exclude each other"),
        ({"secret": ""}, "the secret is empty"),
        ({"secret": PEM}, "does not fit HS256"),
        ({"secret": '{"kty": "oct", "k": "eA"}'}, "does not fit HS256"),
        ({"revoked": _revoked}, "write it with def"),
    ],
    ids=repr,
)
def test_declaration_that_cannot_work_is_refused_at_start(options: dict[str, Any], reason: str) -> None:
    """Keys and algorithms that do not fit each other are told at start, with the reason."""
    with pytest.raises(ImproperlyConfigured, match=reason):
        JWTAuthentication(**options)


def test_public_key_as_djangos_secret_is_refused_at_start(settings) -> None:
    """Whoever set a public key as SECRET_KEY, which everybody may have, learns it before the first request."""
    settings.SECRET_KEY = PEM
    with pytest.raises(ImproperlyConfigured, match="does not fit HS256"):
        admit(a_request(), [JWTAuthentication()])


def test_declaration_is_data_without_its_key() -> None:
    """Equal declarations are equal, and neither their text nor their data gives the key away."""
    one, two = (JWTAuthentication(secret=SECRET, audience="shop") for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != JWTAuthentication(secret=SECRET)
    assert SECRET not in repr(one)
    assert SECRET not in msgspec.json.encode(one.as_data()).decode()
    with pytest.raises(AttributeError):
        one.leeway = 5  # type: ignore[misc]


def test_short_secret_works_with_a_warning_of_pyjwt() -> None:
    """A secret shorter than its hash is bad practice, which PyJWT says, but no reason to refuse."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sent = jwt.encode({"user_id": 1, "exp": NOW + 600}, "short", "HS256")
        request = admit(bearer(sent), [JWTAuthentication(secret="short")], [IsAuthenticated])
    assert request.auth is not None
