"""The demo's steps on the session's servers, and that what it tells people to ask can be asked."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import graphql
import neo4j
import pytest

from api.access.held import access_of_person
from api.access.rights import Access
from api.mutations.planned import PlannedWriting
from graph.cpr.keyring import Keyring
from graph.identity.lookup import find
from graph.plans import kept
from graph.questions.nearest import nearest
from graph.questions.preview.consequences import preview
from graph.questions.rights.asking import asked as asked_of
from graph.questions.rights.asking import rights_on
from graph.statements.precedence import SourceOrder
from graph.time import copenhagen_now, today
from importers.source import SourceError
from processes.cases import definitions
from processes.cases.inbox import inbox
from processes.cases.kept import open_tasks
from reconnect.context import Context
from reconnect.demo import account_places, accounts, cases, found, logins, sources
from reconnect.demo import run as steps
from reconnect.demo.run import Demo
from reconnect.demo.sources import SHOWN
from reconnect.embedded import Addresses
from reconnect.identity_provider import local_logins
from reconnect.rights_preview import preview_of_facts
from sample.municipality import Municipality
from sample.process_people import CENTRE
from tests.graph.snapshot import last_write
from tests.importers.known import InMemory
from tests.processes.engine.drawn import END, START, flow, process, script

pytestmark = pytest.mark.slow

SCHEMA = Path(__file__).resolve().parents[2] / "schema.graphql"
DAY = date(2026, 11, 24)


@pytest.fixture
def demo(addresses: Addresses, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    home = Path(tempfile.mkdtemp(prefix="rc-demo-"))  # short: Samba puts sockets into it
    monkeypatch.setenv("RECONNECT_HOME", str(home))
    monkeypatch.setenv("RECONNECT__NEO4J__URI", addresses.bolt_uri)
    monkeypatch.setenv("RECONNECT__NEO4J__PASSWORD", addresses.password)
    monkeypatch.setenv("RECONNECT__REDIS__URL", addresses.redis_url)
    made = Demo(home)
    steps.prepare(made)
    yield made
    shutil.rmtree(home)


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def run(demo: Demo) -> dict[str, sources.DemoImport]:
    context = Context(demo.settings_file)
    try:
        steps.make_payroll(demo, "XS", 42, DAY, context.keyring, quiet)
        for each in steps.import_all(context, demo, quiet):
            assert (each.brake, [bad for bad in each.problems if bad.severity == "bad"]) == (None, [])
        return {each.shown.name: each for each in sources.import_others(context, demo, quiet)}
    finally:
        context.close()


@pytest.mark.timeout(1800)
def test_every_source_is_imported_and_disagrees(clean_graph: neo4j.Driver, demo: Demo) -> None:
    told = run(demo)
    assert set(told) == {each.name for each in SHOWN}
    for name, each in told.items():
        assert each.report is not None, f"{name}: {each.failure}"
        assert (each.report.brake, each.report.changes > 0) == (None, True)
    assert told["cpr"].doubts == {"dead_with_tie": 1}
    assert told["unilogin"].doubts == {"ambiguous_match": 1, "no_unit": 1, "other_manager": 1}
    answers_have_what_it_says_to_ask(clean_graph)
    the_move_takes_and_gives(clean_graph, demo)
    # Two strangers and a placeholder for a number; an account beside another one of the same kind.
    assert told["active_directory"].doubts == {"unmatched_account": 3, "several_accounts": 2}
    # A school's trainee, external and substitute, three known by their UNI-Login alone, and one who had left before
    # payroll's first file, in which Opus tells no CPR number of such.
    assert told["school_ad"].doubts == {"unmatched_account": 7}
    before = last_write(clean_graph)
    again = run(demo)
    assert {name: each.report.changes for name, each in again.items() if each.report is not None} == dict.fromkeys(
        told, 0
    )
    assert last_write(clean_graph) == before
    every_target_is_supplied(demo)
    # Hired a week after the demo's day: from then on in the unit's group.
    group = "no group" if DAY + timedelta(days=7) > today() else "Enhed Stab"
    accounts_follow(demo, "Active Directory (a Samba domain", f"nony is enabled, in {group}")


def test_accounts_are_shown_at_a_scim_server_where_no_controller_can_run(
    clean_graph: neo4j.Driver, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def refused(folder: Path, municipality: Municipality) -> Iterator[None]:
        raise SourceError("Samba is not installed")
        yield

    context = Context(demo.settings_file)
    try:
        steps.make_payroll(demo, "XS", 42, today(), context.keyring, quiet)

        assert [each.brake for each in steps.import_all(context, demo, quiet)] == [None, None, None]
        people_can_log_in(context, demo)
        tasks_wait_for_them(context, demo)
    finally:
        context.close()
    monkeypatch.setattr(account_places, "municipal_domain", refused)
    # A SCIM server has no first day; until then the user is disabled there.
    accounts_follow(
        demo,
        "a SCIM server, since no Active Directory can run here (Samba is not installed)",
        "nora.nyvang@klitkoebing.example is disabled",
    )


def accounts_follow(demo: Demo, where: str, hired: str) -> None:
    """Twice: the second time all is done, and only the drift is made and put right again."""
    begins = demo.municipality().today + timedelta(days=7)
    first, second = scene(demo), scene(demo)
    assert where in first["Accounts"] and "of Stab and Ydelse" in first["Accounts"]
    assert first["Hire"].startswith(f"Nora Nyvang: begin{'s' if begins > today() else 'gan'} on {begins}, and is ready")
    assert first["Hire"].endswith(hired)
    assert first["Leaver"].endswith("is disabled")
    assert first["Move"].startswith("Mads Mose: was in Enhed Stab: ")
    for told in (first, second):
        assert told["Move"].endswith("is enabled, in Enhed Ydelse")
        assert told["STOP"].endswith("is disabled")
        assert "1 found, put right: Konsulent → Direktør → Konsulent: " in told["Drift"]


def people_can_log_in(context: Context, demo: Demo) -> None:
    """Each with a password of this demo: HR for one area, an administrator, a consultant, a receptionist for names and
    places only, a manager for the school, and one without any right."""
    first, second = ({each.shown.who: each for each in logins.entrances(context, demo, quiet)} for _ in range(2))
    local, now = local_logins(context), datetime.now(UTC)
    held: dict[str, Access | None] = {}
    for who, each in second.items():
        assert local.prove_password(each.login, each.password, now) is not None
        assert local.prove_password(each.login, first[who].password, now) is None, "it was of an earlier demo"
        with context.driver().session() as session:
            person = find(session, "Person", each.shown.key).uuid
        held[who] = asyncio.run(access_of_person(context.driver(), person, who))
    hr, administrator, manager = held["HR"], held["administrator"], held["manager"]
    assert hr is not None and hr.roles == {"hr", "rights"} and hr.everywhere == {"rights"} and len(hr.within["hr"]) > 1
    assert administrator is not None and administrator.everywhere == {"hr", "organisation", "operations", "cpr"}
    assert manager is not None and manager.roles == {"reader"} and len(manager.within["reader"]) == 1
    assert held["teaching assistant without AD"] is None
    consultant, receptionist = held["organisation consultant"], held["receptionist"]
    assert consultant is not None and consultant.everywhere == {"organisation"}
    assert receptionist is not None and receptionist.everywhere == {"reader:identity"}


def tasks_wait_for_them(context: Context, demo: Demo) -> None:
    """All delivered processes can be used, and each who decides something has a task: the manager one of a unit that
    has no manager of its own. The second time, nothing is started."""
    first, second = (cases.bring_into_use(context, demo, quiet) for _ in range(2))
    assert first == second == cases.InUse(13, ("Første dag", "Gennemgå ansættelsen", "Godkend ændringen"))
    with context.driver().session() as session:
        held = {
            key: {each.look.task.element for each in inbox(session, person, ("mine",), copenhagen_now())}
            for key in (cases.HANNE, cases.MALENE, cases.THEO)
            for person in (find(session, "Person", key).uuid,)
        }
        centre = find(session, "Unit", CENTRE).uuid
        (told,) = [each for each in open_tasks(session) if each.element == "first_day_list"]
    assert held == {cases.HANNE: {"hr"}, cases.MALENE: {"first_day_list", "approve"}, cases.THEO: set()}
    assert told.asked.unit == centre
    assert context.driver().execute_query("MATCH (c:Case) WHERE c.incidents IS NOT NULL RETURN c").records == []


def test_a_process_that_somebody_has_changed_stays(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Others get what a later release delivers."""

    def drawn(id: str, text: str) -> bytes:
        content = process(START, script("one", text), END, flow("start", "one", "end"), id=id)
        (tmp_path / id).mkdir(exist_ok=True)
        (tmp_path / id / f"{id}.bpmn").write_bytes(content)
        (tmp_path / id / "request.json").write_text('{"type": "object", "properties": {}}')
        return content

    def brought() -> tuple[set[str], dict[str, tuple[int, str]]]:
        changed = cases.deploy(clean_graph, [tmp_path / "hire", tmp_path / "leave"], copenhagen_now(), quiet)
        with clean_graph.session() as session:
            rows = definitions.versions(session)
        return changed, {each.process: (each.number, each.by) for each in rows if each.is_current}

    for id in ("hire", "leave"):
        drawn(id, "x = 1")
    assert brought() == (set(), {"hire": (1, "reconnect demo"), "leave": (1, "reconnect demo")})
    theirs = {"hire.bpmn": drawn("hire", "x = 2")}
    form = {"request": {"type": "object", "properties": {}}}
    definitions.deploy(clean_graph, "hire", theirs, form, "demo", copenhagen_now())
    for id in ("hire", "leave"):
        drawn(id, "x = 3")
    assert brought() == ({"hire"}, {"hire": (2, "demo"), "leave": (2, "reconnect demo")})
    drawn("hire", "x = 2")
    assert brought()[0] == set(), "as delivered"


