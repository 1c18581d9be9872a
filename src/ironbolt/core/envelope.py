"""The shape of a success: ``{"message", "data"}`` where a route asks for it."""

from typing import Any

SUCCESS = "Success"
"""The message of an answer that has nothing particular to say."""


def wrap(data: Any, message: str = SUCCESS) -> dict[str, Any]:
    """Put ``data`` into the success envelope."""
    return {"message": message, "data": data}
