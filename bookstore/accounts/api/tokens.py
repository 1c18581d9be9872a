"""Login: a user name and a password for tokens, and a refresh token for a new access token."""

from typing import Any

from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import AbstractBaseUser, User
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from ironbolt.drf.base import BaseViewMixin
from ironbolt.drf.serializers import AppSerializer

CHALLENGE = 'Bearer realm="api"'


class Credentials(AppSerializer):
    """What a login takes."""

    username = serializers.CharField(max_length=150)
    # Passwords may begin and end with blanks. The limit keeps hashing cheap enough.
    password = serializers.CharField(max_length=1000, trim_whitespace=False, style={"input_type": "password"})

    class Meta:
        strict = True


class Refresh(AppSerializer):
    """What a refresh takes."""

    refresh = serializers.CharField(max_length=4096)

    class Meta:
        strict = True


class Access(AppSerializer):
    """A fresh access token."""

    access = serializers.CharField(read_only=True)


class Tokens(Access):
    """A pair of tokens."""

    refresh = serializers.CharField(read_only=True)


class TokenView(BaseViewMixin, GenericAPIView[Any]):
    """What the views of this module share."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    envelope = True
    # Checking a password is slow on purpose, and must not keep a transaction open meanwhile.
    transactional = False
    error_statuses = (401,)

    def get_authenticate_header(self, request: Request) -> str:
        """The challenge of a refused login."""
        return CHALLENGE


class LoginView(TokenView):
    """Give a user name and a password, get an access token for 15 minutes and a refresh token for 30 days."""

    serializer_class = Credentials
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"

    @extend_schema(operation_id="login", responses={200: OpenApiResponse(Tokens, description="Logged in.")})
    def post(self, request: Request) -> Response:
        """Log in."""
        credentials = self.get_serializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request, **credentials.validated_data)
        if not isinstance(user, User):
            raise AuthenticationFailed("Wrong user name or password.")
        refresh = RefreshToken.for_user(user)
        return Response({"access": str(access_token(refresh, user)), "refresh": str(refresh)})


class RefreshView(TokenView):
    """Give a refresh token, get a new access token that says what the user may do by now."""

    serializer_class = Refresh

    @extend_schema(operation_id="refresh_token", responses={200: OpenApiResponse(Access, description="Refreshed.")})
    def post(self, request: Request) -> Response:
        """Refresh."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            refresh = RefreshToken(serializer.validated_data["refresh"])
        except TokenError as error:
            raise InvalidToken(str(error)) from None
        return Response({"access": str(access_token(refresh, _user_of(refresh)))})


def access_token(refresh: RefreshToken, user: User) -> AccessToken:
    """An access token of this family, with the rights that the user has now."""
    access = refresh.access_token
    access["username"] = user.get_username()
    access["is_staff"] = user.is_staff
    access["is_superuser"] = user.is_superuser
    return access


def _user_of(refresh: RefreshToken) -> User:
    user: AbstractBaseUser | None = get_user_model().objects.filter(pk=refresh.get("user_id"), is_active=True).first()
    if not isinstance(user, User):
        raise AuthenticationFailed("This user can't log in any more.")
    return user
