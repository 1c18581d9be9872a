"""How the shop writes log lines where machines read them."""

import logging


class OneLineFormatter(logging.Formatter):
    """Keep a record on one line, tracebacks and forged line breaks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Format as usual, then write each line break as a backslash and a letter."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
