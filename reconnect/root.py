"""The root of the ``reconnect`` command: its options, and what its commands are called and do.

Who asks for help is answered from here: the root's needs no command to be loaded, a command's its own module alone,
and such a module loads what it works with when it works.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

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


# What ``--help`` says of each, so that it needs none of the modules: the first words of the command's own help.
SUMMARIES = {
    "demo": "Show it all: servers up, a sample municipality imported from its payroll, a target supplied, "
    "pages to open.",
    "up": "Start Neo4j and Valkey in RECONNECT_HOME (default: the folder .reconnect), if they don't run.",
    "down": "Stop Neo4j and Valkey, and the demo's web service. The data stays, and `reconnect up` goes on with it.",
    "status": "Show what runs, where it answers, what each job last did, and how each source is doing.",
    "import": "Read a source, and write what is new in it to the graph.",
    "export": "Give a target what it should have and does not have yet.",
    "serve": "Serve the GraphQL API until it is stopped: /graphql (GraphiQL in a browser), /metrics, /health.",
    "worker": "Run imports, exports and the day turn by the settings' schedule until it is stopped.",
    "day-turn": "Let what starts or ends today take effect: refresh today's values, write the changes that targets "
    "hear of.",
    "nearest": "Who holds a role for a unit: the unit itself, else the one above it, and so on to the top.",
    "nearest-manager": "The nearest manager of a person, one answer for each employment; the person is left out.",
    "query": "Ask what a file asks, and print the answer as JSON.",
    "schema": "Print the API's GraphQL schema.",
    "token": "Bearer tokens: who may use the API, with which system roles.",
    "analyst-copy": "Make or renew the analysts' copy of the graph: a second embedded server with its own login.",
    "keys": "The keys that CPR numbers are encrypted with.",
    "sample": "The sample municipality Klitkøbing, in the formats that its sources deliver. Nobody in it can exist.",
    "config": "Show every setting in force and where it comes from. Secrets are masked.",
}


_HELP = ["-h", "--help"]


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether nothing but help can be meant: ``--help`` comes last, and not as what an option before it takes."""
    if len(arguments) < 2:
        return not arguments or arguments[0] in _HELP
    return arguments[-1] in _HELP and not arguments[-2].startswith("-") and "--" not in arguments


class OnDemand(TyperGroup):
    """Loads a command's module when it is asked for: ``status`` does not wait for all that ``serve`` needs."""

    _describing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._describing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._describing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if self._describing and cmd_name in SUMMARIES:
            return TyperCommand(cmd_name, help=SUMMARIES[cmd_name])
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
    context_settings={"help_option_names": _HELP},
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
    if asks_for_help(sys.argv[1:]):
        return
    if home is not None:
        # Everything that asks for the home, in this process and in those that it starts, is told the same.
        os.environ["RECONNECT_HOME"] = str(home.resolve())
    # Here, since who only asks for help needs none of it.
    from reconnect.context import Context
    from reconnect.logs import setup

    made = Context(config)
    context.obj = made
    context.call_on_close(made.close)
    setup.configure(level="debug" if verbose else "info")
    if context.invoked_subcommand not in _WITHOUT_SETTINGS:
        chosen = made.settings.logs
        setup.configure(chosen.form, "debug" if verbose else chosen.level)
        made.warn_of_open_files()


# Commands that must work where the settings are wrong or don't exist yet.
_WITHOUT_SETTINGS = frozenset({"schema", "sample"})


def command_named(words: Sequence[str]) -> typer.Context | None:
    """The context of the command that ``words`` begin with; None where they begin with something else.

    The root's options are not read, which would load what checks their values.
    """
    context = _context(typer.main.get_command(app), None, "reconnect")
    for word in words:
        group: Any = context.command
        if not isinstance(group, TyperGroup):
            break  # its arguments
        if word not in group.list_commands(context):
            return None
        context = _context(group.get_command(context, word), context, word)
    return context


def _context(command: Any, above: typer.Context | None, name: str) -> typer.Context:
    return typer.Context(command, parent=above, info_name=name, **command.context_settings)
