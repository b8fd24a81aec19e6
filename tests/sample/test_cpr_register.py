"""The sample's people in the register: consistent with payroll, and different where it says so."""

from datetime import date

from importers.cpr.numbers import is_askable
from sample.cpr_numbers import passes_check
from sample.cpr_register import register_of
from sample.cpr_service.register import CHANGED, DEAD, EMIGRATED
from sample.municipality import Municipality

TODAY = date(2026, 11, 24)


def test_the_register_has_payrolls_people_and_nobody_who_can_exist() -> None:
    municipality = Municipality("XS", 42, TODAY)
    known = register_of(municipality)
    paid = {each.person.cpr for each in municipality.employments() if not each.person.replacement}
    assert len(paid - known.persons.keys()) == 1  # the one that it does not know
    assert len(known.persons.keys() - paid) == 1  # the number that another one became
    for number in known.persons:
        assert is_askable(number)
        assert not passes_check(number)
        assert (number[:4], number[6:]) != ("0101", "0000")
    told = list(known.persons.values())
    assert {each.status for each in told} == {1, DEAD, CHANGED, EMIGRATED}
    assert sum(each.protection is not None for each in told) == 1
    assert sum(each.name.surname == "Holm Klitgaard" for each in told) == 1
