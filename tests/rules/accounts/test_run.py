"""Account rules from facts to planned accounts in the graph."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml

from api.mutations.edits import with_value
from graph.change_log import Origin
from graph.corrections.joining import Joining
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period, today
from graph.writing.amending import Amendment
from graph.writing.day_turn import TurnWaits, turn
from graph.writing.graph_writer import GraphWriter
from rules.accounts import run
from rules.accounts.explaining import explain
from rules.accounts.following import covered, touched
from rules.accounts.notices import notices
from rules.accounts.real_names import real_names
from rules.accounts.run import Limits, Report, apply, evaluate
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import ACCOUNT_TOWN, day, town

pytestmark = pytest.mark.slow
NO_LIMIT = Limits(at_least=1_000)


class Place:
    """A graph in which facts are imported and account rules run."""

    def __init__(self, driver: neo4j.Driver, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def run(self, limits: Limits = NO_LIMIT, **more: Any) -> Report:
        """Import the town with these entries, and run the rules."""
        assert imported(self.driver, town(**more), self.folder).problems == []
        return self.apply(limits=limits)

    def apply(self, **options: Any) -> Report:
        return apply(self.driver, GraphWriter(self.driver, RING), **options)

    def planned(self) -> dict[str, dict[str, Any]]:
        """Planned accounts by the owner's given name and, where there are several, the user name."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (s:ItSystem)<-[:AT]-(a:PlannedAccount)-[:OF_PERSON]->(p:Person)
            RETURN p.given_name AS person, s.key AS system, properties(a) AS a,
                COLLECT { MATCH (a)-[l:STATE]->() RETURN [toString(l.from), toString(l.to)] ORDER BY l.from } AS days
            ORDER BY person, a.login
            """
        )
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            values = dict(row["a"])
            found[row["person"] if row["person"] not in found else f"{row['person']} {values['login']}"] = {
                "expires": None, "delete_on": None, "extra": None, **values, "system": row["system"],
                "days": row["days"],
            }  # fmt: skip
        return found


@pytest.fixture
def place(clean_graph: neo4j.Driver, tmp_path: Path) -> Place:
    return Place(clean_graph, tmp_path)


def test_the_nearest_units_rule_gives_withholds_and_names(place: Place) -> None:
    assert place.run().opened == 2
    found = place.planned()
    assert set(found) == {"Anna Marie", "Åse"}  # Bo is paid by the hour, and the canteen's own rule withholds
    anna, aase = found["Anna Marie"], found["Åse"]
    assert (anna["login"], anna["principal_name"], anna["email"], anna["common_name"], anna["licence"]) == (
        "anbe", "anbe@solbjerg.example", "anna.berg@solbjerg.example", "Anna Marie Berg", "E3",
    )  # fmt: skip
    assert (aase["login"], aase["email"]) == ("aaba", "aase.baek@solbjerg.example")
    assert anna["days"] == [[day(0), None]] and anna["active"]
    assert anna["expires"] is None and anna["delete_on"] is None
    assert place.apply().total == 0  # the same again changes nothing


def test_only_what_seems_unchanged_is_compared_as_it_is_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that led nowhere when it was stated is stated again, although the statement is the same."""
    place.run()
    (anna,) = [each["key"] for name, each in place.planned().items() if name == "Anna Marie"]
    place.driver.execute_query(
        "MATCH (r:SourceRecord {source: 'rule:accounts', key: $key}) SET r.values = replace(r.values, $led, $nowhere)",
        key=anna,
        led=f'{{}},"{anna.split(":")[1]}"]',
        nowhere="{},null]",
    )
    assert [wanted.key for wanted, _ in evaluate(place.driver).changed] == [anna]
    compared: list[str] = []
    text = run._text
    monkeypatch.setattr(run, "_text", lambda stated: compared.append(stated.key) or text(stated))
    evaluate(place.driver, day=today() - timedelta(days=1))  # every account begins a day earlier
    assert compared == []


