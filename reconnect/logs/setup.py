"""Logging: structlog for our own lines and for those of libraries, as JSON or for a console, without secrets."""

import logging
import sys
from typing import Literal, TextIO

import structlog

from reconnect.logs import library_lines, redaction, tracebacks

Form = Literal["json", "console", "auto"]
Level = Literal["debug", "info", "warning", "error"]

# Where our own lines come from: the rooms. Level debug is for them only: at that level, libraries log whole messages.
OURS = (
    "api", "exporters", "graph", "idp", "importers", "processes", "protocols", "reconnect", "rules", "sample",
)  # fmt: skip

# Libraries that log too much at our own level.
_QUIET = {
    "neo4j": logging.ERROR,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncssh": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "spiff": logging.WARNING,
}


class _Handler(logging.StreamHandler[TextIO]):
    """Python's own handler would print a line that can't be written, with its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"A log line of {record.name!r} could not be written.\n")


def configure(form: Form = "auto", level: Level = "info") -> None:
    """Send every log line to stderr. ``auto`` is the console form on a terminal, otherwise JSON.

    A library's line comes without its values (``library_lines``), and an error without its text (``tracebacks``). May
    be called again; the last call counts.
    """
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]
    after: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        # Tracebacks become text first, so that redaction sees them.
        tracebacks.processor,
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
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[library_lines.processor, *before], processors=after, use_get_message=False
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    wanted = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(max(wanted, logging.INFO))
    for name in OURS:
        logging.getLogger(name).setLevel(wanted)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, wanted))
