"""Example 2: users."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response

from ironbolt.drf.permissions import check_permissions
from ironbolt.drf.views import BaseViewSetMixin
from tests.drf.seed.models import AuditLog
from tests.drf.seed.serializers import UserSerializer
from tests.drf.seed.support import Site, caller, error_of, message_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("V21")]

welcomed: list[str] = []


@pytest.fixture(autouse=True)
def nobody_welcomed() -> None:
    """No mails."""
    welcomed.clear()


def send_welcome_email(user: User) -> None:
    """A mail, as far as tests go."""
    welcomed.append(user.username)


# guide 906-983
class UserViewSet(BaseViewSetMixin, viewsets.ModelViewSet):
    """Complete user management with audit logging"""

    queryset = User.objects.all()
    serializer_class = UserSerializer
    search_fields = ["username", "email", "first_name", "last_name"]
    ordering_fields = ["created_at", "username"]

    def get_permissions(self):
        if self.action == "create":
            return [AllowAny()]
        elif self.action in ["update", "partial_update"]:
            return [IsAuthenticated()]
        elif self.action == "destroy":
            return [IsAdminUser()]
        return [IsAuthenticated()]

    def before_perform_create(self, serializer):
        """Validate email uniqueness with custom message"""
        email = serializer.validated_data.get("email")
        if User.objects.filter(email=email).exists():
            raise ValidationError({"email": "This email is already registered"})

    def after_perform_create(self, instance, serializer):
        """Log user creation"""
        AuditLog.objects.create(user=instance, action="created", ip_address=self.request.META.get("REMOTE_ADDR"))
        send_welcome_email(instance)

    def after_perform_update(self, instance, serializer):
        """Log user updates"""
        AuditLog.objects.create(
            user=instance,
            action="updated",
            changes=list(serializer.validated_data.keys()),
            ip_address=self.request.META.get("REMOTE_ADDR"),
        )

    def after_perform_destroy(self, instance):
        """Log user deletion"""
        AuditLog.objects.create(user=instance, action="deleted", ip_address=self.request.META.get("REMOTE_ADDR"))

    @action(detail=False, methods=["get"])
    def me(self, request):
        """Get current user profile"""
        serializer = self.get_serializer(request.user)
        return Response(serializer.data)

    @action(detail=True, methods=["post"])
    def change_password(self, request, pk=None):
        """Change user password"""
        with self.error_boundary():
            user = self.get_object()

            if user != request.user and not request.user.is_staff:
                raise PermissionDenied("Cannot change another user's password")

            old_password = request.data.get("old_password")
            new_password = request.data.get("new_password")

            if not user.check_password(old_password):
                raise ValidationError({"old_password": "Incorrect"})

            user.set_password(new_password)
            user.save()

            return self.success_response(message="Password changed successfully")


class IsSelfOrStaff(BasePermission):
    """Everybody is read; only oneself and staff write."""

    message = "Cannot change another user"

    def has_object_permission(self, request, view, obj):
        return request.method in SAFE_METHODS or obj == request.user or request.user.is_staff


class PasswordChange(serializers.Serializer):
    """Two texts, the second of which Django's validators accept."""

    old_password = serializers.CharField(trim_whitespace=False, max_length=128)
    new_password = serializers.CharField(trim_whitespace=False, max_length=128)

    def validate_old_password(self, value):
        if not self.instance.check_password(value):
            raise ValidationError("Incorrect")
        return value

    def validate_new_password(self, value):
        try:
            validate_password(value, self.instance)
        except DjangoValidationError as error:
            raise ValidationError(error.messages) from error
        return value


