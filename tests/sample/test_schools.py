"""The sample's schools against its payroll: who is the same, and the differences that are there on purpose."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from importers.pipeline.import_run import run_import
from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
from importers.unilogin.settings import UniLoginSettings
from importers.unilogin.source import UniLogin
from sample import demo_settings, schools, write_opus
from sample.cpr_numbers import passes_check
from sample.facts import Keys, facts
from sample.municipality import CLIENT, Municipality
from sample.role_rules import ROLE_RULES
from sample.unilogin_service.app import Running, Service, serve
from sample.unilogin_service.keys import identity

RING = Keyring.generate()
DAY = date(2026, 11, 24)


def municipality(size: str = "XS") -> Municipality:
    return Municipality(size, 42, DAY)


def test_everyone_has_a_unique_login_and_an_impossible_number() -> None:
    people = {
        each.person.user: each.person
        for institution in schools.state_of(municipality("S")).institutions.values()
        for each in institution.members
        if each.person is not None and each.kind != "Student"
    }
    numbers = [each.cpr for each in people.values()]
    assert len(set(numbers)) == len(people) > 1500
    for number in numbers:
        assert not passes_check(number) and not number.startswith("0101") and not number.endswith("0000")


def test_the_differences() -> None:
    state = schools.state_of(municipality("S"))
    members = [each for institution in state.institutions.values() for each in institution.members]
    kinds = {each.person.cpr_type for each in members if each.person is not None and each.kind != "Student"}
    assert kinds == {"CPR_VERIFIED", "CPR_REPLACEMENT_ID"}
    assert {role for each in members for role in each.roles} >= {"Leder", "Lærer", "Vikar", "Praktikant", "Ekstern"}
    assert any(each.person.protected for each in members if each.person is not None)
    assert not all(each.agreed for each in state.institutions.values())
    assert schools.NOBODYS in state.institutions


@pytest.fixture
def running() -> Iterator[Running]:
    state = schools.state_of(municipality())
    state.now = lambda: datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    with serve(Service(state)) as made:
        yield made


def test_it_is_imported_over_payroll(clean_graph: neo4j.Driver, tmp_path: Path, running: Running) -> None:
    write_opus(tmp_path / "opus", "XS", 42, DAY)
    keys = Keys(
        unit=lambda unit: f"opus:{CLIENT}:unit:{unit.number}",
        employment=lambda employment: f"opus:{CLIENT}:employment:{employment.number}",
        person=lambda employment: f"opus:{RING.hash(employment.person.cpr)}",
    )
    (tmp_path / "facts.json").write_text(json.dumps(facts(municipality(), keys), default=str), encoding="utf-8")
    rules = [*ROLE_RULES]
    run_import(clean_graph, Facts(FactsSettings(path=tmp_path / "facts.json")), RING)
    run_import(clean_graph, Opus(OpusSettings(folder=tmp_path / "opus"), None), RING, rules=rules)
    assert run_import(clean_graph, Facts(FactsSettings(path=tmp_path / "facts.json")), RING).problems == []

    provider = identity(schools.PROVIDER, datetime(2026, 1, 1, tzinfo=UTC))
    running.service.state.certificates[schools.PROVIDER] = provider.certificate
    tree = demo_settings.unilogin(running.url, provider.write(tmp_path / "stil.p12", "x"), "x")
    source = UniLogin(
        UniLoginSettings.model_validate(tree),
        GraphLookup(clean_graph, DAY),
        GraphMemory(clean_graph),
        now=running.service.state.now,
    )
    report = run_import(clean_graph, source, RING)
    rules_met = {each.rule for each in report.problems}
    assert rules_met == {"no_unit", "ambiguous_match", "other_manager"}
    rows, _, _ = clean_graph.execute_query(
        """
        RETURN COUNT { (:Account)-[:AT]->(:ItSystem {key: 'unilogin'}) } AS accounts,
            COUNT { MATCH (e:Employment) WHERE e.school_roles IS NOT NULL } AS staff,
            COUNT { MATCH (a:Affiliation) WHERE a.type IN ['school staff', 'trainee', 'external'] } AS tied
        """
    )
    found = rows[0].data()
    # One has two employments at the school, and the facts are on both.
    assert found == {"staff": 26, "tied": 4, "accounts": 26 + 4 - 1}
    assert all("inkluderElever>false" in each.decode() for each in running.service.requests if b"instnr" in each)