def test_a_leaver_is_closed_and_comes_back_to_the_same_account(place: Place) -> None:
    place.run(employments=[{"id": "e_anna", "to": day(3)}])
    anna = place.planned()["Anna Marie"]
    assert (anna["days"], anna["expires"], anna["delete_on"]) == ([[day(0), day(3)]], day(3), day(93))
    place.run(employments=[{"id": "e_anna", "to": day(0)}])
    assert "Anna Marie" not in place.planned()  # it was never open: what began today ends today
    place.run()
    back = {
        "id": "e_again", "person": "anna", "from": day(20), "units": [{"unit": "job"}], "type": "monthly_full",
    }  # fmt: skip
    place.run(employments=[{"id": "e_anna", "to": day(10)}, back])
    over = place.planned()["Anna Marie"]
    assert over["days"] == [[day(0), None]] and over["delete_on"] is None  # a gap of ten days is bridged
    place.run(employments=[{"id": "e_anna", "to": day(1)}, {**back, "from": day(90)}])
    gap = place.planned()["Anna Marie"]
    assert gap["days"] == [[day(0), day(1)], [day(76), None]]  # ready 14 days before
    assert (gap["uuid"], gap["login"], gap["delete_on"]) == (over["uuid"], "anbe", None)
    assert gap["expires"] == day(1)


def test_names_are_unique_follow_the_person_and_keep_old_addresses(place: Place) -> None:
    twin = [{"id": "twin", "given_name": "Anna", "surname": "Berg"}]
    job = [{"id": "e_twin", "person": "twin", "from": "2021-01-01", "units": [{"unit": "job"}], "type": "monthly_full"}]
    place.run()
    place.run(persons=twin, employments=job)
    found = place.planned()
    assert (found["Anna"]["login"], found["Anna"]["email"]) == ("annber", "anna.berg2@solbjerg.example")
    place.run(persons=[*twin, {"id": "anna", "surname": "Holm"}], employments=job)
    anna = place.planned()["Anna Marie"]
    assert (anna["login"], anna["email"], anna["former_emails"]) == (
        "anbe", "anna.holm@solbjerg.example", ["anna.berg@solbjerg.example"],
    )  # fmt: skip
    assert (anna["common_name"], anna["principal_name"]) == ("Anna Marie Holm", "anbe@solbjerg.example")


def test_a_name_of_any_account_that_is_there_is_taken(place: Place) -> None:
    there = [{"id": "x", "system": "ad", "login": "ANBE", "enabled": False, "email": "Anna.Berg@solbjerg.example"}]
    place.run(accounts=there)
    anna = place.planned()["Anna Marie"]
    assert (anna["login"], anna["email"]) == ("annber", "anna.berg2@solbjerg.example")


def test_a_name_that_a_target_has_given_is_taken(place: Place) -> None:
    """The domain had others of the planned names; no source reads it."""
    place.run()
    place.driver.execute_query(
        "CREATE (:LedgerEntry {id: $uuid, target: 'active_directory-x', object: 'user', key: $uuid, remote: 'guid', "
        "state: 'delivered', enabled: true, login: 'ANNBER', email: 'Anna.Berg2@solbjerg.example'})",
        uuid=place.planned()["Anna Marie"]["uuid"],
    )
    twin = [{"id": "twin", "given_name": "Anna", "surname": "Berg"}]
    job = [{"id": "e_twin", "person": "twin", "from": "2021-01-01", "units": [{"unit": "job"}], "type": "monthly_full"}]
    place.run(persons=twin, employments=job)
    found = place.planned()
    assert (found["Anna"]["login"], found["Anna"]["email"]) == ("annber2", "anna.berg3@solbjerg.example")
    assert found["Anna Marie"]["login"] == "anbe", "its own plan stays"


def test_people_keep_the_user_name_that_they_have(place: Place) -> None:
    place.run(accounts=[{"id": "x", "system": "ad", "login": "am1", "person": "anna"}])
    assert place.planned()["Anna Marie"]["login"] == "am1"


