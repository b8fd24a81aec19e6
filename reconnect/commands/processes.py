"""``processes``: definitions of processes, which are played, checked and deployed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconnect.commands.process_simulation import simulate
from reconnect.commands.process_templates import preview, templates
from reconnect.exits import CommandFailed, Exit
from reconnect.process_files import package, wanted
from reconnect.reason_option import reason_option
from reconnect.terminal import terminal

if TYPE_CHECKING:
    import neo4j
    from rich.console import Console

    from graph.cpr.keyring import Keyring
    from processes.play.file import PlayFile, Step
    from processes.play.playing import Played, PlayedThrough
    from processes.services import Services

_SHORT_LIVED = {
    "RECONNECT_NEO4J_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "RECONNECT_NEO4J_SETTINGS": "dbms.cypher.min_replan_interval=1h",
}
"""For a server that lives for a minute: what is compiled or planned again would not pay."""
_GIVEN = ("by", "to", "from", "until", "with")
"""Fields of a step that its result repeats."""
_NOT_KNOWN = ("unknown_section", "unknown_reference")
"""Of what an import only tells, the rules that refuse facts to play: they would be played without it."""
Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILES",
        help="Diagrams (.bpmn), tables (.dmn), forms (.json), texts (.mail, .letter); or a folder.",
    ),
]
Main = Annotated[
    str | None,
    typer.Option("--process", help="Id of the process that cases run; by default the one that no other calls."),
]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
IncidentId = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident, as `incidents` shows it.")]
Reason = Annotated[str, reason_option("Why, for the log of the case.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
group = typer.Typer(no_args_is_help=True, help="Play, check and deploy the definitions of processes.")
group.command()(simulate)
group.command()(templates)
group.command()(preview)


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="processes")


@group.callback()
def processes() -> None:
    """Play, check and deploy the definitions of processes."""


@group.command("list")
def list_processes(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also versions with which no new case starts.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the processes that are deployed, with their versions and how many cases run on each."""
    from rich.table import Table

    from processes.cases.by_itself import switched_on
    from processes.cases.definitions import versions
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session:
        on = switched_on(session)
        found = [each for each in versions(session) if everything or each.is_current or each.open_cases]
    if as_json:
        _print([
            {
                "process": each.process, "version": each.number, "current": each.is_current, "by": each.by,
                "at": each.at, "open_cases": each.open_cases,
                "starts_by_itself": each.is_current and each.process in on,
            }
            for each in found
        ])  # fmt: skip
        return
    console = terminal()
    if not found:
        console.print("No process is deployed.")
        return
    table = Table("Process", "Version", "Open cases", "Deployed", "By", box=None)
    for each in found:
        version = str(each.number) if each.is_current else f"{each.number} (old)"
        table.add_row(each.process, version, str(each.open_cases), f"{each.at:%Y-%m-%d %H:%M}", each.by)
    console.print(table)
    for process, switched in sorted(on.items()):
        due = f"; the next on {switched.next:%Y-%m-%d}" if switched.next is not None else ""
        since = f"{switched.at:%Y-%m-%d %H:%M}, by {switched.by}"
        console.print(f"{process} starts cases by itself since {since}{due}.")
        if switched.problem:
            console.print(f"  The last that could not start: {switched.problem}")


@group.command()
def check(context: typer.Context, files: Files, process: Main = None, as_json: AsJson = False) -> None:
    """Check a definition against the organisation, and tell everything that is wrong; nothing is deployed.

    Exit code 0: it can be deployed; 1: it has faults; 2: a file can't be read.
    """
    from processes.cases import definitions
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session, _faults_shown(as_json):
        read = package(files, process)
        definitions.check(session, read.process, read.documents, read.schemas, wanted(), read.texts)
    if as_json:
        _print({"process": read.process, "faults": []})
    else:
        terminal().print(f"{read.process} can be deployed.")


@group.command()
def deploy(context: typer.Context, files: Files, process: Main = None, as_json: AsJson = False) -> None:
    """Check a definition, and let new cases start with it. Cases that run stay on the version they have.

    Exit code 0: it is deployed; 1: it has faults, and nothing is; 2: a file can't be read.
    """
    from graph.time import copenhagen_now
    from processes.cases import definitions
    from reconnect.context import of

    run = of(context)
    with _faults_shown(as_json):
        read = package(files, process)
        done = definitions.deploy(
            run.driver(),
            read.process,
            read.documents,
            read.schemas,
            run.user,
            copenhagen_now(),
            wanted(),
            texts=read.texts,
        )
    if as_json:
        told = {"process": read.process, "version": done.version.number, "new": done.is_new, "older_cases": done.older}
        _print({**told, "faults": []})
        return
    state = "is deployed" if done.is_new else "was deployed already"
    terminal().print(f"{read.process}, version {done.version.number}, {state}.")
    if done.older:
        terminal().print(f"{done.older} open cases stay on the version with which they began.")


