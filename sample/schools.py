"""The sample's schools and day-care centres as STIL knows them, where it differs from payroll on purpose.

Everyone whom payroll has in a school, or in a unit below it, is in its export. In addition:

- a trainee, an external one and a substitute of each school, whom payroll does not know;
- one in nine has a UNI-Login of the new form; one in two hundred is protected, with or without an alias;
- a person with a replacement number matches no other: a user must decide;
- in the first school a teacher of the second one works too; one who has left payroll is still listed, and the secretary
  is listed as head (``Leder``), but is not the manager in payroll; a teacher is protected, which payroll does not know,
  and another one has another surname than in payroll;
- pupils, who are delivered on request;
- an institution with an agreement but without a unit, and a day-care centre without an agreement.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sample.dice import mixed
from sample.municipality import Municipality, Unit
from sample.people import Employment, at
from sample.people import Person as Somebody
from sample.people import person as somebody
from sample.structure import KINDS
from sample.unilogin_service.state import Group, Institution, Kind, Member, Person, State

PROVIDER = "klitkoebing-reconnect"
NOBODYS = "Z99999"  # an institution without a unit
_OUTSIDERS = 3_000_000  # indices of people whom payroll does not know
_ROLES = {
    1050: "Leder", 1060: "Leder", 1070: "Ledelse", 1040: "Leder", 4010: "Lærer", 4020: "Lærer", 4030: "Vikar",
    5010: "Pædagog", 5020: "Pædagog", 5030: "Pædagog",
}  # fmt: skip
_PLAIN = str.maketrans({"æ": "a", "ø": "o", "å": "a", "é": "e", "ü": "u", "ö": "o", " ": ""})


def institutions(municipality: Municipality) -> dict[str, Unit]:
    """STIL's number of each open school and day-care centre. Schools' begin with zeros, day-care centres' with A."""
    found = {}
    for unit in municipality.units.values():
        if unit.life.holds(municipality.today) and unit.kind in (KINDS["school"], KINDS["daycare"]):
            number = f"{unit.number:06d}" if unit.kind is KINDS["school"] else f"A{unit.number:05d}"
            found[number] = unit
    return found


def state_of(municipality: Municipality) -> State:
    """The stand-in's state; the caller sets certificates and clock."""
    state = State()
    units = institutions(municipality)
    staff = staff_of(municipality, units)
    for number, unit in units.items():
        members = [_member(each, municipality) for each in staff[number]]
        made = state.add(Institution(number, unit.names[-1][1], members, _groups()))
        if unit.kind is KINDS["school"]:
            made.members += [*outsiders(unit, municipality), *pupils(unit, municipality)]
    schools = [number for number, unit in units.items() if unit.kind is KINDS["school"]]
    if schools:
        _differ(state, schools, staff, municipality)
    centres = [number for number in units if number not in schools]
    if len(centres) > 1:
        state.institutions[centres[-1]].agreed = False
    state.add(Institution(NOBODYS, "Privatskolen Strandengen", [_outsider(0, municipality, "Employee", ("Lærer",))]))
    return state


def staff_of(municipality: Municipality, units: dict[str, Unit]) -> dict[str, list[Employment]]:
    """Who works in each institution or below it today."""
    today = municipality.today
    belongs = {unit.number: number for number, unit in units.items()}
    for unit in municipality.units.values():  # parents come before children
        if unit.parents and unit.number not in belongs and unit.life.holds(today):
            above = belongs.get(at(unit.parents, today))
            if above is not None:
                belongs[unit.number] = above
    found: dict[str, list[Employment]] = {number: [] for number in units}
    for each in municipality.employments():
        number = belongs.get(at(each.units, today))
        if number is not None and each.active(today):
            found[number].append(each)
    return found


def _member(employment: Employment, municipality: Municipality) -> Member:
    position = employment.position(municipality.today)
    return Member(
        _person(employment.person),
        local=str(employment.number),
        roles=(_ROLES.get(position.code, "TAP"),),
        initials=(employment.person.given_name[:1] + employment.person.surname[:1]).upper(),
        occupation=position.title,
        groups=("T1",),
    )


def _person(who: Somebody) -> Person:
    return Person(
        user=unilogin_of(who),
        given_name=who.given_name,
        surname=who.surname,
        cpr=who.cpr,
        cpr_type="CPR_REPLACEMENT_ID" if who.replacement else "CPR_VERIFIED",
        protected=who.protected,
        alias=(who.given_name[:1], who.surname[:1]) if who.protected and who.index % 2 else None,
        mobile="99880000",
    )


def unilogin_of(who: Somebody) -> str:
    """The person's UNI-Login: the new form for one in nine, otherwise four letters and a unique suffix."""
    if who.index % 9 == 0:
        return f"1000{who.index:06x}"
    return f"{who.given_name.lower().translate(_PLAIN)[:4]:x<4}{who.index:04d}{'kqmt'[who.index % 4]}"


def _outsider(place: int, municipality: Municipality, kind: Kind, roles: tuple[str, ...]) -> Member:
    who = replace(somebody(_OUTSIDERS + place, municipality.seed, municipality.born), replacement=False)
    return Member(_person(who), f"U{place}", kind, roles)


def outsiders(unit: Unit, municipality: Municipality) -> Iterator[Member]:
    """The school's people whom payroll does not know."""
    start = unit.number * 4
    yield _outsider(start, municipality, "Extern", ("Praktikant",))
    yield _outsider(start + 1, municipality, "Extern", ("Ekstern",))
    yield _outsider(start + 2, municipality, "Employee", ("Vikar",))


def pupils(unit: Unit, municipality: Municipality) -> Iterator[Member]:
    """The school's pupils, without CPR numbers."""
    for place in range(20):
        who = somebody(_OUTSIDERS + 500_000 + unit.number * 8 + place, municipality.seed, municipality.born)
        pupil = Person(f"elev{unit.number}{place:02d}", who.given_name, who.surname, cpr_type=None)
        yield Member(pupil, f"E{place}", "Student", ("Elev",))


def _groups() -> list[Group]:
    return [Group("T1", "Pædagogisk team", "Team"), Group("1A", "1. A", "Hovedgruppe")]


def _differ(
    state: State, schools: Iterable[str], staff: dict[str, list[Employment]], municipality: Municipality
) -> None:
    """The first school is not quite as payroll has it."""
    first, *others = schools
    school = state.institutions[first]
    verified = [each for each in school.members if each.person is not None and each.person.cpr_type == "CPR_VERIFIED"]
    head = next(each for each in verified if each.roles == ("TAP",))
    hidden, renamed = [each for each in verified if each.roles == ("Lærer",)][:2]
    for each in (head, hidden, renamed):
        school.members.remove(each)
    school.members.append(replace(head, roles=("Leder", "TAP")))
    if hidden.person is not None:
        alias = (hidden.person.given_name[:1], hidden.person.surname[:1])
        school.members.append(replace(hidden, person=replace(hidden.person, protected=True, alias=alias)))
    if renamed.person is not None:
        school.members.append(replace(renamed, person=replace(renamed.person, surname="Klitgaard")))
    if others:
        guest = next(each for each in staff[others[0]] if not each.person.replacement)
        school.members.append(replace(_member(guest, municipality), local=f"G{guest.number}"))
    today = municipality.today
    gone = (each for each in municipality.employments() if each.spells[-1].last <= today)
    left = next((each for each in gone if mixed(each.number, municipality.seed) % 3 == 0), None)
    if left is not None:
        school.members.append(replace(_member(left, municipality), local=f"F{left.number}"))
