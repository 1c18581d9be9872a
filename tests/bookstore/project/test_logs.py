import logging
import logging.config

import pytest

from bookstore.project.logs import OneLineFormatter
from bookstore.project.settings import logs


def record(message, exc_info=None):
    """A record as a library would make it."""
    return logging.LogRecord("shop", logging.ERROR, __file__, 1, message, (), exc_info)


def test_a_traceback_stays_on_one_line():
    """Whoever reads lines gets the whole record, traceback included."""

    def fail():
        raise ValueError("no\nsuch book")

    with pytest.raises(ValueError, match="such book") as failure:
        fail()
    line = OneLineFormatter().format(record("failed", (failure.type, failure.value, failure.tb)))
    assert "\n" not in line
    assert "Traceback" in line
    assert "no\\nsuch book" in line


def test_nobody_can_forge_a_line():
    """A line break that came in with a request does not begin a new record."""
    assert OneLineFormatter().format(record("title\r\nERROR forged")) == "title\\r\\nERROR forged"


def test_every_line_names_its_request(capsys):
    """The configured handler writes the trace id, `-` outside of a request."""
    before = logging.getLogger().handlers[:]
    config = logs.logging("INFO", logs.ONE_LINE)
    handler = logging.config.DictConfigurator(config)
    filters = handler.configure_filter(config["filters"]["trace"])
    formatter = handler.configure_formatter(config["formatters"]["console"])
    line = record("hello")
    assert filters.filter(line)
    assert formatter.format(line).endswith("ERROR    - shop: hello")
    assert logging.getLogger().handlers == before
