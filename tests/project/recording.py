"""What is measured while a test runs, for who looks at it."""

from ironbolt.features.observability import Measurement


class Recording:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.seen: list[Measurement] = []

    def record(self, measurement: Measurement) -> None:
        """Keep it."""
        self.seen.append(measurement)
