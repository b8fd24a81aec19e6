"""The ``reconnect`` command: runs what was typed, and reports what went wrong."""

import sys
from typing import NoReturn

from structlog.stdlib import get_logger

from graph.cpr.keyring import MissingKey
from graph.errors import GraphError
from importers.pipeline.report import text_of
from reconnect import signals
from reconnect.collector import collect_seldom
from reconnect.embedded import EmbeddedError
from reconnect.embedded.home import default_home
from reconnect.exits import CommandFailed, Exit
from reconnect.foreseen import explained
from reconnect.logs import library_lines
from reconnect.logs.redaction import redact_text
from reconnect.private_files import restrict
from reconnect.root import MODULES, app
from reconnect.settings.file import SettingsError
from reconnect.terminal import terminal


def main() -> None:
    """Run the command; errors that a user can act on end it with one message and an exit code."""
    collect_seldom()
    signals.listen()
    restrict()
    library_lines.catch_what_passes_by()
    try:
        app()
    except KeyboardInterrupt:  # while a command was loaded; typer ends one that runs in the same way
        sys.exit(Exit.INTERRUPTED)
    except CommandFailed as error:
        _end(error, error.code)
    except SettingsError as error:
        _end(error, Exit.USAGE)
    except (EmbeddedError, GraphError, MissingKey) as error:
        _end(text_of(error), Exit.FAILURE)
    except Exception as error:
        if (foreseen := explained(error, default_home())) is not None:
            _end(foreseen, Exit.FAILURE)
        # Through the log: Python's own traceback would show the error's text, which may contain a CPR number.
        # The command alone: its arguments may be a name or a number.
        get_logger("reconnect").exception(
            "unexpected error", command=next(filter(MODULES.__contains__, sys.argv), None)
        )
        _end(
            f"Unexpected error: {text_of(error)}\nThe log line above shows where it happened. Please report it.",
            Exit.FAILURE,
        )


def _end(error: Exception | str, code: Exit) -> NoReturn:
    terminal(stderr=True).print(redact_text(str(error)), style="red")
    sys.exit(code)
