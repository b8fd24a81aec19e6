"""Puts the sample into the stand-in for SD's web services: the municipality as it is, and then each day's
registrations.

Opus states a day, SD all time: history and known future go in here as they are. Changes are registered at ten o'clock
on their day, and only the new parts of a timeline get that time, as in payroll's own registrations.
"""

from datetime import datetime, time
from typing import TypeVar, cast

from sample.changes import Day
from sample.municipality import INSTITUTION, NAMESPACE, REGION, Municipality, Unit, employment_code
from sample.people import Employment, Person
from sample.positions import AREAS, POSITIONS
from sample.sd_service import state as sd
from sample.sd_timelines import statuses, stretches

MUNICIPALITY_CODE = "0999"
PROTECTED = "**ADRESSEBESKYTTELSE**"
LOWEST = sd.LEVELS[0]
_REGISTERS_AT = time(10, 0)
_Timeline = TypeVar("_Timeline", sd.Status, sd.Placement, sd.Job, sd.WorkingTime)


def state_of(municipality: Municipality) -> sd.State:
    """A stand-in's state with the whole municipality; its clock is at noon of the municipality's day."""
    state = sd.State(region=REGION, region_name=municipality.name)
    institution = state.add(sd.Institution(INSTITUTION, str(NAMESPACE), municipality.name))
    institution.put_positions(_positions())
    for unit in municipality.units.values():
        if unit.parents:  # the municipality itself is the institution
            institution.put_department(_department(unit, municipality))
    for employment in municipality.employments():
        institution.put_person(_person(employment.person, sd.BEGINNING))
        institution.put_employment(_employment(employment, municipality, sd.BEGINNING))
    state.clock.set(datetime.combine(municipality.today, time(12, 0)))
    return state


def register(state: sd.State, municipality: Municipality, day: Day) -> None:
    """Register the changes that ``changes.advance`` made for a day; the clock moves on to its noon."""
    institution = state.institutions[INSTITUTION]
    moment = datetime.combine(day.date, _REGISTERS_AT)
    for change in day.changes:
        if isinstance(change.after, Unit):
            institution.put_department(_department(change.after, municipality))
        elif change.after is None:
            _cancel(institution, cast(Employment, change.before), moment)
        else:
            if change.what in {"hired", "name", "contact"}:
                institution.put_person(_person(change.after.person, moment))
            _renew(institution, _employment(change.after, municipality, moment))
    state.clock.set(datetime.combine(day.date, time(12, 0)))


def _department(unit: Unit, municipality: Municipality) -> sd.Department:
    level = LOWEST if unit.leaf else sd.LEVELS[len(sd.LEVELS) - unit.depth]
    address = sd.Address(unit.street, unit.postal_code, unit.town, MUNICIPALITY_CODE)
    contact = ((unit.phone or "", ""), (unit.email or "", ""))
    return sd.Department(
        str(unit.uuid),
        tuple(
            sd.DepartmentPeriod(first, last, unit.code, level, name, unit.p_number or "", address, *contact)
            for first, last, name in stretches(unit.names, unit.life)
        ),
        tuple(
            sd.ParentPeriod(first, last, str(_parent(parent, municipality)))
            for first, last, parent in stretches(unit.parents, unit.life)
        ),
    )


def _parent(number: int, municipality: Municipality) -> object:
    return NAMESPACE if number == municipality.root.number else municipality.units[number].uuid


def _person(who: Person, registered: datetime) -> sd.Person:
    if who.protected:
        address = sd.Address(PROTECTED)
    else:
        address = sd.Address(who.street, who.postal_code, who.town, MUNICIPALITY_CODE, "DK")
    return sd.Person(who.cpr, who.given_name, who.surname, address, registered=registered)


def _employment(employment: Employment, municipality: Municipality, moment: datetime) -> sd.Employment:
    units = municipality.units
    return sd.Employment(
        number=employment_code(employment.number),
        cpr=employment.person.cpr,
        statuses=tuple(sd.Status(*period, moment) for period in statuses(employment)),
        departments=tuple(
            sd.Placement(first, last, units[unit].code, str(units[unit].uuid), moment)
            for first, last, unit in stretches(employment.units)
        ),
        jobs=tuple(
            sd.Job(first, last, str(code), POSITIONS[code].title, moment)
            for first, last, code in stretches(employment.positions)
        ),
        working_times=tuple(
            sd.WorkingTime(first, last, f"{work.share:.4f}", not work.hourly, work.full_time, moment)
            for first, last, work in stretches(employment.work)
        ),
        employed_on=employment.spells[0].start,
        anniversary=employment.spells[0].start,
        contact=sd.Contact(employment.phone or "", "", employment.email or ""),
    )


def _renew(institution: sd.Institution, new: sd.Employment) -> None:
    """Put the employment; unchanged parts keep the time of their registration."""
    old = institution.employments.get((new.cpr, new.number))
    if old is not None:
        new.statuses = _kept(old.statuses, new.statuses)
        new.departments = _kept(old.departments, new.departments)
        new.jobs = _kept(old.jobs, new.jobs)
        new.working_times = _kept(old.working_times, new.working_times)
    institution.put_employment(new)


def _kept(old: tuple[_Timeline, ...], new: tuple[_Timeline, ...]) -> tuple[_Timeline, ...]:
    known = {each._replace(registered=sd.BEGINNING): each for each in old}
    return tuple(known.get(each._replace(registered=sd.BEGINNING), each) for each in new)


def _cancel(institution: sd.Institution, gone: Employment, moment: datetime) -> None:
    """A mistaken employment that is deleted at once: status S from the first day, and nothing else."""
    start = gone.spells[0].start
    deleted = sd.Status(start, sd.OPEN, "S", moment)
    institution.put_employment(sd.Employment(employment_code(gone.number), gone.person.cpr, (deleted,)))


def _positions() -> list[sd.Position]:
    """Positions in groups, in areas, in one group without a name: levels 0 to 3 (positions.md §2, §8).

    An area has the code of its first group: codes are unique within a level only.
    """
    areas = []
    for area, names in AREAS.items():
        groups = []
        for name in names:
            below = tuple(sd.Position(str(each.code), each.title) for each in POSITIONS.values() if each.group == name)
            groups.append(sd.Position(f"{below[0].code[0]}000", name, "1", below))
        areas.append(sd.Position(groups[0].code, area, "2", tuple(groups)))
    return [sd.Position("0000", "", "3", tuple(areas))]