@group.command()
def incidents(context: typer.Context, as_json: AsJson = False) -> None:
    """List what cases can't do: steps that fail, and services after their last try."""
    from processes.cases.kept import stuck_cases
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session:
        found = stuck_cases(session)
    if as_json:
        _print([{"process": case.process, "case": case.id, **each} for case in found for each in case.incidents])
        return
    for case in found:
        for each in case.incidents:
            terminal().print(f"{case.process}, case {case.id}, {each['element']}: {each['text']} ({each['task']})")
    if not found:
        terminal().print("There are no incidents.")


@group.command()
def retry(context: typer.Context, case: CaseId, incident: IncidentId, reason: Reason) -> None:
    """Make a step of a case again that could not be made; the worker tries a service within seconds."""
    from processes.cases.incidents import retry as again

    _decide(context, case, incident, reason, again)
    terminal().print(f"Case {case}: the step {incident} is tried again.", highlight=False)


@group.command()
def skip(context: typer.Context, case: CaseId, incident: IncidentId, reason: Reason) -> None:
    """Let a case go on without a service that has failed. It has no answer then."""
    from processes.cases.incidents import skip as skipped

    _decide(context, case, incident, reason, skipped)
    terminal().print(f"Case {case}: the step {incident} was skipped; the case goes on.", highlight=False)


@group.command()
def repair(
    context: typer.Context,
    case: CaseId,
    incident: IncidentId,
    reason: Reason,
    values: Annotated[str, typer.Option("--values", help='The values by variable, as JSON: {"first_day": …}.')],
) -> None:
    """Set variables of a case at a step that could not be made, and make it again."""
    import orjson

    from processes.cases.incidents import repair as repaired
    from reconnect.context import of

    try:
        given = orjson.loads(values)
    except orjson.JSONDecodeError as wrong:
        raise CommandFailed(f"--values: {wrong}", Exit.USAGE) from wrong
    if not isinstance(given, dict):
        raise CommandFailed("--values: it is not a JSON object", Exit.USAGE)

    def decide(driver: neo4j.Driver, case: str, incident: str, by: None, now: datetime, reason: str) -> None:
        repaired(driver, case, incident, given, by, now, reason, user=of(context).user)

    _decide(context, case, incident, reason, decide)
    terminal().print(
        f"Case {case}: the step {incident} is made again with {', '.join(sorted(given))}.", highlight=False
    )


@group.command()
def end(context: typer.Context, case: CaseId, reason: Reason) -> None:
    """End a case before its process does: its open tasks lapse, no timer is due any more, and what was done stays."""
    from processes.cases.ending import end as ended

    def decide(driver: neo4j.Driver, case: str, _: str, by: None, now: datetime, reason: str) -> None:
        ended(driver, case, by, now, reason)

    _decide(context, case, "", reason, decide)
    terminal().print(f"Case {case} was ended.", highlight=False)


@group.command()
def move(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id of the process.")],
    reason: Reason,
    case: Annotated[list[str] | None, typer.Option("--case", help="Only this case; may be given again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which cases could be moved.")] = False,
) -> None:
    """Move open cases to the version with which new ones start. Those that can't be moved stay, with the reason."""
    from graph.time import copenhagen_now
    from processes.cases.moving import move as moved
    from reconnect.context import of

    run = of(context)
    why = f"{reason} ({run.user})"
    with _refusing():
        done = moved(run.driver(), process, case or None, None, copenhagen_now(), why, dry_run=dry_run)
    state = "could be moved" if dry_run else "were moved"
    terminal().print(f"{len(done.moved)} cases {state} to version {done.version}; {len(done.stays)} stay.")
    for id_, text in done.stays.items():
        terminal().print(f"  {id_}: {text}")


