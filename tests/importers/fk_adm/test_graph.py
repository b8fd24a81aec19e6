"""FK-adm beside the municipality's own facts, in the graph: one thing for one URI, and nothing of ours overwritten."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml

from graph.cpr.keyring import Keyring
from graph.questions.rights.at_kombit import roles_at_kombit
from graph.questions.rights.kombit_content import ContentAtKombit, LimitAtKombit
from graph.time import today
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.fk_adm.graph_lookup import GraphLookup
from importers.fk_adm.lookup import Setting
from importers.fk_adm.source import FkAdm
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from sample.fk_adm_service.records import KLE, OVERVIEW, SENSITIVITY, uuid_of
from tests.importers.fk_adm.town import (
    CASEWORKER,
    CASEWORKER_URI,
    CVR,
    LEVELS,
    NEIGHBOUR,
    PARAMETER,
    READ_URI,
    SHARED,
    SHARED_URI,
    Town,
)  # fmt: skip

RING = Keyring.generate()
OURS: dict[str, Any] = {
    "systems": {"overblik": {"title": "Overblik"}},
    "constraint_types": {
        "kle": {"title": "KLE", "uri": KLE, "content": "kle", "form": "multi"},
        "level": {
            "title": "Følsomhed",
            "uri": SENSITIVITY,
            "content": "sensitivity",
            "form": "multi",
            "cumulative": True,
            "levels": ["LOW=1d81c472-0808-44cc-963d-f5ef0170ae1d", "HIGH=292e85a9-8ad4-46df-9e50-f97d6837ad74"],
        },
    },
    "system_roles": {
        "case_read": {"title": "Læs", "uri": READ_URI, "system": "overblik", "required": ["kle", "level"]},
    },
    "job_function_roles": {
        "caseworker": {"title": "Sagsbehandler i byen", "uri": CASEWORKER_URI, "includes": ["system_role:case_read"]},
        "guard": {"title": "Vagt", "uri": SHARED_URI, "delegated_from_cvr": NEIGHBOUR},
    },
    "constraint_settings": [
        {"id": "kle", "of": "job_function_role:caseworker", "system_role": "case_read", "type": "kle",
         "derived": "kle_performs", "parameter": PARAMETER},
        {"id": "level", "of": "job_function_role:caseworker", "type": "level",
         "fixed": ["FORTROLIGE_PERSONOPLYSNINGER"]},
    ],
}  # fmt: skip


class Graph:
    """Our facts and FK-adm's over one graph."""

    def __init__(self, driver: neo4j.Driver, town: Town, folder: Path) -> None:
        self.driver, self.town, self.folder = driver, town, folder

    def facts(self) -> ImportReport:
        file = self.folder / "facts.yaml"
        levels = [f"{each}" for each in OURS["constraint_types"]["level"]["levels"]]
        levels[1] = levels[1].replace("HIGH", "FORTROLIGE_PERSONOPLYSNINGER")
        told = {**OURS, "constraint_types": {**OURS["constraint_types"]}}
        told["constraint_types"]["level"] = {**OURS["constraint_types"]["level"], "levels": levels}
        file.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
        return run_import(self.driver, Facts(FactsSettings(), file), RING)

    def read(self, day: date | None = None) -> ImportReport:
        settings = self.town.settings.model_copy(update={"systems": {uuid_of(OVERVIEW): "overblik"}})
        lookup = GraphLookup(self.driver, FkAdm.name, "production")
        return run_import(self.driver, FkAdm(settings, lookup, day=lambda: day or today(), sleep=lambda _: None), RING)

    def rows(self, query: str) -> list[dict[str, Any]]:
        rows, _, _ = self.driver.execute_query(query)
        return [row.data() for row in rows]

    def notices(self) -> set[tuple[str, str]]:
        query = "MATCH (b:BadRecord {source: 'fk_adm'}) RETURN b.rule AS rule, b.key AS key"
        return {(row["rule"], row["key"]) for row in self.rows(query)}


@pytest.fixture
def graph(clean_graph: neo4j.Driver, town: Town, tmp_path: Path) -> Graph:
    return Graph(clean_graph, town, tmp_path)


def test_what_has_one_uri_is_one_thing_and_ours_stays_as_it_is(graph: Graph) -> None:
    graph.facts()
    graph.read()
    roles = graph.rows("MATCH (n:SystemRole) RETURN n.key AS key, n.title AS title ORDER BY key")
    assert [each["key"] for each in roles] == ["case_read", "http://ydelser.example/roles/usersystemrole/udbetal/1"]
    assert graph.rows(f"MATCH (n:ConstraintType {{uri: '{KLE}'}}) RETURN n.key AS key") == [{"key": "kle"}]
    assert graph.rows("MATCH (n:ItSystem {title: 'Overblik'}) RETURN n.key AS key") == [{"key": "overblik"}]
    query = "MATCH (n:JobFunctionRole) RETURN n.key AS key, n.title AS title, n.at_kombit AS there ORDER BY key"
    assert graph.rows(query) == [
        {"key": "caseworker", "title": "Sagsbehandler i byen", "there": True},
        {"key": "guard", "title": "Vagt", "there": True},
    ]
    assert graph.notices() == {("differs_at_kombit", f"{CVR} {CASEWORKER_URI}")}
    settings = graph.rows("MATCH (n:ConstraintSetting) RETURN n.parameter AS parameter ORDER BY parameter")
    assert settings == [{"parameter": PARAMETER}, {"parameter": None}]


