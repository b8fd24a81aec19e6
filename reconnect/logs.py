"""Logging: structlog for our own lines and for those of libraries, as JSON or for a console; secrets never come out."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from reconnect import redaction

Form = Literal["json", "console", "auto"]
Level = Literal["debug", "info", "warning", "error"]

# Libraries that say too much at our own level.
_QUIET = {
    "neo4j": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncssh": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


def configure(form: Form = "auto", level: Level = "info") -> None:
    """Send every log line to stderr. ``auto`` is the console form on a terminal, else JSON.

    May be called again; the last call holds.
    """
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        structlog.processors.StackInfoRenderer(),
    ]
    after: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _without_a_coloured_copy,
        # Tracebacks become text first, so that redaction sees them.
        structlog.processors.format_exc_info,
        redaction.processor,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()], processors=after
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _without_a_coloured_copy(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """uvicorn gives each of its lines once more, for a formatter of its own."""
    event.pop("color_message", None)
    return event
