"""How code on an event loop reaches the database: a bounded number of long-lived threads.

Each thread keeps its own connection from request to request. Under a test client the hop goes to
the test's own thread instead, so that a ``TestCase`` and the code under test share one transaction.
"""

from ironbolt.core.threads.hop import (
    PATIENCE,
    at_home,
    close_connections,
    close_database_threads,
    finished,
    hop_to_test_thread,
    in_database_thread,
    in_raw_database_thread,
    leave_the_lane,
    on_a_loop,
    reaches_database,
    use_a_lane,
)
from ironbolt.core.threads.jobs import MAX_QUEUED, OverloadedError
from ironbolt.core.threads.pool import leave_the_pool

__all__ = [
    "MAX_QUEUED",
    "PATIENCE",
    "OverloadedError",
    "at_home",
    "close_connections",
    "close_database_threads",
    "finished",
    "hop_to_test_thread",
    "in_database_thread",
    "in_raw_database_thread",
    "leave_the_lane",
    "leave_the_pool",
    "on_a_loop",
    "reaches_database",
    "use_a_lane",
]