def test_closings_one_a_run_wait_for_an_approval_too(place: Place) -> None:
    """A source that is broken a little more each minute closes no department."""
    limits = Limits(share=0.1, at_least=2)
    persons = [{"id": f"p{n}", "given_name": f"Per{n}", "surname": "Ny"} for n in range(20)]

    def left(count: int) -> Report:
        """Import the town after so many have left, and run the rules."""
        start = {"from": "2021-01-01", "units": [{"unit": "job"}], "type": "monthly_full"}
        gone = [{"to": day(0)} if n < count else {} for n in range(20)]
        jobs = [{"id": f"e{n}", "person": f"p{n}", **start, **gone[n]} for n in range(20)]
        assert imported(place.driver, town(persons=persons, employments=jobs), place.folder).problems == []
        return place.apply(limits=limits)

    assert left(0).opened == 22
    assert left(2).closed == 2
    stopped = left(3)
    assert stopped.closed == 0
    assert stopped.reasons == ("1 of 22 open accounts would close, after 2 in the last 24 hours",)
    assert place.apply(limits=limits, dry_run=True).reasons == stopped.reasons
    assert place.apply(limits=limits, approve=stopped.brake, user="ida").closed == 1
    assert left(5).closed == 2, "what was approved counts no more, nor what came before"
    assert left(6).brake is not None
    place.driver.execute_query("MATCH (r:Run {type: 'accounts'}) SET r.ended = r.ended - duration('PT25H')")
    assert place.apply(limits=limits).closed == 1, "nor what is older than a day"


def test_extra_accounts_of_a_leaver_end_whenever_they_begin(place: Place) -> None:
    place.run()
    rows, _, _ = place.driver.execute_query(
        "MATCH (p:Person {given_name: 'Anna Marie'}), (s:ItSystem {key: 'ad'}) RETURN p.uuid AS p, s.uuid AS s"
    )
    links = {"owner": Ref("Person", rows[0]["p"], "uuid"), "system": Ref("ItSystem", rows[0]["s"], "uuid")}
    for login, start in (("adm1", -3), ("adm2", 0), ("adm3", 4)):
        extra(place, login, day(start), links)
    assert len(place.planned()) == 5
    strict = Limits(at_least=3)
    stopped = place.run(limits=strict, employments=[{"id": "e_anna", "to": day(0)}])
    assert stopped.reasons == ("4 of 5 open accounts would close",), "the brake counts them, and they wait with it"
    assert len(place.planned()) == 5 and all(each["active"] for each in place.planned().values() if not each["extra"])
    shown = place.apply(dry_run=True).lines
    assert sum("an extra account: its owner has no employment" in each for each in shown) == 3
    assert any(each.startswith("close: Anna Marie Berg (anbe) in AD") for each in shown)
    assert place.apply(limits=strict, approve=stopped.brake, user="ida").closed == 4
    left = {each["login"]: each["days"] for each in place.planned().values() if each["extra"]}
    assert left == {"adm1": [[day(-3), day(0)]]}, "the others have had no day: they are withdrawn"
    assert place.apply().total == 0
    with place.driver.session() as session:
        why = {each.login: each.text for each in explain(session, rows[0]["p"], today())}
    assert why["adm1"] == (
        "a person has asked for it; it is closed: its owner has no employment or affiliation any more"
    )
    (uuid,) = place.driver.execute_query(
        "MATCH (r:SourceRecord {source: 'manual'})-[:TELLS]->(a) WHERE r.values CONTAINS 'adm3' RETURN a.uuid AS uuid"
    )[0]
    life = Period(date.fromisoformat(day(4)), date.fromisoformat(day(40)))
    shorter = Amendment("PlannedAccount", uuid["uuid"], lambda kept: kept, life=lambda now: (life,))
    GraphWriter(place.driver, RING).amend_all([shorter], Origin(MANUAL, user="ida", reason="x"))
    assert {each["login"] for each in place.planned().values() if each["extra"]} == {"adm1"}, "it is still closed"
    # The import is corrected: Anna works here on.
    assert place.run().opened == 3
    back = {each["login"]: each["days"] for each in place.planned().values() if each["extra"]}
    assert back == {"adm1": [[day(-3), day(30)]], "adm2": [[day(0), day(30)]], "adm3": [[day(4), day(40)]]}
    assert place.apply().total == 0


