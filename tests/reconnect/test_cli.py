"""The command line as a shell sees it: output, exit codes, and no secret in anything it says."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import neo4j
import pytest
import typer

from reconnect import commands
from reconnect.exits import Exit
from reconnect.folders import source_names, target_names
from reconnect.root import MODULES, SUMMARIES, asks_for_help, command_named
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
_END = "-- the end of one help --"
_OF_HELP = frozenset(
    {
        "api.access",
        "api.access.field_groups",
        "api.access.places",
        "api.access.readers",
        "api.access.rights",
        "api.access.roles",
        "graph.model",
        "graph.model.accounts",
        "graph.model.descriptions",
        "graph.model.kind",
        "graph.model.organisation",
        "graph.model.rights",
        "graph.retry",
        "graph.time",
        "reconnect.account_requests",
        "reconnect.commands.accounts_at_targets",
        "reconnect.commands",
        "reconnect.context",
        "reconnect.day_option",
        "reconnect.entry",
        "reconnect.errors",
        "reconnect.exits",
        "reconnect.folders",
        "reconnect.limited_roles",
        "reconnect.process_files",
        "reconnect.process_refusals",
        "reconnect.progress",
        "reconnect.reason_option",
        "reconnect.rights_care",
        "reconnect.root",
        "reconnect.terminal",
    }
)
"""Our modules, beside the commands' own, that any help may load: they hold what it shows."""


def _command_modules() -> list[str]:
    return [f"reconnect.commands.{each.stem}" for each in Path(commands.__path__[0]).glob("[!_]*.py")]


def test_help_tells_how_to_begin_and_what_exit_codes_mean(run: Run) -> None:
    done = run("--help")
    assert done.returncode == Exit.OK
    assert "reconnect demo" in done.stdout
    assert "Exit codes" in done.stdout


def test_commands_are_all_there_and_a_wrong_one_is_answered(run: Run) -> None:
    """Each module is imported when its command is called; the help of all imports all."""
    told = run("--help").stdout
    for name in ("up", "import", "nearest-manager", "day-turn", "analyst-copy", "keys", "sample", "config"):
        assert f"│ {name} " in told
    done = run("imprt")
    assert (done.returncode, "No such command 'imprt'" in done.stderr) == (Exit.USAGE, True)


def test_help_names_every_source_and_target(run: Run) -> None:
    told = run("import", "-h").stdout
    assert [name for name in source_names() if name not in told] == []
    told = run("export", "-h").stdout
    assert [name for name in target_names() if name not in told] == []


def test_config_shows_names_in_full_where_the_terminal_is_narrow(run: Run) -> None:
    told = run("config", COLUMNS="80").stdout
    assert "targets.plan2learn" in told
    assert "sources.opus.leave_date_inclusive" in told
    assert "…" not in told and "frozenset" not in told


def test_texts_are_shown_as_they_are(run: Run, tmp_path: Path) -> None:
    """A terminal's markup and emoji names in them are data; and nothing is broken into lines in a pipe."""
    pattern = "[a-z]x :key: [/red] " + "long " * 40
    (tmp_path / "reconnect.toml").write_text(f'sources.opus.closed_name_patterns = ["{pattern}"]')
    done = run("config")
    assert (done.returncode, pattern in done.stdout) == (Exit.OK, True)


def test_config_masks_secrets_and_names_origins(run: Run) -> None:
    done = run("config", "--json")
    rows = json.loads(done.stdout)
    assert rows["neo4j.password"] == {"value": "•••", "origin": "environment RECONNECT__NEO4J__PASSWORD"}
    assert rows["redis.url"]["value"] == "•••"
    assert rows["worker.attempts"]["origin"] == "default"


def test_a_wrong_setting_ends_with_2_before_anything_is_done(run: Run) -> None:
    done = run("day-turn", RECONNECT__WORKER__ATTEMPS="3")
    assert done.returncode == Exit.USAGE
    assert "worker.attemps is unknown. Did you mean attempts?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_argument_ends_with_2(run: Run) -> None:
    assert run("day-turn", "--date", "tomorrow").returncode == Exit.USAGE
    assert run("import", "nonsense").returncode == Exit.USAGE
    done = run("nearest-manager", "--person", "karen", "--type", "monthly")
    assert (done.returncode, "monthly_full" in done.stderr) == (Exit.USAGE, True)


