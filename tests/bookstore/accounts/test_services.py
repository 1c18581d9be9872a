import pytest
from django.contrib.auth import authenticate, get_user_model

from bookstore.accounts.services import DEMO_LOGINS, DemoLoginsRefused, ensure_demo_logins

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def debug(settings):
    """A developer's machine."""
    settings.DEBUG = True


def test_the_three_logins_work_and_have_the_rights_that_they_are_for():
    """An administrator, someone of the staff and a customer can log in."""
    assert ensure_demo_logins() == list(DEMO_LOGINS)
    rights = {}
    for login in DEMO_LOGINS:
        user = authenticate(username=login.username, password=login.password)
        assert user is not None
        rights[login.username] = (user.is_superuser, user.is_staff)
    assert rights == {"admin": (True, True), "staff": (False, True), "customer": (False, False)}


def test_a_user_who_is_there_keeps_password_and_rights():
    """Whoever took the name first, or changed the password since, is left alone."""
    users = get_user_model().objects
    users.create_user("admin", password="my own password")
    assert [login.username for login in ensure_demo_logins()] == ["staff", "customer"]
    admin = users.get(username="admin")
    assert admin.check_password("my own password")
    assert not admin.is_superuser


def test_a_second_call_makes_nothing_and_asks_once(django_assert_num_queries):
    """A start with all logins costs one query and no hashing."""
    ensure_demo_logins()
    with django_assert_num_queries(1):
        assert ensure_demo_logins() == []


def test_a_login_that_another_process_makes_meanwhile_is_left_to_it(monkeypatch):
    """Two shops that start at once end with one login of each name."""
    users = get_user_model().objects
    users.create_user("staff", password="from the other process")
    monkeypatch.setattr("django.db.models.query.QuerySet.values_list", lambda *_, **__: [])
    assert [login.username for login in ensure_demo_logins()] == ["admin", "customer"]
    assert users.get(username="staff").check_password("from the other process")


def test_none_are_made_where_debug_is_off_unless_forced(settings):
    """Passwords that everybody knows do not slip into production."""
    settings.DEBUG = False
    with pytest.raises(DemoLoginsRefused, match="DEBUG"):
        ensure_demo_logins()
    assert not get_user_model().objects.exists()
    assert len(ensure_demo_logins(force=True)) == 3
