"""Tests of the IRONBOLT dictionary as typed settings."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ironbolt.core.settings import get_settings


def test_missing_dictionary_means_defaults(settings) -> None:
    """A project that says nothing gets every default."""
    del settings.IRONBOLT
    assert (get_settings().PAGE_SIZE, get_settings().API_PREFIXES) == (20, ("/api/",))


def test_value_replaces_its_default_alone(settings) -> None:
    """What is set counts, and the rest stays as it was; lists do for tuples."""
    settings.IRONBOLT = {"API_PREFIXES": ["/rest/"]}
    assert (get_settings().API_PREFIXES, get_settings().PAGE_SIZE) == (("/rest/",), 20)


def test_override_ends_with_its_test(settings) -> None:
    """The settings are read anew whenever they are overridden."""
    settings.IRONBOLT = {"PAGE_SIZE": 7}
    assert get_settings().PAGE_SIZE == 7
    settings.IRONBOLT = {"PAGE_SIZE": 8}
    assert get_settings().PAGE_SIZE == 8


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"PAGE_SIZE": 0}, r"IRONBOLT\['PAGE_SIZE'\]: Expected `int` >= 1"),
        ({"PAGE_SIZE": "20"}, r"IRONBOLT\['PAGE_SIZE'\]: Expected `int`, got `str`"),
        ({"MAX_BODY_BYTES": 0}, r"IRONBOLT\['MAX_BODY_BYTES'\]: Expected `int` >= 1"),
        ({"SAFE_DB_ERRORS": 1}, r"IRONBOLT\['SAFE_DB_ERRORS'\]: Expected `bool`"),
        ({"VALIDATION_STATUS": 418}, r"IRONBOLT\['VALIDATION_STATUS'\]"),
        ({"VALIDATION_STATUS": 418}, r"Choose from 400, 422\.$"),
        ({"N_PLUS_ONE": "bogus"}, r"IRONBOLT\['N_PLUS_ONE'\]: .* Choose from 'raise', 'log', 'off'\.$"),
        ({"API_PREFIXES": "/api/"}, r"IRONBOLT\['API_PREFIXES'\]: Expected `array`"),
        ({"PAGE_SIZ": 3}, r"IRONBOLT\['PAGE_SIZ'\] is not a setting of Ironbolt. Did you mean 'PAGE_SIZE'\?"),
        ({"Q": 3}, r"IRONBOLT\['Q'\] is not a setting of Ironbolt\.$"),
        (None, "IRONBOLT: Expected `object`, got `null`"),
        (["PAGE_SIZE"], "IRONBOLT: Expected `object`, got `array`"),
    ],
    ids=repr,
)
def test_bad_setting_is_refused_by_name(settings, given, reason: str) -> None:
    """A setting that can't be meant stops the start, and the message names it."""
    settings.IRONBOLT = given
    with pytest.raises(ImproperlyConfigured, match=reason):
        get_settings()


def test_app_refuses_to_start_under_bad_settings(settings) -> None:
    """The check runs when Django starts, not with the first request."""
    from django.apps import apps

    settings.IRONBOLT = {"PAGE_SIZE": -1}
    with pytest.raises(ImproperlyConfigured):
        apps.get_app_config("ironbolt").ready()
