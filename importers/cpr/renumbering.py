"""Follows a changed CPR number to the current one (cpr.md §7; pitfalls 9 and 10)."""

from dataclasses import dataclass, replace
from datetime import date

from graph.statements.statement import Former, Problem
from graph.time import ALWAYS, Period
from importers.cpr.errors import UnknownNumber
from importers.cpr.lookup import Lookup
from importers.cpr.mapping import Numbers, notice
from importers.cpr.persons import Persons, Tied
from importers.cpr.register_data import RegisteredPerson

MOST_CHANGES = 8  # changes of one person's number; more than this is a circle


@dataclass(frozen=True, slots=True)
class Followed:
    """CPR's data of the person under the current number, and how the known number led to it."""

    registered: RegisteredPerson
    numbers: Numbers


def follow(lookup: Lookup, persons: Persons, person: Tied, purpose: str, day: date) -> Followed:
    """Look a person up, and again under each number that the answer gives as the current one.

    The first answer's data is used if the way ends at another Person's number, or at one that CPR does not know.
    Raises what ``Lookup.person`` raises.
    """
    registered = first = lookup.person(person.number, person.uuid, purpose, day)
    formers: list[Former] = []
    met = {person.number}
    while registered.current is not None and registered.current not in met:
        current = registered.current
        holder = persons.holders([current]).get(current)
        if holder not in (None, person.uuid):
            return Followed(_without_status(first), Numbers(problems=(same_person(person.uuid, str(holder)),)))
        formers.append(Former(registered.number, period(None, registered.status_since, day)))
        met.add(current)
        if len(met) > MOST_CHANGES:
            break
        try:
            registered = lookup.person(current, person.uuid, f"{purpose}: changed number", day)
        except UnknownNumber:
            text = "CPR gives a number as the person's current one, but does not know it; the number was not changed"
            problem = notice(person.uuid, "cpr", "unknown_number", text)
            return Followed(_without_status(first), Numbers(problems=(problem,)))
    if registered.current in met - {registered.number}:
        text = "CPR's changes of number lead in a circle; the number was not changed"
        return Followed(
            _without_status(first), Numbers(problems=(notice(person.uuid, "cpr", "circle_of_numbers", text),))
        )
    return Followed(registered, Numbers(registered.number, tuple(formers)) if formers else Numbers())


def period(start: date | None, end: date | None, day: date) -> Period:
    """The days on which a former number was the person's; without dates: always until today."""
    found = Period(start or ALWAYS, end or day)
    return Period(ALWAYS, found.end) if found.is_empty() else found


def same_person(uuid: str, other: str) -> Problem:
    """CPR's number is another Person's: a user has to decide whether they are the same person."""
    text = f"according to CPR this person also has the number of the Person {other}: are they the same person?"
    return replace(notice(uuid, "cpr", "same_person", text), persons=(uuid, other))


def _without_status(registered: RegisteredPerson) -> RegisteredPerson:
    """Status 50 and 60 are about the number, which was not changed; there is already a notice about that."""
    return replace(registered, status=None, current=None)