@group.command()
def automatic(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id of the process.")],
    reason: Annotated[str, reason_option("Why; kept with the process.")],
    on: Annotated[bool, typer.Option("--on/--off", help="Whether its cases start by themselves from now on.")],
    first: Annotated[
        datetime | None,
        typer.Option("--first", formats=["%Y-%m-%d"], help="The day on which the first one starts by time."),
    ] = None,
) -> None:
    """Let cases start by what happens, or by time, as the process states it; the worker starts them within a minute."""
    from graph.time import copenhagen_now
    from processes.cases.by_itself import switch
    from reconnect.context import of

    run = of(context)
    day = None if first is None else first.date()
    with _refusing():
        due = switch(run.driver(), process, run.user, reason, copenhagen_now(), on=on, first=day)
    state = "start by themselves from now on" if on else "are started by people only"
    terminal().print(f"Cases of {process} {state}.")
    if due is not None:
        terminal().print(f"The first by time: {due:%Y-%m-%d %H:%M}.")


def _decide(context: typer.Context, case: str, incident: str, reason: str, do: Callable[..., None]) -> None:
    from graph.time import copenhagen_now
    from reconnect.context import of

    run = of(context)
    with _refusing():
        do(run.driver(), case, incident, None, copenhagen_now(), f"{reason} ({run.user})")


@contextmanager
def _refusing() -> Iterator[None]:
    """Raises CommandFailed for what is refused, also since a definition or a case can't be read any more."""
    from graph.errors import GraphError
    from processes.engine.errors import ProcessError

    try:
        yield
    except (GraphError, ProcessError) as refused:
        raise CommandFailed(str(refused)) from refused


@group.command()
def play(
    file: Annotated[Path, typer.Argument(help="Facts, processes and cases, as YAML or JSON.")],
    as_json: AsJson = False,
) -> None:
    """Play cases of a process on a clock of their own, and show which steps differ from what the file expects.

    It happens in a scratch instance, which is removed afterwards; the instance of RECONNECT_HOME is not touched.
    Exit code 0: every step holds; 1: some differ; 2: the file can't be played.
    """
    from processes.play.errors import PlayRejected
    from reconnect.logs.redaction import redact_text

    try:
        read = _read(file)
        with _in_scratch() as driver:
            played = _played(driver, read)
    except PlayRejected as wrong:
        if as_json:
            _print({"faults": [redact_text(each) for each in wrong.faults]})
        raise CommandFailed(f"{file}: {wrong}", Exit.USAGE) from wrong
    differing = [each for case in played for each in case.steps if not each.holds]
    if as_json:
        _print({
            "cases": [_form(each) for each in played],
            "steps": sum(len(each.steps) for each in played),
            "differing": len(differing),
        })  # fmt: skip
    else:
        _show(played, terminal())
    if differing:
        steps = sum(len(each.steps) for each in played)
        raise CommandFailed(f"{len(differing)} of {steps} steps differ from what {file} expects.")


@contextmanager
def _faults_shown(as_json: bool) -> Iterator[None]:
    """What a definition is refused for, as a list of faults. Raises CommandFailed."""
    from processes.engine.errors import DefinitionRejected

    try:
        yield
    except DefinitionRejected as wrong:
        if as_json:
            parts = ("document", "element", "rule", "text")
            _print({"faults": [{name: getattr(each, name) for name in parts} for each in wrong.faults]})
        lines = "\n".join(f"  {each} ({each.rule})" for each in wrong.faults)
        raise CommandFailed(f"The definition can't run; nothing was deployed:\n{lines}") from wrong


def play_file(driver: neo4j.Driver, file: Path) -> list[PlayedThrough]:
    """Load a file's facts into an empty graph, and play its cases. Raises PlayRejected for what can't be played."""
    return _played(driver, _read(file))


def _played(driver: neo4j.Driver, read: PlayFile) -> list[PlayedThrough]:
    from graph.cpr.keyring import Keyring
    from graph.time import copenhagen_now
    from processes.play.playing import play as played

    keyring = Keyring.generate()
    return played(driver, read, _load(driver, read.facts, keyring), copenhagen_now(), _services(keyring))


def _services(keyring: Keyring) -> Services:
    """What a process may do, as in a scratch instance: nothing leaves it."""
    from api.mutations.services import services
    from graph.statements.precedence import SourceOrder
    from processes.cases import letters
    from processes.services import LETTER, OWN, Service

    noted = {name: Service(arguments, lambda *_: None) for name, arguments in OWN.items()}
    written = Service(OWN[LETTER], letters.write, in_graph=True)
    return {**services(keyring, SourceOrder()), **noted, LETTER: written}


