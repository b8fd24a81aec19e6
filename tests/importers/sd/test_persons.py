"""Persons: whose name counts, who is skipped, protected addresses (sd.md §6, pitfalls 53 to 55)."""

from dataclasses import replace
from datetime import datetime

import neo4j
import pytest

from importers.pipeline.import_run import run_import
from sample.sd_service.state import (
    Address,
    Person,
)
from tests.graph.snapshot import snapshot
from tests.importers.known import KEYRING
from tests.importers.sd.answering import Parameters, answers, fault
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


PROTECTED = Address("**ADRESSEBESKYTTELSE**", "0000", "")
OPEN_ADDRESS = Address("Havnegade 4", "4799", "Klitkøbing")
KEPT = {"street", "postal_code", "city"}


@pytest.mark.parametrize("order", [("XA", "XB"), ("XB", "XA")])
def test_pitfall_55_whichever_institution_tells_of_a_protection_the_person_is_protected(
    payroll: Payroll, order: tuple[str, str]
) -> None:
    """The order of institutions decides names only."""
    payroll.home.put_person(replace(payroll.home.persons[BO], address=OPEN_ADDRESS))
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Andetnavn", PROTECTED))
    other.put_employment(working("00417", BO, at="b" * 8))
    payroll.read(institutions=order, private_contact=True)
    values = payroll.known.of("Person", person(BO)).values
    assert payroll.known.value("Person", person(BO), "address_protected", TODAY) is True and not KEPT & values.keys()
    assert (
        payroll.known.value("Person", person(BO), "surname", TODAY) == {"XA": "Klitmose", "XB": "Andetnavn"}[order[0]]
    )
    assert payroll.read(institutions=order, private_contact=True, whole=True).changed == []
    # A change that only the other one reports ends no protection.
    payroll.at("2026-03-02 10:00")
    payroll.home.put_person(replace(payroll.home.persons[BO], given_name="Bosse", registered=datetime(2026, 3, 2, 9)))
    payroll.read(institutions=order, private_contact=True)
    values = payroll.known.of("Person", person(BO)).values
    assert payroll.known.value("Person", person(BO), "address_protected", TODAY) is True and not KEPT & values.keys()


def test_pitfall_55_a_protection_that_the_second_institution_registers_is_told_by_the_next_delta(
    payroll: Payroll,
) -> None:
    payroll.home.put_person(replace(payroll.home.persons[BO], address=OPEN_ADDRESS))
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Andetnavn", OPEN_ADDRESS))
    other.put_employment(working("00417", BO, at="b" * 8))
    both = {"institutions": ("XA", "XB"), "private_contact": True}
    payroll.read(**both)
    assert payroll.known.value("Person", person(BO), "street", TODAY) == "Havnegade 4"
    payroll.at("2026-03-02 10:00")
    other.put_person(Person(BO, "Bo", "Andetnavn", PROTECTED, registered=datetime(2026, 3, 2, 9)))
    payroll.read(**both)
    values = payroll.known.of("Person", person(BO)).values
    assert payroll.known.value("Person", person(BO), "address_protected", TODAY) is True and not KEPT & values.keys()
    assert payroll.known.value("Person", person(BO), "surname", TODAY) == "Klitmose"


def test_an_institution_without_an_answer_leaves_names_and_protection_as_known(payroll: Payroll) -> None:
    payroll.home.put_person(replace(payroll.home.persons[BO], address=PROTECTED))
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Andetnavn", OPEN_ADDRESS))
    other.put_employment(working("00417", BO, at="b" * 8))
    both = {"institutions": ("XA", "XB"), "private_contact": True}
    payroll.read(**both)
    before = payroll.known.of("Person", person(BO))
    payroll.at("2026-03-02 10:00")
    other.put_person(replace(other.persons[BO], surname="Nygift", registered=datetime(2026, 3, 2, 9)))

    def silent(operation: str, parameters: Parameters, answer: str) -> str:
        asked = (
            operation,
            parameters.get("InstitutionIdentifier"),
            parameters.get("PersonCivilRegistrationIdentifier"),
        )
        return fault("Unexpected") if asked == ("GetPerson20111201", "XA", BO) else answer

    with answers(silent):
        assert "no_answer" in payroll.read(**both).rules()
    assert payroll.known.of("Person", person(BO)) == before


def test_private_contact_is_off_unless_switched_on(payroll: Payroll) -> None:
    payroll.read()
    private = {"street", "postal_code", "city", "private_phone", "private_email"}
    assert not private & payroll.known.of("Person", person(BO)).values.keys()
    payroll.read(private_contact=True)
    assert private <= payroll.known.of("Person", person(BO)).values.keys()