def test_who_is_told_of_an_account_is_told_the_user_name_that_it_has(place: Place) -> None:
    """The domain had another anbe, so that Anna's account became anbe2; later somebody renamed it by hand."""
    place.run()
    anna = place.planned()["Anna Marie"]["uuid"]
    place.driver.execute_query(
        """
        CREATE (:Ledger {target: 'active_directory-x'})
        CREATE (:LedgerEntry {id: 'active_directory-x|user|' + $uuid, target: 'active_directory-x', object: 'user',
            key: $uuid, state: 'delivered', remote: 'guid', enabled: true, login: 'anbe2'})
        """,
        uuid=anna,
    )

    def told() -> tuple[str | None, str | None, str]:
        with place.driver.session() as session:
            (uuid,) = session.run("MATCH (p:Person {given_name: 'Anna Marie'}) RETURN p.uuid AS uuid").value()
            (found,) = explain(session, uuid, today())
        return found.login, found.planned_login, found.text

    given = "Månedslønnede gives it to employment e_anna"
    assert told() == ("anbe2", "anbe", f"{given}; its user name is anbe2, not anbe as planned")
    stopped = place.run(limits=Limits(at_least=0), employments=[{"id": "e_anna", "to": day(0)}])
    (kept,) = place.driver.execute_query("MATCH (b:Brake {id: $id}) RETURN b.summary AS lines", id=stopped.brake)[0]
    assert any("(anbe2) would close" in each for each in kept["lines"])
    place.driver.execute_query("MATCH (p:Person {given_name: 'Anna Marie'}) SET p.address_protected = true")
    again = place.run(limits=Limits(at_least=0), employments=[{"id": "e_anna", "to": day(0)}])
    (kept,) = place.driver.execute_query("MATCH (b:Brake {id: $id}) RETURN b.summary AS lines", id=again.brake)[0]
    assert any("(protected) would close" in each for each in kept["lines"]), "a user name is made of the name"
    place.driver.execute_query("MATCH (p:Person {given_name: 'Anna Marie'}) SET p.address_protected = false")
    place.run()
    tomorrow = today() + timedelta(days=1)
    (ready,) = (
        each for each in notices(place.driver, ["ready"], today(), tomorrow, 0, 14, ["active_directory-x"])
        if each.person == "Anna Marie Berg"
    )  # fmt: skip
    assert ready.login == "anbe2"
    place.driver.execute_query(
        """
        MATCH (a:PlannedAccount {uuid: $uuid})
        CREATE (a)-[:REALISED_BY {from: date()}]->(:Account {uuid: 'seen', login: 'Berg', active: true})
        """,
        uuid=anna,
    )
    assert told()[0] == "Berg"
    with place.driver.session() as session:
        assert real_names(session, [anna])[anna].email == "", (
            "what is seen counts whole, and the plan's may be another's"
        )
    place.driver.execute_query("MATCH (a:Account {uuid: 'seen'}) SET a.login = 'ANBE'")
    assert told() == ("ANBE", "anbe", given), "directories compare names without regard to case"


def extra(place: Place, login: str, start: str, links: dict[str, Ref]) -> None:
    """An account that a person has asked for, from this day on for a month."""
    life = Period(date.fromisoformat(start), date.fromisoformat(day(30)))

    def made(kept: Statement) -> Statement:
        told = {"login": login, "key": login, "extra": True}
        return replace(
            kept,
            exists=(life,),
            values={name: (DatedValue(life, value),) for name, value in told.items()},
            links={name: (DatedLink(Period(), to),) for name, to in links.items()},
        )

    amendment = Amendment("PlannedAccount", None, made)
    GraphWriter(place.driver, RING).amend_all([amendment], Origin(MANUAL, user="ida", reason="x"))