def scene(demo: Demo) -> dict[str, str]:
    context = Context(demo.settings_file)
    try:
        return {each.what: each.text for each in accounts.scene(context, demo, quiet)}
    finally:
        context.close()


def every_target_is_supplied(demo: Demo) -> None:
    context = Context(demo.settings_file)
    try:
        for report in steps.supply(context, quiet):
            assert (report.brake, report.error, len(report.sent) > 0) == (None, "", True), report.target
            assert {each.name for each in demo.supplied(report.target).iterdir()} == {*report.sent}
    finally:
        context.close()


def answers_have_what_it_says_to_ask(driver: neo4j.Driver) -> None:
    asked = steps.questions(driver)
    assert asked is not None
    manager, _ = nearest(driver, "manager", asked.unit, DAY)
    assert manager.holders and manager.steps, "it has no manager of its own"
    worker, _ = nearest(driver, "case_worker", asked.cases, DAY, f"kle:{asked.kle}")
    assert worker.holders
    one, other = steps.two_case_workers(driver)
    assert sapa_limits(driver, one.person) != sapa_limits(driver, other.person)


def the_move_takes_and_gives(driver: neo4j.Driver, demo: Demo) -> None:
    day = today() + timedelta(days=30)
    move = steps.planned_move(driver, demo.own_facts / "move.json", day)
    assert move is not None
    context = Context(demo.settings_file)
    try:
        found = preview_of_facts(context, move.file)
    finally:
        context.close()
    assert (found.outcome.problems, found.days) == ([], (day,))
    assert {each.change for each in found.consequences} == {"gained", "lost"}
    with driver.session() as session:
        plan = kept.found(session, move.plan)
    writing = PlannedWriting(Keyring.generate(), SourceOrder())
    by_plan = preview(driver, lambda rehearsal: writing.carried_out(rehearsal, plan))
    assert (plan.day, by_plan.consequences) == (day, found.consequences)
    assert steps.planned_move(driver, demo.own_facts / "move.json", day) == move


