"""What the schema of the API says of our tokens."""

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class JWTScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # spectacular's is untyped
    """Our bearer tokens are described as simplejwt's are."""

    target_class = "ironbolt.drf.authentication.JWTAuthentication"
