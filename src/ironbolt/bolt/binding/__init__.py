"""How arguments are read from a request: worked out once, at start."""

from ironbolt.bolt.binding.binder import Binder, Overrides, binder_of, path_parameters
from ironbolt.bolt.binding.signatures import Parameter, Place

__all__ = ["Binder", "Overrides", "Parameter", "Place", "binder_of", "path_parameters"]