def test_an_account_that_needs_another_comes_and_goes_with_it(place: Place) -> None:
    """A mailbox by a rule, and an administrator's account that a person has asked for, both beside the ordinary one."""
    everyone = ACCOUNT_TOWN["account_rules"]["everyone"]
    mailbox = {"title": "Postkasser", "system": "mail", "names": "staff", "needs": "ad"}
    systems = {"mail": {"title": "Exchange"}}
    place.run(systems=systems, account_rules={"everyone": everyone, "mailbox": mailbox})
    found = [(each["system"], each["login"]) for each in place.planned().values()]
    assert sorted(found) == [("ad", "aaba"), ("ad", "anbe"), ("mail", "aaba"), ("mail", "anbe")]
    rows, _, _ = place.driver.execute_query(
        "MATCH (p:Person {given_name: 'Anna Marie'}), (s:ItSystem {key: 'ad'}) RETURN p.uuid AS p, s.uuid AS s"
    )
    anna, ad = Ref("Person", rows[0]["p"], "uuid"), Ref("ItSystem", rows[0]["s"], "uuid")
    extra(place, "adm-anbe", day(-3), {"owner": anna, "system": ad, "needs": ad})
    assert place.apply().total == 0
    with place.driver.session() as session:
        (bo,) = session.run("MATCH (p:Person {given_name: 'Bo'}) RETURN p.uuid AS uuid").value()
        texts = {each.system.key: (each.reason, each.text) for each in explain(session, bo, today())}
    assert texts["mail"] == (
        "needs", "Postkasser gives it to employment e_bo; it needs an account in AD, and none is open there",
    )  # fmt: skip
    rules = {"everyone": {**everyone, "condition": "employment.type == 'monthly_part'"}, "mailbox": mailbox}
    place.run(systems=systems, account_rules=rules)
    left = {(each["system"], each["login"]): each["days"] for each in place.planned().values()}
    assert left.keys() == {("ad", "aaba"), ("mail", "aaba"), ("ad", "adm-anbe")}
    assert left["ad", "adm-anbe"] == [[day(-3), day(0)]]
    own = {"needs": "ad", "system": "ad", "title": "x"}
    problems = imported(place.driver, town(account_rules={"own": own}), place.folder).problems
    assert [each.text for each in problems] == ["an account needs another one: needs is the rule's own system"]


def test_a_condition_that_fails_leaves_the_accounts_as_they_are(place: Place) -> None:
    place.run()
    rule = {**ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "employment.fraction > 0.5"}
    report = place.run(account_rules={"everyone": rule})
    assert {each.rule for each in report.problems} == {"condition_failed"}
    assert set(place.planned()) == {"Anna Marie", "Åse"} and report.closed == 0


def test_each_employment_has_its_own_account_where_the_rule_says_so(place: Place) -> None:
    rule = {**ACCOUNT_TOWN["account_rules"]["everyone"], "per": "employment"}
    second = {"id": "e_2", "person": "anna", "from": "2021-01-01", "units": [{"unit": "job"}], "type": "monthly_part"}
    place.run(account_rules={"everyone": rule}, employments=[second])
    found = {each["login"] for each in place.planned().values()}
    assert found == {"anbe", "annber", "aaba"}


def test_affiliations_roles_and_employments_without_dates(place: Place) -> None:
    """Who has a role, is tied without payroll, or has a first day that nobody knows."""
    rule = ACCOUNT_TOWN["account_rules"]["everyone"]
    rules = {
        "everyone": {**rule, "condition": "employment.kind == 'Affiliation' && employment.type == 'external'"},
        "managers": {**rule, "condition": "roles.exists(each, each.key == 'manager')", "order": 1},
        "numbers": {**rule, "condition": "employment.number == '77'", "order": 2},
    }
    told = {
        "affiliations": [
            {"id": "a_carl", "person": "carl", "units": [{"unit": "job"}], "type": "external"},
            {"id": "a_aase", "person": "aase", "units": [{"unit": "job"}], "type": "elected"},
        ],
        "assignments": [
            {
                "id": "m",
                "holder": {"employment": "e_anna"},
                "role": "manager",
                "for": [{"unit": "desk"}],
                "from": day(5),
            }
        ],
        "employments": [
            {"id": "e_unknown", "person": "bo", "units": [{"unit": "job"}], "type": "hourly", "number": "77"}
        ],
    }
    place.run(account_rules=rules, **told)
    found = place.planned()
    assert {name: each["days"] for name, each in found.items()} == {
        "Anna Marie": [[day(0), None]], "Bo": [[day(0), None]], "Carl": [[day(0), None]],
    }  # fmt: skip


