"""The ``reconnect`` command: puts the command groups together."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from structlog.stdlib import get_logger
from typer.core import TyperGroup

from graph.cpr import MissingKey
from graph.errors import GraphError
from importers.report import text_of
from reconnect import library_lines, logs, signals
from reconnect.collector import collect_seldom
from reconnect.context import Context
from reconnect.embedded import EmbeddedError
from reconnect.embedded.home import default_home
from reconnect.exits import CommandFailed, Exit
from reconnect.foreseen import explained
from reconnect.private_files import restrict
from reconnect.redaction import redact_text
from reconnect.settings_file import SettingsError
from reconnect.terminal import terminal

MARKUP: Literal["markdown"] = "markdown"

# Command → module of ``reconnect.commands`` that registers it; in the order in which ``--help`` shows them.
MODULES = {
    "demo": "demo",
    "up": "instance",
    "down": "instance",
    "status": "status",
    "import": "imports",
    "export": "exports",
    "serve": "serve",
    "worker": "worker",
    "day-turn": "days",
    "nearest": "nearest",
    "nearest-manager": "nearest",
    "query": "queries",
    "schema": "queries",
    "token": "tokens",
    "analyst-copy": "analyst",
    "keys": "keys",
    "sample": "sample",
    "config": "show",
}


class OnDemand(TyperGroup):
    """Loads a command's module when it is asked for: ``status`` does not wait for all that ``serve`` needs."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in MODULES:
            for each in MODULES:  # so that it can be said what was meant
                self.get_command(ctx, each)
            return None
        if cmd_name not in self.commands:
            part = typer.Typer(rich_markup_mode=MARKUP)
            import_module(f"reconnect.commands.{MODULES[cmd_name]}").register(part)
            self.commands = {**self.commands, **typer.main.get_group(part).commands}
        return self.commands[cmd_name]


app = typer.Typer(
    name="reconnect",
    cls=OnDemand,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
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
    4 done, but some records were bad and are kept with the reason; 130 interrupted (Ctrl-C or SIGTERM), run it again.
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
        made.warn_of_open_files()


# Commands that must work where the settings are wrong or don't exist yet.
_WITHOUT_SETTINGS = frozenset({"schema", "sample"})


def main() -> None:
    """Run the command; errors that a person can do something about end it with one text and an exit code."""
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
        # Through the log, as a traceback of Python's own would show what stands in the error, a CPR number maybe.
        # The command alone: its arguments may be a name or a number.
        get_logger("reconnect").exception(
            "unexpected error", command=next(filter(MODULES.__contains__, sys.argv), None)
        )
        _end(
            f"An error that nobody foresaw: {text_of(error)}\nThe log line above tells where; please report it.",
            Exit.FAILURE,
        )


def _end(error: Exception | str, code: Exit) -> NoReturn:
    terminal(stderr=True).print(redact_text(str(error)), style="red")
    sys.exit(code)
