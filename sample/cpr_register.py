"""The sample's people as the CPR register knows them, where it differs from payroll on purpose.

Everyone in payroll is in it under payroll's number, except for replacement numbers, which the register never has. Of
the people who work there today, by employment number:

- the first has another surname than in payroll, of two words, and is on letters by the shortened name;
- the second is protected for a year from the sample's day, which payroll does not know;
- the third is dead, but payroll goes on;
- the fourth got another number a month ago, and the old one leads to it;
- the fifth has emigrated;
- the sixth is not in the register.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from sample.cpr_numbers import passes_check
from sample.cpr_service.register import Address, CprPerson, Name, Register
from sample.cpr_service.requests import Registered
from sample.municipality import Municipality
from sample.people import Person

REGISTERED = Registered(
    cvr="29999999",
    service_agreement="c1000000-0000-4000-8000-000000000001",
    user_system="c1000000-0000-4000-8000-000000000002",
    user="c1000000-0000-4000-8000-000000000003",
)


def register_of(municipality: Municipality, most: int | None = None) -> Register:
    """The register on the municipality's day. ``most``: at most this many people, starting with those who differ."""
    people = _people(municipality, everybody=most is None)
    known = Register(_known(each) for each in islice(people, most))
    today = municipality.today
    for turn, each in zip(_DIFFERENT, _people(municipality, everybody=False), strict=False):
        turn(known, each, today)
    return known


def _people(municipality: Municipality, *, everybody: bool) -> Iterator[Person]:
    """Each person once, without those who have replacement numbers; all, or those who work there today."""
    met: set[str] = set()
    for employment in municipality.employments():
        who = employment.person
        if who.replacement or who.cpr in met or not (everybody or employment.active(municipality.today)):
            continue
        met.add(who.cpr)
        yield who


def _known(who: Person) -> CprPerson:
    given, _, middle = who.given_name.partition(" ")
    name = Name(given, who.surname, middle)
    return CprPerson(who.cpr, name, who.cpr, address=Address(who.street, who.postal_code, who.town))


def _renamed(known: Register, who: Person, today: date) -> None:
    given, _, middle = who.given_name.partition(" ")
    whole = f"{who.given_name[:1]}. {middle[:1]} Holm Klitgaard".replace("  ", " ")
    known.rename(who.cpr, Name(given, "Holm Klitgaard", middle, today - timedelta(days=40), ("", "", ""), whole))


def _protected(known: Register, who: Person, today: date) -> None:
    known.protect(who.cpr, today, today + timedelta(days=365))


def _dead(known: Register, who: Person, today: date) -> None:
    known.die(who.cpr, today - timedelta(days=9))


def _renumbered(known: Register, who: Person, today: date) -> None:
    known.renumber(who.cpr, _another(known, who.cpr), today - timedelta(days=30))


def _emigrated(known: Register, who: Person, today: date) -> None:
    known.emigrate(who.cpr, today - timedelta(days=60))


def _unknown(known: Register, who: Person, today: date) -> None:
    known.forget(who.cpr)


_DIFFERENT = (_renamed, _protected, _dead, _renumbered, _emigrated, _unknown)


def _another(known: Register, number: str) -> str:
    """A number of the other sex that no person has, and that also fails modulus 11."""
    for step in range(1, 1000, 2):
        found = f"{number[:6]}{(int(number[6:]) + step) % 10_000:04d}"
        if found[6] == number[6] and not passes_check(found) and found[6:] != "0000" and known.find(found) is None:
            return found
    raise AssertionError("no number is left for that day")