def test_a_role_with_a_gap_gives_nothing_in_it(place: Place) -> None:
    managers = {
        **ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "roles.exists(each, each.key == 'manager')",
        "lead_days": 0, "grace_days": 0,
    }  # fmt: skip
    holds = {"id": "m", "holder": {"employment": "e_anna"}, "role": "manager", "for": [{"unit": "desk"}]}
    place.run(account_rules={"everyone": managers}, assignments=[{**holds, "from": day(-100)}])
    assert place.planned()["Anna Marie"]["days"] == [[day(0), None]]
    place.driver.execute_query(
        """
        MATCH (a:Assignment)-[state:STATE]->(values)
        SET state.to = date($end)
        CREATE (a)-[:STATE {from: date($start)}]->(values)
        """,
        end=day(-20),
        start=day(20),
    )
    place.apply(limits=NO_LIMIT)
    assert place.planned()["Anna Marie"]["days"] == [[day(20), None]]


def test_a_role_for_units_counts_while_one_of_them_is_open(place: Place) -> None:
    managers = {
        **ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "roles.exists(each, each.key == 'manager')",
        "lead_days": 0, "grace_days": 0,
    }  # fmt: skip
    pool = {"id": "pool", "name": "Vikarkorps", "parents": [{"unit": "town"}]}
    old, new = {**pool, "id": "old", "to": day(-5)}, {**pool, "id": "new", "from": day(20)}
    held = [
        {"id": "m1", "holder": {"employment": "e_anna"}, "role": "manager", "for": [{"unit": "pool"}, {"unit": "old"}]},
        {"id": "m2", "holder": {"employment": "e_aase"}, "role": "manager", "for": [{"unit": "old"}, {"unit": "new"}]},
        {"id": "m3", "holder": {"employment": "e_bo"}, "role": "manager", "for": [{"unit": "old"}]},
        {"id": "m4", "holder": {"employment": "e_carl"}, "role": "manager", "for": []},
    ]
    rules = {"everyone": managers, "canteen": {**managers, "unit": "canteen"}}
    place.run(account_rules=rules, units=[{**pool, "to": day(10)}, old, new], assignments=held)
    assert {name: each["days"] for name, each in place.planned().items()} == {
        "Anna Marie": [[day(0), day(10)]], "Åse": [[day(20), None]], "Carl": [[day(0), None]],
    }  # fmt: skip


def test_each_account_is_explained_by_its_own_employment(place: Place) -> None:
    rule = {**ACCOUNT_TOWN["account_rules"]["everyone"], "per": "employment"}
    second = {"id": "e_2", "person": "anna", "number": "22", "from": "2021-01-01", "units": [{"unit": "job"}]}
    place.run(account_rules={"everyone": rule}, employments=[second])
    anna = place.planned()["Anna Marie"]
    with place.driver.session() as session:
        (uuid,) = session.run("MATCH (p:Person {given_name: 'Anna Marie'}) RETURN p.uuid AS uuid").value()
        by_login = {each.login: each for each in explain(session, uuid, today())}
    assert by_login.keys() == {"anbe", "annber"} and anna["active"]
    assert sorted(each.text for each in by_login.values()) == [
        "Månedslønnede gives it to employment 22", "Månedslønnede gives it to employment e_anna",
    ]  # fmt: skip


def test_the_account_of_a_person_who_was_joined_into_another_goes_over_to_them(place: Place) -> None:
    """Carl was Anna all along: his account in AD is hers, and no second one is made."""
    everyone = {**ACCOUNT_TOWN["account_rules"]["everyone"], "condition": "employment.type == 'monthly_part'"}
    second = {"id": "e_carl", "type": "monthly_part", "units": [{"unit": "job"}]}
    place.run(account_rules={"everyone": everyone}, employments=[second])
    before = place.planned()["Carl"]
    rows, _, _ = place.driver.execute_query("MATCH (p:Person) RETURN p.given_name AS name, p.uuid AS uuid")
    uuids = {row["name"]: row["uuid"] for row in rows}
    joining = Joining(place.driver, RING, SourceOrder())
    joining.join(uuids["Anna Marie"], uuids["Carl"], Origin(MANUAL, user="ida", reason="x"))
    found = touched(place.driver)
    assert found.persons is None or uuids["Anna Marie"] in found.persons
    for asked in ([uuids["Carl"]], [uuids["Anna Marie"]], None):
        assert place.apply(persons=asked).closed == 0
        after = place.planned()["Anna Marie"]
        assert (after["uuid"], after["login"], after["days"]) == (before["uuid"], before["login"], before["days"])
        assert set(place.planned()) == {"Anna Marie", "Åse"}