class MendedUserViewSet(UserViewSet):
    """Orders by a column that there is, asks who is changed, logs a deletion, and reads passwords before using them."""

    ordering_fields = ["date_joined", "username"]

    def get_permissions(self):
        if self.action in ["update", "partial_update", "change_password"]:
            return [IsAuthenticated(), IsSelfOrStaff()]
        return super().get_permissions()

    def after_perform_create(self, instance, serializer):
        AuditLog.objects.create(user=instance, action="created", ip_address=self.request.META.get("REMOTE_ADDR"))

    def after_commit_create(self, instance):
        send_welcome_email(instance)

    def after_perform_destroy(self, instance):
        """Log user deletion"""
        AuditLog.objects.create(
            user=self.request.user,
            action="deleted",
            model="User",
            object_id=instance.pk,
            ip_address=self.request.META.get("REMOTE_ADDR"),
        )

    @action(detail=True, methods=["post"])
    @check_permissions(IsSelfOrStaff)
    def change_password(self, request, pk=None):
        """Change user password"""
        with self.error_boundary():
            user = self.get_object()
            change = PasswordChange(user, data=request.data)
            change.is_valid(raise_exception=True)
            user.set_password(change.validated_data["new_password"])
            user.save(update_fields=["password"])
            return self.success_response(message="Password changed successfully")


BOTH = pytest.mark.parametrize("view", [UserViewSet, MendedUserViewSet], ids=["printed", "mended"])
NEW = {"username": "eve", "email": "eve@example.com", "password": "correct horse battery"}


@BOTH
def test_anybody_signs_up_once(view: Any, ann: User) -> None:
    """With a record and a welcome; an address that is known is a 400 with the guide's words."""
    with Site(users=view):
        answer = caller().post("/users/", NEW | {"is_staff": True}, format="json")
        assert (answer.status_code, "password" in answer.json()) == (201, False)
        known = {**NEW, "username": "eve2", "email": "ann@example.com"}
        assert error_of(caller().post("/users/", known, format="json")) == (
            400,
            "validation_error",
            {"email": ["This email is already registered"]},
        )
    eve = User.objects.get(username="eve")
    assert (eve.check_password(NEW["password"]), eve.is_staff) == (True, False)
    assert list(AuditLog.objects.values_list("user", "action", "ip_address")) == [(eve.pk, "created", "127.0.0.1")]
    assert welcomed == ["eve"]


@BOTH
def test_users_are_for_who_is_logged_in(view: Any, ann: User, bob: User) -> None:
    """They list, search, order and look at themselves; nobody else does."""
    with Site(users=view):
        for path in ("/users/", f"/users/{ann.pk}/", "/users/me/"):
            assert error_of(caller().get(path))[0] == 401
        assert [one["username"] for one in caller(ann).get("/users/?search=bob@").json()["results"]] == ["bob"]
        ordered = caller(ann).get("/users/?ordering=-username").json()["results"]
        assert [one["username"] for one in ordered] == ["bob", "ann"]
        assert caller(ann).get("/users/me/").json()["email"] == "ann@example.com"
        assert error_of(caller(ann).get("/users/?ordering=password"))[:2] == (400, "validation_error")


def test_printed_order_names_no_column(ann: User) -> None:
    """912: Django's user has ``date_joined``; to ask for the other is a clear 500 that tells no field."""
    with Site(users=UserViewSet, mended=MendedUserViewSet):
        answer = caller(ann).get("/users/?ordering=created_at")
        assert error_of(answer) == (500, "improperly_configured", {})
        assert "date_joined" not in answer.content.decode()
        assert caller(ann).get("/mended/?ordering=-date_joined").status_code == 200


@BOTH
def test_changes_are_recorded_by_their_names(view: Any, ann: User) -> None:
    """Names are JSON, whatever the values are."""
    with Site(users=view):
        answer = caller(ann).patch(f"/users/{ann.pk}/", {"first_name": "Ann"}, format="json")
        assert (answer.status_code, answer.json()["first_name"]) == (200, "Ann")
    assert list(AuditLog.objects.values_list("user", "action", "changes")) == [(ann.pk, "updated", ["first_name"])]


def test_nobody_changes_somebody_else_where_mended(ann: User, bob: User, chief: User) -> None:
    """917 asks only for a login, so that anybody changes anybody; mended it is oneself or staff."""
    with Site(users=UserViewSet, mended=MendedUserViewSet):
        refused = caller(bob).patch(f"/mended/{ann.pk}/", {"email": "bob2@example.com"}, format="json")
        assert (error_of(refused)[0], message_of(refused)) == (403, "Cannot change another user")
        ann.refresh_from_db()
        assert ann.email == "ann@example.com"
        assert caller(bob).patch(f"/users/{ann.pk}/", {"first_name": "A"}, format="json").status_code == 200
        assert caller(chief).patch(f"/mended/{ann.pk}/", {"first_name": "B"}, format="json").status_code == 200


