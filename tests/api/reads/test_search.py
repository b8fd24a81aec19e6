"""One box: every kind by what people know it by, ranked, within the caller's rights."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import neo4j
import pytest

from api.access.readers import STORED
from graph.cpr.keyring import Keyring
from graph.model import KINDS
from graph.questions.search import SEARCHED
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.emptied import empty
from tests.graph.organisation import Stating, employment, person, told, unit

KEYRING = Keyring.generate()
MOVED = date(2024, 1, 1)


def _statement(kind: str, known_as: str, *links: tuple[str, str, str], **values: Any) -> Statement:
    return Statement(
        kind,
        known_as,
        exists=(Period(),),
        values={name: (DatedValue(Period(), value),) for name, value in values.items()},
        links={name: (DatedLink(Period(), Ref(to, of)),) for name, to, of in links},
    )


def _with(statement: Statement, **values: Any) -> Statement:
    return replace(statement, values={**statement.values, **{name: told(value) for name, value in values.items()}})


def _statements() -> list[Statement]:
    renamed = replace(
        unit("old", "root"),
        values={"name": (*told("Vej og Park", end=MOVED), *told("Teknik og Miljø", start=MOVED))},
    )
    return [
        _with(unit("root"), name="Børn og Unge", number="8620"),
        _with(unit("aa", "root"), name="Aabyhøj Skole"),
        _with(unit("å", "root"), name="Skolen på Åen, afdeling Aabyhøj"),
        renamed,
        _with(person("p1", "Søren Åkjær", "1101575001"), private_phone="20304050", street="Hemmelig Stræde 7"),
        _with(person("p2", "Soeren Skolemester", "0202575002"), work_email="soeren@example.org"),
        _with(person("p3", "Vilma Beskyttet", "0303575003"), address_protected=True),
        employment("774411", "p1", "root", phone="+45 87 53 12 34", email="saa@example.org"),
        employment("774422", "p2", "root", phone="87539999", phone_hidden=True),
        employment("774433", "p3", "root", email="vilma@example.org"),
        _statement("ItSystem", "ad", key="ad", title="Active Directory"),
        _statement("Account", "a1", ("owner", "Person", "p1"), ("system", "ItSystem", "ad"), login="AZ1234"),
        _statement("KleNode", "27.12.04", number="27.12.04", title="Aktivitetstilbud"),
        _statement("Position", "1010", code="1010", title="Skoleleder"),
    ]


@pytest.fixture(scope="module")
def asking(driver: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    empty(driver)
    outcome = run_import(driver, Stating(*_statements()), KEYRING)
    assert outcome.problems == []
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, driver, KEYRING)
    yield opened
    closed(opened)


QUESTION = """
query($text: String!, $kinds: [Kind!], $at: Date, $first: Int) {
  search(text: $text, kinds: $kinds, at: $at, first: $first) {
    kind rank by property value
    thing {
      ... on Unit { name } ... on Person { name } ... on Position { title } ... on KleNode { number }
      ... on ItSystem { title }
    }
  }
}
"""


def found(asking: Asking, text: str, **variables: Any) -> list[str]:
    hits = asking.data(QUESTION, {"text": text, **variables})["search"]
    return [next(iter(each["thing"].values())) for each in hits]


def only(asking: Asking, text: str, **variables: Any) -> tuple[str, str, str]:
    (hit,) = asking.data(QUESTION, {"text": text, **variables})["search"]
    return next(iter(hit["thing"].values())), hit["rank"], f"{hit['by']}.{hit['property']}"


@pytest.mark.parametrize(
    ("text", "name", "by"),
    [
        ("8620", "Børn og Unge", "Unit.number"),
        ("børn og unge", "Børn og Unge", "Unit.name"),
        ("774411", "Søren Åkjær", "Employment.number"),
        ("saa@example.org", "Søren Åkjær", "Employment.email"),
        ("8753 1234", "Søren Åkjær", "Employment.phone"),
        ("+4587531234", "Søren Åkjær", "Employment.phone"),
        ("az1234", "Søren Åkjær", "Account.login"),
        ("SOEREN@EXAMPLE.ORG", "Soeren Skolemester", "Person.workEmail"),
        ("27.12.04", "27.12.04", "KleNode.number"),
        ("Active Directory", "Active Directory", "ItSystem.title"),
        ("1010", "Skoleleder", "Position.code"),
    ],
)
def test_each_kind_by_its_key(asking: Asking, text: str, name: str, by: str) -> None:
    assert only(asking, text) == (name, "EXACT", by)


def test_the_best_comes_first(asking: Asking) -> None:
    hits = asking.data(QUESTION, {"text": "skole"})["search"]
    ranks = [each["rank"] for each in hits]
    assert ranks == sorted(ranks, key=["EXACT", "BEGINNING", "WORD", "ANYWHERE"].index)
    assert {"BEGINNING", "WORD"} == set(ranks)
    assert found(asking, "skole", first=1) == found(asking, "skole")[:1]
    assert "Soeren Skolemester" in found(asking, "mester")  # within a word


@pytest.mark.parametrize("text", ["Aabyhøj", "åbyhøj", "aabyhoej", "AABYHØJ"])
def test_danish_letters_are_found_however_they_are_written(asking: Asking, text: str) -> None:
    assert found(asking, text)[0] == "Aabyhøj Skole"
    assert len(found(asking, text)) == 2


@pytest.mark.parametrize("text", ["søren åkjær", "soeren aakjaer", "åkjær søren", "sør åkj"])
def test_words_in_any_order_and_only_begun(asking: Asking, text: str) -> None:
    assert found(asking, text) == ["Søren Åkjær"]


def test_a_kind_is_asked_for(asking: Asking) -> None:
    assert found(asking, "skole", kinds=["Position"]) == ["Skoleleder"]
    assert asking.code(QUESTION, {"text": "skole", "kinds": ["Role"]}) == "unknown_kinds"


def test_another_day(asking: Asking) -> None:
    assert found(asking, "vej og park") == []
    assert found(asking, "vej og park", at="2023-06-01") == ["Vej og Park"]
    assert found(asking, "teknik", at="2023-06-01") == []


@pytest.mark.parametrize("text", ["20304050", "Hemmelig Stræde", "hemmelig"])
def test_private_values_find_nothing(asking: Asking, text: str) -> None:
    """Not even for those who may read them: what was typed would be in logs and histories."""
    assert found(asking, text) == []


def test_no_private_property_is_in_the_index(driver: neo4j.Driver) -> None:
    rows, _, _ = driver.execute_query("SHOW INDEXES YIELD name, labelsOrTypes, properties WHERE name = 'search'")
    (index,) = rows
    assert set(index["labelsOrTypes"]) == {f"{kind}State" for kind in SEARCHED}
    assert set(index["properties"]) == {name for names in SEARCHED.values() for name in names}
    for kind in KINDS.values():
        for each in kind.properties:
            assert each.access == "open" or each.name not in index["properties"] or kind.name not in SEARCHED


def test_protected_and_hidden_need_the_right(asking: Asking) -> None:
    reader = replace(asking, rights=frozenset())
    for text in ("Vilma", "774433", "vilma@example.org"):
        assert found(asking, text) == ["Vilma Beskyttet"]
        assert found(reader, text) == []
    assert found(asking, "87539999") == ["Soeren Skolemester"]
    assert found(reader, "87539999") == []


def test_a_cpr_number_finds_with_its_right_only_and_is_logged(asking: Asking, driver: neo4j.Driver) -> None:
    count = "MATCH (r:CprReading) RETURN count(r) AS readings"
    before = driver.execute_query(count).records[0]["readings"]
    assert found(replace(asking, rights=frozenset({"private"})), "110157-5001") == []
    assert driver.execute_query(count).records[0]["readings"] == before
    assert only(asking, "110157-5001") == ("Søren Åkjær", "EXACT", "Person.cpr")
    assert found(asking, "0404575004") == []
    assert driver.execute_query(count).records[0]["readings"] == before + 2
    assert found(asking, "110157-5001", kinds=["Unit"]) == []


def test_without_a_type_s_right_nothing_is_found_by_it(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STORED, "Account", frozenset())  # type: ignore[arg-type]
    assert found(asking, "az1234") == []
    monkeypatch.setitem(STORED, "Person", frozenset())  # type: ignore[arg-type]
    assert found(asking, "774411") == []
    assert found(asking, "søren") == []


@pytest.mark.parametrize("text", ["", "a", "?", '"', "a b c d e f g", "x" * 201])
def test_what_can_not_be_looked_for_is_refused(asking: Asking, text: str) -> None:
    assert asking.code(QUESTION, {"text": text}) == "wrong_value"


@pytest.mark.parametrize(
    "text", ["børn OR", "name:børn* -unge", "(børn", "børn~2 \\", "[a TO z]", 'b"ørn', "b/r/n && x"]
)
def test_the_index_s_own_signs_are_only_text(asking: Asking, text: str) -> None:
    assert isinstance(asking.data(QUESTION, {"text": text})["search"], list)


def test_it_is_limited(asking: Asking) -> None:
    assert asking.code(QUESTION, {"text": "skole", "first": 10_001}) == "over_limit"
