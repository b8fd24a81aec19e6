"""The administration's directory: an account for every employee whose login payroll has, without schools.

The heads of schools and day-care centres are in it, and in the schools' directory too. ``_differ`` and below make its
deliberate differences from payroll; sample/README.md lists them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sample import schools
from sample.dice import mixed
from sample.directories.entries import DISTRIBUTION, Directory, Group, Names, Place, User
from sample.municipality import Municipality
from sample.names import WOMEN
from sample.people import Employment, account_name, at

DOMAIN = "klitkoebing.example"
ROOT = "Klitkøbing"
STAFF: Place = (ROOT, "Medarbejdere")
LEAVERS: Place = (ROOT, "Fratrådte")
EXTERNAL: Place = (ROOT, "Eksterne")
ADMINISTRATORS: Place = (ROOT, "Administratorer")
SERVICES: Place = (ROOT, "Servicekonti")
GROUPS: Place = (ROOT, "Grupper")

EMPLOYEE, ADMINISTRATOR, CONSULTANT = "Medarbejder", "Administrator", "Ekstern"
"""Kinds of account, in ``employeeType``."""
NOBODY = "0000000000"
MAIDEN_NAME = "Klitgaard"
SERVICE_LOGINS = ("svc-backup", "svc-scanner", "svc-omsorg")
EVERYBODY = "Alle medarbejdere"
KEPT = 20
"""How many of the latest leavers still have an account, disabled; those of others have been deleted."""


def directory_of(municipality: Municipality, most: int | None = None) -> Directory:
    """The administration's directory on the municipality's day. ``most``: at most this many employees' accounts; None =
    all."""
    names, place_of = Names(), _Places(municipality)
    present, left, coming = (found[:most] for found in _employments(municipality))
    staff = [_account(each, municipality, place_of(each), names) for each in present]
    leavers = [
        replace(_account(each, municipality, LEAVERS, names), phone="", mobile="", enabled=False, expires=None)
        for each in left
    ]
    leavers[0] = replace(leavers[0], enabled=True)  # the directory has not been updated
    early = [replace(_account(each, municipality, place_of(each), names), enabled=False) for each in coming]
    staff = _differ(staff)
    others = [*_administrators(staff, names), *_strangers(), *_services()]
    return Directory(DOMAIN, [*staff, *leavers, *early, *others], _groups(staff))


class _Places:
    """The place of an employment's account: the area (forvaltning) of its unit."""

    def __init__(self, municipality: Municipality) -> None:
        self._today = municipality.today
        self._areas: dict[int, str] = {}
        for unit in municipality.units.values():  # parents come before children
            name = unit.names[-1][1]
            above = self._areas.get(at(unit.parents, self._today)) if unit.depth > 1 else None
            self._areas[unit.number] = above or name

    def __call__(self, employment: Employment) -> Place:
        return (*STAFF, self._areas[at(employment.units, self._today)])


def _employments(municipality: Municipality) -> tuple[list[Employment], list[Employment], list[Employment]]:
    """The employments with an account, one per person: present, ended and future ones."""
    today, everybody = municipality.today, list(municipality.employments())
    at_schools = schools.staff_of(municipality, schools.institutions(municipality))
    teaching = {each.number for staff in at_schools.values() for each in staff if not each.position(today).level}
    seen: set[int] = set()

    def first_of_each(employments: Iterable[Employment]) -> list[Employment]:
        found = []
        for each in employments:
            if each.person.index not in seen and (each.login is not None or each.position(today).level):
                seen.add(each.person.index)
                found.append(each)
        return found

    present = first_of_each(each for each in everybody if each.active(today) and each.number not in teaching)
    seen |= {each.person.index for each in everybody if each.active(today)}
    coming = first_of_each(each for each in everybody if each.spells[0].start > today)
    left = first_of_each(each for each in everybody if each.spells[-1].last <= today)
    left = sorted(left, key=lambda each: each.spells[-1].last, reverse=True)[:KEPT]
    return present, left, coming


