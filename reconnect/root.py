"""The root of the ``reconnect`` command: its options, and the names and summaries of its commands.

Help is quick: the root's help loads no command, and a command's help loads only its own module, which imports its
libraries when it runs.
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
    "restored": "restored",
    "day-turn": "days",
    "nearest": "nearest",
    "nearest-manager": "nearest",
    "rights": "rights",
    "accounts": "accounts",
    "login": "login",
    "plans": "plans",
    "processes": "processes",
    "query": "queries",
    "schema": "queries",
    "token": "tokens",
    "client": "clients",
    "reads": "reads",
    "analyst-copy": "analyst",
    "keys": "keys",
    "sample": "sample",
    "config": "show",
}


# The summary of each in ``--help``, the first sentence of the command's own help, so that no module is loaded for it.
SUMMARIES = {
    "demo": "Try everything: start the servers, import a sample municipality, supply a target, and open the pages.",
    "up": "Start Neo4j and Valkey in RECONNECT_HOME (default: the folder .reconnect) if they are not running.",
    "down": "Stop Neo4j, Valkey and the demo's web service. The data is kept for the next `reconnect up`.",
    "status": "Show which servers run and where, the last run of each job, and the state of each source.",
    "import": "Import everything that has changed in a source.",
    "export": "Supply a target with everything that has changed since the last export.",
    "serve": "Serve the GraphQL API until it is stopped: /graphql (GraphiQL in a browser), /metrics, /health.",
    "worker": "Run imports, exports and the day turn on the schedule in the settings, until it is stopped.",
    "restored": "Look at what a restore of a back-up has brought back, and let targets be supplied again.",
    "day-turn": "Let everything that starts or ends today take effect: refresh today's values, and log the changes.",
    "nearest": "Find who holds a role for a unit: in the unit itself, otherwise in the nearest unit above it.",
    "nearest-manager": "Find a person's nearest manager, one answer for each employment.",
    "rights": "Show what people may do in systems, and why.",
    "accounts": "Plan accounts by the account rules, and show why.",
    "login": "Invite people to log in, reset their login, and roll keys over.",
    "plans": "Prepare changes for a day: preview, compare, approve, apply and take back.",
    "processes": "Play, check and deploy the definitions of processes.",
    "query": "Run the GraphQL query in a file, and print the answer as JSON.",
    "schema": "Print the API's GraphQL schema.",
    "token": "Manage access to the API: bearer tokens and their system roles.",
    "client": "Manage OAuth 2 clients of the API: machines that get short-lived access tokens at /oauth/token.",
    "reads": "Export who has seen whose personal data.",
    "analyst-copy": "Make or refresh a copy of the graph for analysts: a second embedded server with its own login.",
    "keys": "Manage the keys that CPR numbers are encrypted with.",
    "sample": "Write or serve a sample municipality in its sources' own formats. All its people are invented.",
    "config": "Show every effective setting and where it comes from. Secrets are masked.",
}


_HELP = ["-h", "--help"]


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether the arguments ask for help and nothing else: ``--help`` is last, and not the value of an option."""
    if len(arguments) < 2:
        return not arguments or arguments[0] in _HELP
    return arguments[-1] in _HELP and not arguments[-2].startswith("-") and "--" not in arguments


class OnDemand(TyperGroup):
    """Loads a command's module when it is needed: ``status`` does not wait for everything that ``serve`` imports."""

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
            for each in MODULES:  # so that similar names can be suggested
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
            "--home", help="Folder for data, settings and secrets.", envvar="RECONNECT_HOME", show_default=".reconnect"
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log at level debug.")] = False,
) -> None:
    """REConnect knows the municipality's organisation: it reads payroll and directories, and supplies other systems.

    Start with `reconnect demo` (a sample municipality), or with `reconnect up` (Neo4j and Valkey in the folder
    RECONNECT_HOME; default .reconnect) and `reconnect import`.

    Settings come from reconnect.toml (--config, RECONNECT_CONFIG, in RECONNECT_HOME, or in the current folder) and from
    the environment (RECONNECT__NEO4J__URI for uri in the section neo4j); `reconnect config` shows them all.

    Exit codes: 0 done; 1 failed; 2 wrong argument or setting; 3 stopped by the brake, waiting for approval;
    4 done, but some records were bad and are kept with the reason; 130 interrupted (Ctrl-C or SIGTERM), run it again.
    """
    if asks_for_help(sys.argv[1:]):
        return
    if home is not None:
        # The environment, so that this process and those that it starts use the same home.
        os.environ["RECONNECT_HOME"] = str(home.resolve())
    # Imported here, since help needs none of it.
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
    """The context of the command that ``words`` start with; None if they start with something else.

    The root's options are not parsed: that would load the modules that check their values.
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