def test_a_store_that_does_not_answer_is_named(run: Run) -> None:
    done = run("day-turn", RECONNECT__NEO4J__URI="bolt://127.0.0.1:1")
    assert done.returncode == Exit.FAILURE
    assert "Neo4j at bolt://127.0.0.1:1 does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_queue_that_does_not_answer_is_named(run: Run, clean_graph: neo4j.Driver) -> None:
    done = run("day-turn", RECONNECT__REDIS__URL="redis://:hidden@127.0.0.1:1/0")
    assert done.returncode == Exit.FAILURE
    assert "Redis does not answer" in done.stderr
    assert "hidden" not in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_instance_the_advice_is_up(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RECONNECT")}
    done = subprocess.run(
        [sys.executable, "-m", "reconnect", "day-turn"],
        env=plain | {"RECONNECT_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == Exit.FAILURE
    assert "run `reconnect up` first" in done.stderr


def test_the_day_turn_and_its_state(run: Run, clean_graph: neo4j.Driver) -> None:
    assert run("day-turn").returncode == Exit.OK
    done = run("status", "--json")
    assert done.returncode == Exit.OK
    assert json.loads(done.stdout)["jobs"]["day_turn"]["state"] == "done"


def test_status_fails_while_neo4j_is_away(run: Run) -> None:
    """Of servers in the settings, too, whose addresses say nothing."""
    done = run("status", RECONNECT__NEO4J__URI="bolt://127.0.0.1:9")
    assert done.returncode == Exit.FAILURE
    assert "Neo4j    bolt://127.0.0.1:9: does not answer" in done.stdout
    assert "as in the settings" in done.stdout and "Valkey   as in the settings: does not" not in done.stdout


def test_each_command_is_in_the_module_that_the_list_names() -> None:
    for name, module in MODULES.items():
        part = typer.Typer()
        import_module(f"reconnect.commands.{module}").register(part)
        command = typer.main.get_group(part).commands[name]
        assert SUMMARIES[name] == " ".join((command.help or "").split("\n\n")[0].split())
    parts = {"accounts_at_targets", "process_cases", "process_play", "process_simulation", "process_templates"}
    assert set(_command_modules()) == {f"reconnect.commands.{each}" for each in {*MODULES.values(), *parts}}


def test_help_waits_for_nothing_that_it_does_not_show() -> None:
    """Drivers, servers and sources take a second to load; the help of the root and of every command needs none."""
    walk = f"""
        import sys
        from typer.main import get_group
        from reconnect.entry import main
        from reconnect.root import MODULES, OnDemand, app

        def help_of(*words):
            sys.argv[1:] = [*words, "--help"]
            try:
                main()
            except SystemExit as ended:
                assert not ended.code
            print("{_END}")

        help_of()
        assert not [each for each in sys.modules if each.startswith("reconnect.commands")]
        group = get_group(app)
        for name in MODULES:
            help_of(name)
            for below in getattr(group.get_command(None, name), "commands", {{}}):
                help_of(name, below)
        print(*sys.modules)
        """
    done = subprocess.run([sys.executable, "-c", dedent(walk)], capture_output=True, text=True, check=True)
    *shown, last = done.stdout.split(f"{_END}\n")
    assert all(each in shown[0] for each in MODULES)
    assert len(shown) > len(MODULES) and all("Usage:" in each for each in shown)
    loaded = set(last.split())
    parts = tuple(f"{each.parent.name}." for each in ROOT.glob("*/__init__.py"))
    assert {each for each in loaded if each.startswith(parts)} - _OF_HELP - set(_command_modules()) == set()
    tops = {each.partition(".")[0] for each in loaded}
    heavy = {"cryptography", "graphql", "httpx", "neo4j", "orjson", "pydantic", "redis", "strawberry", "structlog"}
    assert heavy & tops == set()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "reconnect"),
        (["status"], "reconnect status"),
        (["token", "create"], "reconnect token create"),
        (["import", "opus"], "reconnect import"),
        (["token", "nonsense"], None),
        (["--home", "here", "status"], None),
    ],
)
def test_whose_help_is_asked_for(words: list[str], named: str | None) -> None:
    """None: the root reads what was typed as ever, and says what is wrong with it."""
    context = command_named(words)
    assert (context and context.command_path.split(" [")[0].split(" {")[0]) == named


def test_help_is_told_where_the_settings_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "reconnect.toml").write_text("nonsense")
    done = subprocess.run(
        [sys.executable, "-m", "reconnect", "status", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, "[OPTIONS]" in done.stdout) == (Exit.OK, True)


@pytest.mark.parametrize(
    ("arguments", "help_alone"),
    [
        ([], True),
        (["-h"], True),
        (["status", "--help"], True),
        (["token", "create", "-h"], True),
        (["import", "opus", "--help"], True),
        (["status"], False),
        (["nearest", "--unit", "--help"], False),
        (["import", "--", "--help"], False),
        (["import", "--", "opus", "--help"], False),
    ],
)
def test_what_asks_for_help_alone(arguments: list[str], help_alone: bool) -> None:
    """What an option takes, and what comes after --, is no question for help: the command runs as it would."""
    assert asks_for_help(arguments) == help_alone


def test_a_mistyped_command_is_told_what_was_meant(run: Run) -> None:
    assert "Did you mean 'status'?" in run("stat").stderr