def test_a_login_sends_what_kombit_has_by_authority_and_uri(graph: Graph) -> None:
    """Pitfalls 19 and 24: before FK-adm has been read nothing is held back; what is gone there is not sent today, and
    was known the day before."""

    def known(at: date) -> set[tuple[str, str]] | frozenset[tuple[str, str]] | None:
        with graph.driver.session() as session:
            return roles_at_kombit(session, at).known(CVR)

    graph.facts()
    assert known(today()) is None
    graph.read()
    assert known(today()) == {(CVR, CASEWORKER_URI), (NEIGHBOUR, SHARED_URI)}
    with graph.driver.session() as session:
        ((uri, content),) = roles_at_kombit(session, today()).contents.items()
    levels = LimitAtKombit(",".join(LEVELS[:2]))
    limits = {(READ_URI, KLE): LimitAtKombit(parameter=PARAMETER), (READ_URI, SENSITIVITY): levels}
    assert (uri, content) == (CASEWORKER_URI, ContentAtKombit(frozenset({READ_URI}), limits))
    graph.town.service.job_roles.pop(SHARED)
    graph.read(today() + timedelta(days=1))
    assert known(today() + timedelta(days=1)) == {(CVR, CASEWORKER_URI)}
    assert known(today()) == {(CVR, CASEWORKER_URI), (NEIGHBOUR, SHARED_URI)}


def test_our_roles_are_read_with_their_settings(graph: Graph) -> None:
    graph.facts()
    caseworker, guard = GraphLookup(graph.driver, FkAdm.name, "production").roles(CVR)[::-1]
    assert (guard.cvr, guard.uri, caseworker.cvr, caseworker.uri) == (NEIGHBOUR, SHARED_URI, CVR, CASEWORKER_URI)
    assert caseworker.includes == {READ_URI}
    assert caseworker.settings == {
        (READ_URI, KLE): Setting(parameter=PARAMETER, dynamic=True),
        (READ_URI, SENSITIVITY): Setting(fixed=("FORTROLIGE_PERSONOPLYSNINGER",)),
    }


def test_the_same_again_writes_nothing_and_what_is_gone_at_kombit_is_so_here(graph: Graph) -> None:
    graph.facts()
    graph.read()
    assert graph.read().changes == 0
    for each in (CASEWORKER, SHARED):
        del graph.town.service.job_roles[each]
    graph.read()
    there = graph.rows("MATCH (n:JobFunctionRole) RETURN n.key AS key, n.at_kombit AS there ORDER BY key")
    assert there == [{"key": "caseworker", "there": None}, {"key": "guard", "there": None}]
    assert {("missing_at_kombit", f"{CVR} {CASEWORKER_URI}"), ("missing_at_kombit", f"{NEIGHBOUR} {SHARED_URI}")} == (
        graph.notices()
    )


def test_without_our_own_facts_kombits_roles_are_taken(graph: Graph) -> None:
    graph.read()
    query = f"""
    MATCH (role:JobFunctionRole {{uri: '{CASEWORKER_URI}'}})<-[:SETS]-(s:ConstraintSetting)
    MATCH (role)-[:INCLUDES]->(of:SystemRole)<-[:WITHIN_ROLE]-(s)
    RETURN of.uri AS of, s.parameter AS parameter, size(s.fixed) AS fixed ORDER BY parameter
    """
    assert graph.rows(query) == [
        {"of": READ_URI, "parameter": PARAMETER, "fixed": None},
        {"of": READ_URI, "parameter": None, "fixed": 2},
    ]


def test_what_the_vendor_has_ended_gives_nothing_more_at_kombit(graph: Graph) -> None:
    """A role that still names it can't be read, and is as it was; for that alone nobody is left without it."""

    def content() -> ContentAtKombit:
        with graph.driver.session() as session:
            return roles_at_kombit(session, today()).contents[CASEWORKER_URI]

    graph.read()
    assert content().system_roles == {READ_URI}
    (known,) = graph.town.service.roles[uuid_of(OVERVIEW)]
    other = {**known, "uuid": uuid_of("another"), "entityId": f"{READ_URI}0"}
    graph.town.service.roles[uuid_of(OVERVIEW)] = [other]
    graph.read()
    assert content() == ContentAtKombit(frozenset())
    assert ("contents", CASEWORKER) in graph.notices()
