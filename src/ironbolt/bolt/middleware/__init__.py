"""What goes on around a handler: who may read its answers from another site, how often one may call."""

from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.middleware.decorators import Around, cors, rate_limit, skip_middleware
from ironbolt.bolt.middleware.limiting import RateLimit

__all__ = ["Around", "Cors", "RateLimit", "cors", "rate_limit", "skip_middleware"]
