"""The schools' directory: staff of schools and day-care centres, and pupils, who must not be read.

Staff with a login in payroll; the schools' trainees and substitutes, whom payroll does not know, with their UNI-Login
only. Heads have an account in the administration's directory too. Deliberate differences: see ``_differ``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sample import schools
from sample.dice import mixed
from sample.directories.entries import Directory, Group, Names, Place, User
from sample.municipality import Municipality, Unit
from sample.people import Employment, at
from sample.structure import KINDS
from sample.unilogin_service.state import Member

DOMAIN = "skole.klitkoebing.example"
ROOT = "Institutioner"
STAFF, PUPILS, EXTERNAL = "Ansat", "Elev", "Ekstern"
"""Kinds of account, in ``employeeType``, and in the plural their organisational units."""
PUPILS_GROUP = "elever"
NOBODYS_UNILOGIN = "xxxx0000q"


def directory_of(municipality: Municipality, most: int | None = None) -> Directory:
    """The schools' directory on the municipality's day. ``most``: at most this many institutions; None = all."""
    names, units = Names(), dict(list(schools.institutions(municipality).items())[:most])
    staff = list(_staff(municipality, units, names))
    external: list[User] = []
    pupils: list[User] = []
    for number, unit in units.items():
        if unit.kind is KINDS["school"]:
            external += _members(schools.outsiders(unit, municipality), EXTERNAL, number, unit, names)
            pupils += _members(schools.pupils(unit, municipality), PUPILS, number, unit, names)
    staff = _differ(staff, municipality, units, names)
    return Directory(DOMAIN, [*staff, *external, *pupils], _groups(staff, pupils, units))


def _place(unit: Unit, kind: str) -> Place:
    return (ROOT, unit.names[-1][1], {STAFF: "Ansatte", PUPILS: "Elever", EXTERNAL: "Eksterne"}[kind])


def _staff(municipality: Municipality, units: dict[str, Unit], names: Names) -> Iterator[User]:
    """One account per person, in the first institution; its institution numbers name the others too."""
    found: dict[int, tuple[str, Employment]] = {}
    numbers: dict[int, list[str]] = {}
    for number, staff in schools.staff_of(municipality, units).items():
        for each in staff:
            if each.login is not None or each.position(municipality.today).level:
                found.setdefault(each.person.index, (number, each))
                numbers.setdefault(each.person.index, []).append(number)
    for index, (number, employment) in found.items():
        yield _account(employment, units[number], tuple(dict.fromkeys(numbers[index])), municipality, names)


def _account(
    employment: Employment, unit: Unit, numbers: tuple[str, ...], municipality: Municipality, names: Names
) -> User:
    who, today, place = employment.person, municipality.today, _place(unit, STAFF)
    login = schools.unilogin_of(who)
    return User(
        place=place,
        name=names.free(place, f"{who.given_name} {who.surname}"),
        login=login,
        given_name=who.given_name,
        surname=who.surname,
        title=employment.position(today).title,
        department=municipality.units[at(employment.units, today)].names[-1][1],
        email=f"{login}@{DOMAIN}",
        mobile=f"9966{mixed(who.index, municipality.seed + 12) % 10_000:04d}" if who.index % 4 == 0 else "",
        # One in twenty has only the UNI-Login.
        cpr=who.cpr if who.index % 20 else "",
        unilogin=login,
        account_type=STAFF,
        institutions=numbers,
        expires=employment.spells[-1].end,
    )


def _members(members: Iterable[Member], kind: str, number: str, unit: Unit, names: Names) -> Iterator[User]:
    """People whom payroll does not know, with their UNI-Login only."""
    place = _place(unit, kind)
    for who in (each.person for each in members if each.person is not None):
        yield User(
            place=place,
            name=names.free(place, f"{who.given_name} {who.surname}"),
            login=who.user,
            given_name=who.given_name,
            surname=who.surname,
            email=f"{who.user}@{DOMAIN}",
            unilogin=who.user,
            account_type=kind,
            institutions=(number,),
        )


def _differ(staff: list[User], municipality: Municipality, units: dict[str, Unit], names: Names) -> list[User]:
    """Two with a UNI-Login only, one of which belongs to no person; and a leaver whose account still works."""
    *made, known, unknown = staff
    made += [replace(known, cpr=""), replace(unknown, cpr="", unilogin=NOBODYS_UNILOGIN)]
    left = next(each for each in municipality.employments() if each.spells[-1].last <= municipality.today)
    number, unit = next(iter(units.items()))
    return [*made, replace(_account(left, unit, (number,), municipality, names), cpr=left.person.cpr, expires=None)]


def _groups(staff: list[User], pupils: list[User], units: dict[str, Unit]) -> list[Group]:
    """Each institution's staff, and its pupils: of the latter group only its existence is read."""
    made = []
    for number, unit in units.items():
        place = (ROOT, unit.names[-1][1])
        members = tuple(each for each in staff if number in each.institutions)
        made.append(Group(place, f"{number} ansatte", members, f"Ansatte på {unit.names[-1][1]}"))
        own = tuple(each for each in pupils if number in each.institutions)
        if own:
            made.append(Group(place, f"{number} {PUPILS_GROUP}", own, f"Elever på {unit.names[-1][1]}"))
    return made