def test_who_had_a_role_or_an_exception_that_was_corrected_is_looked_at(place: Place) -> None:
    def told(holder: str) -> dict[str, Any]:
        held = {"id": "m", "holder": {"person": holder}, "role": "manager", "for": [{"unit": "desk"}]}
        excepted = {"id": "x", "person": holder, "system": "ad", "effect": "give", "reason": "x", "to": day(9)}
        return {"assignments": [held], "account_exceptions": [excepted]}

    assert imported(place.driver, town(**told("anna")), place.folder).problems == []
    covered(place.driver, touched(place.driver))
    assert imported(place.driver, town(**told("bo")), place.folder).problems == []
    rows, _, _ = place.driver.execute_query("MATCH (p:Person) RETURN p.given_name AS name, p.uuid AS uuid")
    names = {row["uuid"]: row["name"] for row in rows}
    assert {names[each] for each in touched(place.driver).persons or ()} == {"Anna Marie", "Bo"}
    covered(place.driver, touched(place.driver))
    none = town(assignments=[], account_exceptions=[])
    assert imported(place.driver, none, place.folder).problems == []
    assert "Bo" in {names[each] for each in touched(place.driver).persons or ()}


def test_an_employment_that_changed_yesterday_began_on_its_first_day(place: Place) -> None:
    old = {**ACCOUNT_TOWN["account_rules"]["everyone"], "condition": f"employment.start < '{day(-30)}'"}
    assert imported(place.driver, town(account_rules={"everyone": old}), place.folder).problems == []
    query = "MATCH (:Person {given_name: 'Anna Marie'})-[:HAS]->(e:Employment) RETURN e.uuid AS uuid"
    (row,), _, _ = place.driver.execute_query(query)
    edit = with_value("type", "hourly", Period(date.fromisoformat(day(-1))))
    GraphWriter(place.driver, RING).amend("Employment", row["uuid"], edit, Origin(MANUAL, user="ida", reason="x"))
    place.apply()
    assert "Anna Marie" in place.planned()


def test_the_example_of_the_page_is_a_facts_file(place: Place) -> None:
    page = (Path(__file__).parents[3] / "docs" / "accounts.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    content = town()
    assert imported(place.driver, {**content, **yaml.safe_load(example)}, place.folder).problems == []
    assert (place.apply().opened, place.planned()["Anna Marie"]["login"]) == (2, "anbe")


def test_rules_are_evaluated_for_today_whatever_day_was_turned(place: Place) -> None:
    """By mistake, a day next week was turned: on it Anna is dead, the desk has another name and no policy is left."""
    rule = {"title": "Skranken", "condition": "unit.name == 'Skranke'", "system": "school", "names": "staff"}
    place.run(account_rules={"desk": rule})
    before = place.planned()
    assert {each["system"] for each in before.values()} == {"ad", "school"}
    soon = Period(today() + timedelta(days=5))
    writer = GraphWriter(place.driver, RING)

    def later(name: str, value: object) -> Callable[[Statement], Statement]:
        return lambda kept: replace(kept, values={**kept.values, name: (DatedValue(soon, value),)})

    rows, _, _ = place.driver.execute_query(
        """
        MATCH (anna:Person {given_name: 'Anna Marie'}), (desk:Unit {name: 'Skranke'}), (staff:NamePolicy)
        RETURN anna.uuid, desk.uuid, staff.uuid
        """
    )
    anna, desk, staff = rows[0]
    changes = [
        Amendment("Person", anna, later("dead", True)),
        Amendment("Person", anna, later("surname", "Ny")),
        Amendment("Unit", desk, later("name", "Borgerservice")),
        Amendment("NamePolicy", staff, later("mail_pattern", "{login}@other.example")),
    ]
    for each in changes:
        writer.amend_all([each], Origin(MANUAL))
    with pytest.raises(TurnWaits) as waits:
        turn(place.driver, today() + timedelta(days=7))
    turn(place.driver, today() + timedelta(days=7), approve=waits.value.brake, user="ole")
    assert place.apply().total == 0
    assert place.planned() == before
