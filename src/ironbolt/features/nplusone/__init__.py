"""No list asks the database again for each of its rows: found while it is answered, and told with its mend."""

from ironbolt.features.nplusone.findings import Finding, NPlusOne
from ironbolt.features.nplusone.frames import Spot
from ironbolt.features.nplusone.watching import Block, allow_n_plus_one, gather_n_plus_one, watched

__all__ = ["Block", "Finding", "NPlusOne", "Spot", "allow_n_plus_one", "gather_n_plus_one", "watched"]