def _account(employment: Employment, municipality: Municipality, place: Place, names: Names) -> User:
    who, today = employment.person, municipality.today
    return User(
        place=place,
        name=names.free(place, f"{who.given_name} {who.surname}"),
        login=account_name(who, employment.number),
        given_name=who.given_name,
        surname=who.surname,
        title=employment.position(today).title,
        department=municipality.units[at(employment.units, today)].names[-1][1],
        email=employment.email or f"{account_name(who, employment.number)}@{DOMAIN}",
        phone=employment.phone or "",
        mobile=f"9977{mixed(who.index, municipality.seed + 11) % 10_000:04d}" if who.index % 3 == 0 else "",
        # One in seven is written with a hyphen, as people type it.
        cpr=f"{who.cpr[:6]}-{who.cpr[6:]}" if who.index % 7 == 0 else who.cpr,
        employment_number=str(employment.number),
        account_type=EMPLOYEE,
        expires=employment.spells[-1].end,
    )


# -- on purpose -------------------------------------------------------------------------------------------------------


def _differ(staff: list[User]) -> list[User]:
    """Make some accounts differ from payroll: those of the first plain staff, so that they are easy to find."""
    made = list(staff)
    plain = iter([place for place, each in enumerate(staff) if each.expires is None and each.phone][1:])

    maiden = next(place for place in plain if staff[place].given_name.split()[0] in WOMEN)
    made[maiden] = replace(made[maiden], surname=MAIDEN_NAME)
    phone = next(plain)
    made[phone] = replace(made[phone], phone="99770001")
    first, second = next(plain), next(plain)
    made[second] = replace(made[second], email=made[first].email)
    placeholder = next(plain)
    made[placeholder] = replace(made[placeholder], cpr=NOBODY, employment_number="")
    return made


def _administrators(staff: list[User], names: Names) -> Iterator[User]:
    """Second accounts of people: two that state their purpose, and one that does not."""
    for each in staff[-3:-1]:
        yield _second(each, f"adm-{each.login}", ADMINISTRATOR, names)
    yield _second(staff[-1], f"{staff[-1].login}2", EMPLOYEE, names)


def _second(account: User, login: str, account_type: str, names: Names) -> User:
    place = ADMINISTRATORS if account_type == ADMINISTRATOR else account.place
    return replace(
        account,
        place=place,
        name=names.free(place, account.name),
        login=login,
        email="",
        phone="",
        mobile="",
        employment_number="",
        account_type=account_type,
    )


def _strangers() -> Iterator[User]:
    """Accounts without an owner: nothing in them identifies one."""
    for name, login in (("Konsulent Brandt", "ekst-brandt"), ("Kursus Lokale 2", "kursus2")):
        given, surname = name.split(" ", 1)
        yield User(EXTERNAL, name, login, given, surname, email=f"{login}@{DOMAIN}", account_type=CONSULTANT)


def _services() -> Iterator[User]:
    """Accounts that belong to no person, and are never read (active_directory.md pitfall 16)."""
    return (User(SERVICES, login, login) for login in SERVICE_LOGINS)


def _groups(staff: list[User]) -> list[Group]:
    """Groups: of all staff (from size S on, more than one answer of Windows contains), managers, areas, and one within
    another."""
    by_area: dict[Place, list[User]] = {}
    for each in staff:
        by_area.setdefault(each.place, []).append(each)
    areas = [
        Group(GROUPS, f"Område {place[-1]}", tuple(members), f"Ansatte i {place[-1]}")
        for place, members in sorted(by_area.items())
    ]
    managers = tuple(each for each in staff if "leder" in each.title.lower() or "direktør" in each.title.lower())
    return [
        Group(GROUPS, EVERYBODY, tuple(staff), "Alle ansatte med konto"),
        *areas,
        Group(GROUPS, "Alle områder", tuple(areas), "Områderne, hver for sig"),
        Group(GROUPS, "Ledere", managers, "Ledere", f"ledere@{DOMAIN}", DISTRIBUTION),
        Group(GROUPS, "Adgang ingen", (), "Uden medlemmer"),
    ]