def _read(file: Path) -> PlayFile:
    """Raises PlayRejected."""
    from json import JSONDecodeError

    import yaml

    from importers.facts.errors import FileRejected
    from importers.facts.loading import doubled, from_json, from_yaml
    from processes.play.errors import PlayRejected
    from processes.play.file import read_file

    try:
        if file.suffix.lower() == ".json":
            content = figures = from_json(file)
        else:
            content, figures = from_yaml(file, codes=True), from_yaml(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, JSONDecodeError, FileRejected) as error:
        raise PlayRejected((f"it can't be read: {error}",)) from error
    if twice := doubled(content):
        raise PlayRejected((f"{', '.join(twice)} stands twice",))
    return read_file(content, figures, lambda path: package([file.parent / path], None))


def _load(driver: neo4j.Driver, facts: Mapping[str, Any], keyring: Keyring) -> str:
    """Import facts; the name of their source. Raises PlayRejected with what is wrong with them.

    What another source might still state is refused as well: there is none here.
    """
    import yaml

    from importers.facts.settings import FactsSettings
    from importers.facts.source import Facts
    from importers.pipeline.import_run import run_import
    from importers.source import SourceError
    from processes.play.errors import PlayRejected

    with tempfile.TemporaryDirectory(prefix="reconnect-play-") as folder:
        path = Path(folder) / "facts.yaml"
        path.write_text(yaml.safe_dump(_plain(facts), allow_unicode=True, sort_keys=False), encoding="utf-8")
        settings = FactsSettings(path=path)
        try:
            report = run_import(driver, Facts(settings), keyring)
        except SourceError as wrong:
            raise PlayRejected((f"facts: {wrong}",)) from wrong
    if bad := [each for each in report.problems if each.severity == "bad" or each.rule in _NOT_KNOWN]:
        raise PlayRejected(tuple(f"facts, {each.where()}: {each.text}" for each in bad))
    return settings.name


@contextmanager
def _in_scratch() -> Iterator[neo4j.Driver]:
    """An empty instance of its own, which is gone afterwards."""
    from graph.connection import connect
    from graph.migrations import migrate
    from reconnect.embedded import Instance

    for name, value in _SHORT_LIVED.items():
        os.environ.setdefault(name, value)
    home = Path(tempfile.mkdtemp(prefix="reconnect-play-"))
    instance = Instance(home)
    try:
        addresses = instance.start()
        with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
            migrate(driver)
            yield driver
    finally:
        instance.stop()
        shutil.rmtree(home)


def _show(played: Sequence[PlayedThrough], console: Console) -> None:
    for case in played:
        console.print(f"{case.case.id}  {'holds' if case.holds else 'DIFFERS'}  {case.case.why}".rstrip())
        for each in case.steps:
            if not each.holds:
                console.print(f"  step {each.step.number}, {_what(each.step)}")
                for name in each.expected:
                    console.print(f"    {name}: expected {_text(each.expected[name])}, got {_text(each.got[name])}")
    held = sum(each.holds for each in played)
    console.print(f"{held} of {len(played)} cases hold.")


def _what(step: Step) -> str:
    by = f" by {step.fields['by']}" if "by" in step.fields else ""
    return f"{step.at:%Y-%m-%d %H:%M}: {step.verb} {step.named}{by}"


def _form(played: PlayedThrough) -> dict[str, Any]:
    return {
        "case": played.case.id,
        "why": played.case.why,
        "holds": played.holds,
        "steps": [_step_form(each) for each in played.steps],
    }


def _step_form(played: Played) -> dict[str, Any]:
    step = played.step
    given = {name: step.fields[name] for name in _GIVEN if name in step.fields}
    form = {"step": step.number, "at": step.at, step.verb: step.named, **given, "holds": played.holds}
    if not played.holds:
        return {**form, "expected": played.expected, "got": played.got}
    return {**form, "got": played.answer} if played.answer else form


def _text(value: Any) -> str:
    import orjson

    return "nothing" if value is None else orjson.dumps(_written(value)).decode()


def _print(answer: Any) -> None:
    import orjson

    print(orjson.dumps(_written(answer), option=orjson.OPT_INDENT_2).decode())


def _written(value: Any) -> Any:
    """As JSON has it: moments in Copenhagen's time, as the file has them."""
    if isinstance(value, Mapping):
        return {str(name): _written(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    if not isinstance(value, datetime):
        return value
    return f"{value:%Y-%m-%dT%H:%M:%S}" if value.second else f"{value:%Y-%m-%dT%H:%M}"


def _plain(value: Any) -> Any:
    """As YAML is written again: mappings and lists of plain values."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool | date) else str(value)
