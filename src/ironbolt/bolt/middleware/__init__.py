"""What goes on around a handler: who may read its answers from another site, how often one may call."""

from ironbolt.bolt.middleware.cross_origin import Cors
from ironbolt.bolt.middleware.decorators import Around, compress, cors, rate_limit, skip_middleware
from ironbolt.bolt.middleware.limiting import RateLimit
from ironbolt.bolt.responses.compression import Compression

__all__ = ["Around", "Compression", "Cors", "RateLimit", "compress", "cors", "rate_limit", "skip_middleware"]
