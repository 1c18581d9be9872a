"""How long an action takes and how many queries it makes: to the log, to metrics, to a hook of the view."""

from ironbolt.features.observability.measurement import Measurement
from ironbolt.features.observability.measuring import Asked, Budget, Measure, measure_of, tell
from ironbolt.features.observability.recording import Recorder, record_with, stop_recording_with

__all__ = [
    "Asked",
    "Budget",
    "Measure",
    "Measurement",
    "Recorder",
    "measure_of",
    "record_with",
    "stop_recording_with",
    "tell",
]
