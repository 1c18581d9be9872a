"""What ends with an answer: the circle of view, request and response, which a collector would have to find."""

from typing import Any


class Ending:
    """Opens the circle when the response is closed; everything else of the view stays where it was.

    A response that is pickled or copied meanwhile, as caches do, takes nothing of the view along.

    Args:
        view: None for one whose view is gone.
    """

    __slots__ = ("_view",)

    def __init__(self, view: Any = None) -> None:
        self._view = view

    def __call__(self) -> None:
        view, self._view = self._view, None
        if view is None:
            return
        own = vars(view)
        parsing = getattr(own.get("request"), "parser_context", None) or {}
        rendering = getattr(own.pop("response", None), "renderer_context", None) or {}
        for method in (*own.get("action_map", ()), "head"):  # which Django and REST framework have bound to this view
            own.pop(method, None)
        for circle, name in ((parsing, "view"), (parsing, "request"), (rendering, "response")):
            circle.pop(name, None)

    def __reduce__(self) -> tuple[type["Ending"], tuple[()]]:
        return Ending, ()
