"""The ``reconnect`` command: puts the command groups together."""

import os
import sys
from pathlib import Path
from typing import Annotated

import redis
import typer
from rich.console import Console
from structlog.stdlib import get_logger

from graph.cpr import MissingKey
from graph.errors import GraphError
from reconnect import logs
from reconnect.commands import (
    analyst,
    days,
    demo,
    exports,
    imports,
    instance,
    keys,
    nearest,
    queries,
    sample,
    serve,
    show,
    status,
    tokens,
    worker,
)
from reconnect.context import Context
from reconnect.embedded import EmbeddedError
from reconnect.exits import CommandFailed, Exit
from reconnect.redaction import redact_text
from reconnect.settings_file import SettingsError

app = typer.Typer(
    name="reconnect",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def begin(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Settings file.", envvar="RECONNECT_CONFIG", show_default=False),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home", help="Folder of the embedded instance.", envvar="RECONNECT_HOME", show_default=".reconnect"
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log lines of level debug.")] = False,
) -> None:
    """REConnect knows the municipality's organisation: payroll in, one graph, every consumer system supplied.

    Begin with `reconnect demo` (a sample municipality), or with `reconnect up` (Neo4j and Valkey in the folder that
    RECONNECT_HOME names; default .reconnect) and `reconnect import`.

    Settings come from reconnect.toml (--config, RECONNECT_CONFIG, in RECONNECT_HOME, or in the current folder) and the
    environment (RECONNECT__NEO4J__URI for uri in the section neo4j); `reconnect config` shows them all.

    Exit codes: 0 done; 1 failed; 2 wrong argument or setting; 3 stopped by the brake, waits for an approval;
    4 done, but some records were bad and are kept with the reason.
    """
    if home is not None:
        # Everything that asks for the home, in this process and in those that it starts, is told the same.
        os.environ["RECONNECT_HOME"] = str(home.resolve())
    made = Context(config)
    context.obj = made
    context.call_on_close(made.close)
    logs.configure(level="debug" if verbose else "info")
    if context.invoked_subcommand not in _WITHOUT_SETTINGS:
        chosen = made.settings.logs
        logs.configure(chosen.form, "debug" if verbose else chosen.level)


# Commands that must work where the settings are wrong or don't exist yet.
_WITHOUT_SETTINGS = frozenset({"schema", "sample"})

_GROUPS = (
    demo,
    instance,
    status,
    imports,
    exports,
    serve,
    worker,
    days,
    nearest,
    queries,
    tokens,
    analyst,
    keys,
    sample,
    show,
)
for group in _GROUPS:
    group.register(app)


def main() -> None:
    """Run the command; errors that a person can do something about end it with one text and an exit code."""
    try:
        app()
    except CommandFailed as error:
        _end(error, error.code)
    except SettingsError as error:
        _end(error, Exit.USAGE)
    except redis.ConnectionError as error:
        _end(f"Redis does not answer: {error}. Run `reconnect up` first, or see redis.url.", Exit.FAILURE)
    except (EmbeddedError, GraphError, MissingKey) as error:
        _end(error, Exit.FAILURE)
    except Exception as error:
        # Through the log, as a traceback of Python's own would show what stands in the error, a CPR number maybe.
        get_logger("reconnect").exception("unexpected error", command=sys.argv[1:])
        _end(f"An error that nobody foresaw: {error}\nThe log line above tells where; please report it.", Exit.FAILURE)


def _end(error: Exception | str, code: Exit) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(redact_text(str(error)), style="red", markup=False)
    sys.exit(code)
