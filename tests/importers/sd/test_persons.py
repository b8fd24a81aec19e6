"""Persons: whose name counts, who is skipped, protected addresses (sd.md §6, pitfalls 53 to 55)."""

from dataclasses import replace
from datetime import datetime

import neo4j

from importers.pipeline.import_run import run_import
from sample.sd_service.state import (
    Address,
    Person,
)
from tests.graph.snapshot import snapshot
from tests.importers.known import KEYRING
from tests.importers.sd.klit import (
    BO,
    TODAY,
    Payroll,
    employment,
    person,
    second_institution,
    working,
)


def test_pitfall_53_the_order_of_institutions_decides_the_name_and_nothing_flips(payroll: Payroll) -> None:
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Andetnavn"))
    other.put_employment(working("00417", BO, at="b" * 8))
    payroll.read(institutions=("XB", "XA"))
    assert payroll.known.value("Person", person(BO), "surname", TODAY) == "Andetnavn"
    assert payroll.read(whole=True, institutions=("XB", "XA")).changed == []
    payroll.at("2026-03-02 10:00")
    payroll.home.put_person(replace(payroll.home.persons[BO], registered=datetime(2026, 3, 2, 9)))
    assert payroll.read(institutions=("XB", "XA")).changed == []
    payroll.read(institutions=("XA", "XB"))
    assert payroll.known.value("Person", person(BO), "surname", TODAY) == "Klitmose"


def test_pitfall_54_fictive_persons_are_skipped_and_counted(payroll: Payroll) -> None:
    payroll.hire("0101900000", working("00533", "0101900000"), "Stilling Vakant")
    applied = payroll.read()
    assert [(each.rule, each.text[:18]) for each in applied.problems] == [("fictive", "1 fictive persons ")]
    assert len(list(payroll.known.keys("Person"))) == 2
    assert len(list(payroll.known.keys("Employment"))) == 3


def test_a_number_that_is_invalid_is_sds_own_identifier_of_the_person(payroll: Payroll) -> None:
    """cpr.md §6: the person is made, with the employments, and shown."""
    wrong = "2902011118"  # 1901 was no leap year
    payroll.hire(wrong, working("00533", wrong), "Else Ukendt")
    applied = payroll.read()
    assert [(each.kind, each.key, each.rule) for each in applied.problems] == [("Person", person(wrong), "wrong_cpr")]
    assert payroll.known.kept["Person", person(wrong)][0].cpr is None
    assert payroll.known.link("Employment", employment(wrong, "00533"), "person", TODAY) == person(wrong)
    assert payroll.read(whole=True).changed == []


def test_pitfall_55_a_protected_address_is_not_stored(payroll: Payroll, clean_graph: neo4j.Driver) -> None:
    run_import(clean_graph, payroll.source(private_contact=True), KEYRING)
    assert "ADRESSEBESKYTTELSE" not in str(snapshot(clean_graph, changes=True))
    rows, _, _ = clean_graph.execute_query(
        "MATCH (p:Person) RETURN p.name AS name, p.address_protected AS protected, p.street AS street ORDER BY name"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Bo Asger Klitmose", None, "Marehalmvej 12"),
        ("Dorte Sandholt", True, None),
    ]


def test_pitfall_55_who_becomes_protected_keeps_no_address_from_before(payroll: Payroll) -> None:
    payroll.read(private_contact=True)
    hidden = Address("Marehalmvej *", "9998", "Klitkøbing")
    payroll.home.put_person(replace(payroll.home.persons[BO], address=hidden))
    payroll.read(private_contact=True, whole=True)
    assert not {"street", "postal_code", "city"} & payroll.known.of("Person", person(BO)).values.keys()


def test_private_contact_is_off_unless_switched_on(payroll: Payroll) -> None:
    payroll.read()
    private = {"street", "postal_code", "city", "private_phone", "private_email"}
    assert not private & payroll.known.of("Person", person(BO)).values.keys()
    payroll.read(private_contact=True)
    assert private <= payroll.known.of("Person", person(BO)).values.keys()
