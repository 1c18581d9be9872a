"""How often somebody may ask, known or not: for a short while and for a whole day."""

from rest_framework.throttling import UserRateThrottle


class BurstRateThrottle(UserRateThrottle):
    """Within a minute."""

    scope = "burst"


class SustainedRateThrottle(UserRateThrottle):
    """Within a day."""

    scope = "sustained"
