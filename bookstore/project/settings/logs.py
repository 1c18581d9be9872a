"""The logging configuration: every line names the request that it belongs to."""

from typing import Any

TEXT: dict[str, Any] = {
    "format": "{asctime} {levelname:<8} {trace_id} {name}: {message}",
    "style": "{",
}
ONE_LINE: dict[str, Any] = {"()": "bookstore.project.logs.OneLineFormatter", **TEXT}


def logging(level: str, formatter: dict[str, Any]) -> dict[str, Any]:
    """A dictConfig that writes everything from this level up to standard error with this formatter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"trace": {"()": "ironbolt.core.context.TraceFilter"}},
        "formatters": {"console": formatter},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "filters": ["trace"], "formatter": "console"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django gives these two their own handlers; without them their lines come through the root, traced.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
