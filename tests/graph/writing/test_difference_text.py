"""What a dry run shows and a brake keeps: old value → new value, and never what is private."""

from dataclasses import replace
from datetime import date

import neo4j

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement, Value
from graph.time import Period
from graph.writing.difference_text import in_words, names_of
from graph.writing.protection import protected_among
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from tests.graph.organisation import START, Stating, employment, link, person, small, told, unit

RING = Keyring.generate()
SUMMER = date(2026, 6, 1)


def words(driver: neo4j.Driver, *statements: Statement) -> dict[str, list[str]]:
    """What a dry run of these says, by key."""
    report = run_import(driver, Stating(*statements), RING, dry_run=True)
    differences = [*report.differences.each()]
    names, protected = names_of(driver, differences), protected_among(driver, differences)
    return {each.record.key: in_words(each, names, protected) for each in differences}


def changed(statements: list[Statement], key: str, **parts: object) -> list[Statement]:
    return [replace(each, **parts) if each.key == key else each for each in statements]  # type: ignore[arg-type]


def values(statement: Statement, **more: tuple[DatedValue, ...] | Value) -> Statement:
    new = {name: value if isinstance(value, tuple) else told(value) for name, value in more.items()}
    return replace(statement, values={**statement.values, **new})


def test_a_value_that_changes_for_good_or_from_a_day_on(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    renamed = (DatedValue(Period(START, SUMMER), "North"), DatedValue(Period(SUMMER), "Nord"))
    later = changed(changed(small(), "north", values={"name": renamed}), "south", values={"name": told("Syd")})
    assert words(clean_graph, *later) == {
        "north": ["name: North → Nord, from 2026-06-01"],
        "south": ["name: South → Syd"],
    }


def test_a_value_that_comes_or_goes(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(unit("root"), unit("north", "root", level="2")), RING)
    later = words(clean_graph, unit("root"), unit("north", "root", ean="5790000000001"))
    assert later == {"north": ["level: 2 → nothing", "ean: nothing → 5790000000001"]}


def test_a_place_is_told_by_name_also_where_it_is_new(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    moved = link("Unit", "north", START, SUMMER) + link("Unit", "south", SUMMER)
    later = changed(small(), "e1", links={**small()[6].links, "unit": moved})
    later = changed(later, "e2", links={**small()[7].links, "unit": link("Unit", "west")})
    told_of = words(clean_graph, *later, unit("west", "root"))
    assert told_of == {
        "west": ["name: West; parent: Root; exists: from 2020-01-01"],
        "e1": ["unit: North → South, from 2026-06-01"],
        "e2": ["unit: North → West"],
    }


def test_what_ends_or_never_was(clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, Stating(*small()), RING)
    later = changed(changed(small(), "e1", exists=(Period(START, SUMMER),)), "e2", exists=())
    assert words(clean_graph, *later) == {
        "e1": ["exists: from 2020-01-01 → from 2020-01-01 to 2026-06-01"],
        "e2": ["exists: from 2020-01-01 → never"],
    }


def test_of_links_that_may_be_several_what_goes_and_comes_is_reported(clean_graph: neo4j.Driver) -> None:
    def kle(number: str) -> Statement:
        return Statement("KleNode", number, values={"number": told(number)})

    def performing(*numbers: str) -> Statement:
        stated = unit("root")
        return replace(
            stated, links={"performs": tuple(each for number in numbers for each in link("KleNode", number))}
        )

    nodes = [kle("27"), kle("28"), kle("29")]
    run_import(clean_graph, Stating(*nodes, performing("27", "28")), RING)
    assert words(clean_graph, *nodes, performing("28", "29")) == {"root": ["performs: without 27; with 29"]}


def test_a_private_value_is_not_told(clean_graph: neo4j.Driver) -> None:
    before = values(person("p", "Alma Testrup", "1101575001"), street="Vej 1", private_phone="11111111")
    run_import(clean_graph, Stating(before), RING)
    after = values(person("p", "Alma Prøve", "1101575001"), street="Vej 2", work_phone="22222222")
    assert words(clean_graph, after) == {
        "p": [
            "name: Alma Testrup → Alma Prøve, from 2020-01-01",
            "work_phone: nothing → 22222222, from 2020-01-01",
            "street: differs (private), from 2020-01-01",
            "private_phone: differs (private), from 2020-01-01",
        ]
    }
    assert words(clean_graph, after, values(person("q", "Birk"), street="Vej 3"))["q"] == [
        "name: Birk; street: (private)"
    ]


def test_of_a_protected_person_no_text_is_told_and_no_name(clean_graph: neo4j.Driver) -> None:
    hidden = values(person("p", "Alma Testrup"), address_protected=(DatedValue(Period(SUMMER), True),))
    run_import(clean_graph, Stating(unit("root"), hidden), RING)
    renamed = words(
        clean_graph, unit("root"), values(hidden, name="Alma Prøve", absent=True), employment("e", "p", "root")
    )
    assert renamed["p"][0] == "name: differs (protected), from 2020-01-01"
    assert "absent: nothing → yes, from 2020-01-01" in renamed["p"]
    assert "Alma" not in str(renamed)


def test_the_brake_keeps_places_and_days_and_no_values(clean_graph: neo4j.Driver) -> None:
    """What a brake holds is kept, so nothing of a person may be in it."""
    run_import(clean_graph, Stating(*small()), RING)
    later = changed(small(), "e1", links={**small()[6].links, "unit": link("Unit", "south")}, values={})
    later = changed(later, "e3", exists=(Period(START, SUMMER),))
    strict = BrakeSettings(share=0, count=0, at_least=0)
    assert run_import(clean_graph, Stating(*later), RING, brake=strict).brake is not None
    rows, _, _ = clean_graph.execute_query("MATCH (b:Brake) RETURN b.summary AS summary")
    assert rows[0]["summary"][1:] == [
        "Employment e1: moved; unit: North → South",
        "Employment e3: ended; exists: from 2020-01-01 → from 2020-01-01 to 2026-06-01",
    ]


def test_of_a_protected_persons_employment_and_account_is_not_told_who_it_is(clean_graph: neo4j.Driver) -> None:
    hidden = values(person("p", "Alma Testrup"), address_protected=True)
    working = employment("e", "p", "root", email="alma@example.dk", title="Lærer")
    login = Statement("Account", "a", (Period(),), {"login": told("almat")}, {"employment": link("Employment", "e")})
    for already_there in (False, True):
        if already_there:
            run_import(clean_graph, Stating(unit("root"), hidden, working, login), RING)
            working = values(working, email="at@example.dk", title="Pædagog")
            login = values(login, login="at01")
        said = words(clean_graph, unit("root"), hidden, working, login)
        text = str(said).lower()
        assert "example.dk" not in text and "almat" not in text and "at01" not in text
        assert ("Pædagog" if already_there else "Lærer") in str(said["e"])
    shown = words(clean_graph, unit("root"), person("p2", "Birk"), employment("e2", "p2", "root", email="b@example.dk"))
    assert "email: b@example.dk" in shown["e2"][0]