def sapa_limits(driver: neo4j.Driver, person: str) -> set[tuple[tuple[str, ...], ...]]:
    with driver.session() as session:
        held = rights_on(session, asked_of(session, person, system="sapa"), DAY).held
    assert held
    return {tuple(limit.wire for limit in each.included[0].limits) for each in held}


@pytest.mark.parametrize("name", ["active_directory", "school_ad"])
def test_where_no_controller_can_run_it_says_in_a_line_why(name: str, tmp_path: Path) -> None:
    shown = next(each for each in SHOWN if each.name == name)
    deep = tmp_path / ("x" * 100)
    with pytest.raises(SourceError) as told, shown.open(Context(), deep, Municipality("XS", 42, DAY)):
        pass
    assert str(told.value).endswith("too long for Samba's sockets (at most 80)")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_what_it_says_to_ask_can_be_asked(shown: sources.Shown) -> None:
    schema = graphql.build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert graphql.validate(schema, graphql.parse(shown.query)) == []


def test_a_source_with_demo_data_of_its_own_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if the folder of facts had a demo.toml."""
    own = found.SourceDemo(look="roles", query="{ roles { nodes { key } } }", settings={"path": str(tmp_path)})
    monkeypatch.setattr(found, "sources", lambda: {"facts": own})
    shown = sources.shown_of("facts")
    assert (shown.name, shown.look, shown.query) == ("facts", own.look, own.query)
    with (
        shown.open(Context(), tmp_path, Municipality("XS", 42, DAY)) as source,
        pytest.raises(SourceError, match=r"there is no \.csv file in it"),
    ):
        list(source.readings(InMemory()))
