"""From functions and classes to routes, at start; from a path to its route, ever after."""

from ironbolt.bolt.routing.router import Router
from ironbolt.bolt.routing.routes import Methods, Mode, Route, RouteDoc

__all__ = ["Methods", "Mode", "Route", "RouteDoc", "Router"]
