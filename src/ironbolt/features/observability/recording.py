"""Where measurements go beside the log: recorders of the project's, and Prometheus where its client is installed."""

import logging
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from ironbolt.core.settings import get_settings
from ironbolt.features.observability.measurement import Measurement

logger = logging.getLogger("ironbolt.performance")

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_QUERIES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100)
_LABELS = ("door", "action", "method", "route")


class Recorder(Protocol):
    """Takes measurements, on event loops and in threads: it must be quick, and safe for several of them at once."""

    def record(self, measurement: Measurement) -> None:
        """Take one; what it raises is logged, and the request goes on."""


_recorders: list[Recorder] = []


def record_with(recorder: Recorder) -> None:
    """Give every measurement to a recorder; call it in an ``AppConfig.ready``, before the addresses are loaded."""
    if recorder not in _recorders:
        _recorders.append(recorder)


def stop_recording_with(recorder: Recorder) -> None:
    """Undo :func:`record_with`."""
    if recorder in _recorders:
        _recorders.remove(recorder)


def recorders() -> tuple[Recorder, ...]:
    """All of them; with Prometheus where the settings ask for metrics, and its client is there."""
    prometheus = _prometheus() if get_settings().METRICS else None
    return (*_recorders, prometheus) if prometheus else (*_recorders,)


class Prometheus:
    """Histograms of durations and queries in the default registry of ``prometheus-client``."""

    def __init__(self, client: Any) -> None:
        self._seconds = client.Histogram(
            "ironbolt_action_duration_seconds", "How long actions take.", (*_LABELS, "status"), buckets=_SECONDS
        )
        self._queries = client.Histogram(
            "ironbolt_action_queries", "How many queries actions make.", _LABELS, buckets=_QUERIES
        )
        self._query_seconds = client.Histogram(
            "ironbolt_action_query_seconds", "How long the queries of actions take.", _LABELS, buckets=_SECONDS
        )

    def record(self, measurement: Measurement) -> None:
        """Observe one."""
        labels = [getattr(measurement, name) for name in _LABELS]
        self._seconds.labels(*labels, measurement.status).observe(measurement.duration_ms / 1000)
        self._queries.labels(*labels).observe(measurement.queries)
        self._query_seconds.labels(*labels).observe(measurement.query_ms / 1000)


@cache
def _prometheus() -> Prometheus | None:
    try:
        return Prometheus(import_module("prometheus_client"))
    except ImportError:
        logger.warning('IRONBOLT["METRICS"] is on, and prometheus-client is not there: install ironbolt[metrics].')
        return None