def test_deletion_is_recorded_where_mended(ann: User, bob: User, chief: User) -> None:
    """952 refers to the user who has gone: a clean 409 that keeps user and log; mended it names who did it to whom."""
    key = ann.pk
    with Site(users=UserViewSet, mended=MendedUserViewSet):
        assert error_of(caller(bob).delete(f"/users/{key}/")) == (403, "permission_denied", {})
        assert error_of(caller(chief).delete(f"/users/{key}/"))[:2] == (409, "integrity_error")
        assert User.objects.filter(pk=key).exists()
        assert not AuditLog.objects.exists()
        assert caller(chief).delete(f"/mended/{key}/").status_code == 204
    assert not User.objects.filter(pk=key).exists()
    assert list(AuditLog.objects.values_list("user", "action", "object_id")) == [(chief.pk, "deleted", key)]


OLD, FRESH = "ann's old password", "ann's fresh password"


@BOTH
def test_password_is_changed_by_who_knows_the_old_one(view: Any, ann: User, bob: User) -> None:
    """Others are refused, and so is a wrong old one; then the new one counts."""
    with Site(users=view):
        address, sent = f"/users/{ann.pk}/change_password/", {"old_password": OLD, "new_password": FRESH}
        assert error_of(caller(bob).post(address, sent, format="json")) == (403, "permission_denied", {})
        wrong = caller(ann).post(address, {**sent, "old_password": "guess"}, format="json")
        assert error_of(wrong) == (400, "validation_error", {"old_password": ["Incorrect"]})
        ann.refresh_from_db()
        assert ann.check_password(OLD)
        answer = caller(ann).post(address, sent, format="json")
        assert answer.json() == {"message": "Password changed successfully", "data": None}
    ann.refresh_from_db()
    assert ann.check_password(FRESH)


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, {"old_password", "new_password"}),
        ({"old_password": OLD}, {"new_password"}),
        ({"old_password": OLD, "new_password": None}, {"new_password"}),
        ({"old_password": OLD, "new_password": ""}, {"new_password"}),
        ({"old_password": OLD, "new_password": "abc"}, {"new_password"}),
        ({"old_password": OLD, "new_password": "password"}, {"new_password"}),
        ({"old_password": OLD, "new_password": "x" * 129}, {"new_password"}),
        ({"old_password": OLD, "new_password": [1]}, {"new_password"}),
        ({"old_password": OLD, "new_password": {"a": 1}}, {"new_password"}),
        ({"old_password": 7, "new_password": FRESH}, {"old_password"}),
        ({"old_password": ["x"], "new_password": FRESH}, {"old_password"}),
        ([], {"non_field_errors"}),
        ("text", {"non_field_errors"}),
    ],
)
def test_bad_password_is_invalid_input_where_mended(sent: Any, named: set[str], ann: User) -> None:
    """A 400 that names it, and the old one still counts."""
    with Site(users=MendedUserViewSet):
        answer = error_of(caller(ann).post(f"/users/{ann.pk}/change_password/", sent, format="json"))
    assert (*answer[:2], set(answer[2])) == (400, "validation_error", named)
    ann.refresh_from_db()
    assert ann.check_password(OLD)


@pytest.mark.parametrize("sent", [{"old_password": OLD, "new_password": [1]}, []])
def test_printed_change_of_password_fails_whole(sent: Any, ann: User) -> None:
    """972, 978 take whatever comes for a text in an object: a 500 that tells nothing and keeps nothing."""
    with Site(users=UserViewSet):
        answer = caller(ann).post(f"/users/{ann.pk}/change_password/", sent, format="json")
    assert error_of(answer) == (500, "server_error", {})
    ann.refresh_from_db()
    assert ann.check_password(OLD)


def test_printed_change_of_password_locks_out(ann: User) -> None:
    """973: without a new password Django stores one that nobody can have. That is why it is mended."""
    with Site(users=UserViewSet):
        answer = caller(ann).post(f"/users/{ann.pk}/change_password/", {"old_password": OLD}, format="json")
    assert answer.status_code == 200
    ann.refresh_from_db()
    assert not ann.has_usable_password()
