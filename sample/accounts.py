"""Account rules of the sample: two offices try accounts that follow from rules, and a few people to show it with.

The rules are for a system of their own, so that the directory that the municipality has stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sample.municipality import Municipality, Unit
from sample.structure import KINDS

Facts = dict[str, Any]
SYSTEM = "ad_pilot"
TITLE = "Active Directory, to kontorer"
DOMAIN = "klitkoebing.example"
LEAD_DAYS = 14
_OFFICES = (("it", "office"), ("payroll", "benefits"))
"""Kinds of the two offices; the second of each where the municipality is too small for the first."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A person whom only the demo has. ``key``: in the facts; ``day``: the first day of work."""

    key: str
    given_name: str
    surname: str
    day: date

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.surname}@{DOMAIN}".lower()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is hired, leaves, moves, is stopped, and has an account that is changed by hand."""

    hired: Shown
    leaver: Shown
    mover: Shown
    stopped: Shown
    changed: Shown

    @property
    def all(self) -> tuple[Shown, ...]:
        return self.hired, self.leaver, self.mover, self.stopped, self.changed


def cast(today: date) -> Cast:
    """The same people each day; one of them begins in a week."""
    before = today - timedelta(days=700)
    return Cast(
        Shown("f_acc_nora", "Nora", "Nyvang", today + timedelta(days=7)),
        Shown("f_acc_lea", "Lea", "Lyng", before),
        Shown("f_acc_mads", "Mads", "Mose", before),
        Shown("f_acc_stine", "Stine", "Star", before),
        Shown("f_acc_dan", "Dan", "Dige", before),
    )


def offices(municipality: Municipality) -> tuple[Unit, Unit]:
    """The two offices with account rules."""
    first, second = (_office(municipality, kinds) for kinds in _OFFICES)
    return first, second


def _office(municipality: Municipality, kinds: tuple[str, ...]) -> Unit:
    open_ = [each for each in municipality.units.values() if each.life.holds(municipality.today)]
    return next(each for kind in kinds for each in open_ if each.kind is KINDS[kind])


def sections(municipality: Municipality, unit_key: Callable[[Unit], str]) -> Facts:
    """The rules and how accounts are named, as sections of a facts file."""
    rule = {
        "condition": "employment.type != 'hourly'",
        "system": SYSTEM,
        "names": "staff",
        "lead_days": LEAD_DAYS,
        "grace_days": 30,
        "retention_days": 90,
        "expiry": True,
        "reason": "Two offices try it first",
    }
    return {
        "name_policies": {
            "staff": {
                "title": "Medarbejdere",
                "login_patterns": ["{given:2}{last:2}", "{given:3}{last:3}"],
                "principal_name_pattern": f"{{login}}@{DOMAIN}",
                "mail_pattern": f"{{given}}.{{surname}}@{DOMAIN}",
                "common_name_pattern": "{name}",
                "forbidden": ["adm*", "svc*"],
            }
        },
        "account_rules": {
            f"accounts_{unit.number}": {**rule, "title": f"Konti i {unit.names[-1][1]}", "unit": unit_key(unit)}
            for unit in offices(municipality)
        },
    }


def people(municipality: Municipality, unit_key: Callable[[Unit], str], *, later: bool) -> Facts:
    """The shown people as a facts file of their own: as it was yesterday, or ``later``, after today's changes."""
    today, shown = municipality.today, cast(municipality.today)
    here, there = (unit_key(each) for each in offices(municipality))
    places: dict[str, list[Facts]] = {each.key: [{"unit": here}] for each in shown.all}
    if later:
        places[shown.mover.key] = [{"unit": here, "to": today}, {"unit": there, "from": today}]
    employments = [
        {
            "id": f"{each.key}_job", "person": each.key, "from": each.day, "units": places[each.key],
            "type": "monthly_full", "title": "Konsulent", "email": each.email,
        }
        for each in shown.all
        if later or each is not shown.hired
    ]  # fmt: skip
    if later:
        next(each for each in employments if each["person"] == shown.leaver.key)["to"] = today
    persons = [
        {"id": each.key, "given_name": each.given_name, "surname": each.surname, "name": each.name}
        for each in shown.all
        if later or each is not shown.hired
    ]
    return {"format": 1, "persons": persons, "employments": employments}
