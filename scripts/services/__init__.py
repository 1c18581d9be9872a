"""The real servers that tests and development run against: on loopback, unprivileged, one module each."""
