"""The sample's facts in the model's own form: what no payroll has (format: ``importers/facts``).

Roles, an excerpt of a classification in KLE's form (numbers like KLE's, none of its texts), functions, IT systems and
their groups, the subjects of units, STIL's numbers of schools and day-care centres, administrators, a substitute, and
people without payroll. Their rights in systems are in ``sample.rights``, account rules in ``sample.accounts``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sample import accounts, classification, rights
from sample.municipality import Municipality, Unit
from sample.people import Employment, at
from sample.schools import institutions
from sample.structure import KINDS

Facts = dict[str, Any]

KLE: dict[str, str | None] = {
    "00": None, "00.15": "00", "02": None, "02.34": "02", "02.34.02": "02.34", "15": None, "15.20": "15",
    "15.20.00": "15.20", "17": None, "17.03": "17", "23": None, "23.05": "23", "27": None, "27.12": "27",
    "27.12.04": "27.12", "27.12.06": "27.12", "27.24": "27", "28": None, "28.06": "28", "29": None, "29.18": "29",
    "32": None, "32.24": "32", "81": None, "81.38": "81", "85": None,
}  # fmt: skip
_SYSTEMS = {
    "omsorg": ["care_systems", "line_of_business"],
    "jobsystem": ["line_of_business"],
    "byggesag": ["line_of_business"],
    "skolesystem": ["line_of_business"],
    "mail": [],
    rights.SYSTEM: ["line_of_business"],
}


@dataclass(frozen=True, slots=True)
class Keys:
    """How the payroll that is imported names a unit and an employment in a facts file."""

    unit: Callable[[Unit], str]
    employment: Callable[[Employment], str]
    person: Callable[[Employment], str]


def facts(municipality: Municipality, keys: Keys) -> Facts:
    """The facts as the content of a YAML or JSON file."""
    return {
        "format": 1,
        "roles": {
            "manager": {"title": "Leder", "covers_all": True},
            "case_worker": {"title": "Sagsbehandler", "covers_all": False},
            "administrator": {"title": "Administrator", "covers_all": False},
        },
        "kle": dict(KLE),
        "functions": ["payroll_reporting", "economy", "staff_management"],
        "groups": {"line_of_business": [], "care_systems": []},
        "systems": {
            **{name: list(groups) for name, groups in _SYSTEMS.items()},
            accounts.SYSTEM: {"title": accounts.TITLE},
        },
        "units": [
            {"id": f"f_stil_{number}", "adds_to": keys.unit(unit), "institution_number": number}
            for number, unit in institutions(municipality).items()
        ]
        + list(_dealing_with(municipality, keys))
        + list(rights.performing(municipality, keys.unit)),
        **rights.sections(keys.unit(municipality.root)),
        **accounts.sections(municipality, keys.unit),
        **_people(municipality, keys),
        "assignments": list(_assignments(municipality, keys)),
        "substitutes": list(_substitutes(municipality, keys)),
    }


def _staff(municipality: Municipality, unit: Unit) -> list[Employment]:
    """The employments in the unit until further notice, by number, managers last."""
    today = municipality.today
    found = [
        each
        for each in municipality.staff_near(unit.number)
        if each.active(today) and each.spells[-1].end is None and at(each.units, today) == unit.number
    ]
    return sorted(found, key=lambda each: (each.position(today).level > 0, each.number))


def _units_of(municipality: Municipality, kind: str) -> list[Unit]:
    """Open units of a kind, by number."""
    today = municipality.today
    return [unit for unit in municipality.units.values() if unit.kind is KINDS[kind] and unit.life.holds(today)]


def _dealing_with(municipality: Municipality, keys: Keys) -> Iterator[Facts]:
    """The subjects that units perform, are responsible for or are interested in, by KLE number. Some have ended
    since."""
    for kind, how, number in (
        ("assessment", "performs", classification.MOVED),
        ("job_team", "responsible_for", classification.ENDED),
        ("office", "interested_in", classification.ENDED),
    ):
        for unit in _units_of(municipality, kind)[:1]:
            yield {"id": f"f_kle_{how}", "adds_to": keys.unit(unit), how: [number]}


def _people(municipality: Municipality, keys: Keys) -> Facts:
    """People without payroll: a consultant who is tied to a unit, and a member of the council."""
    start = municipality.born - timedelta(days=200)
    place = next(iter((*_units_of(municipality, "it"), *_units_of(municipality, "office"))))
    return {
        "persons": [{"id": "f_consultant", "name": "Vera Kvist"}, {"id": "f_council", "name": "Asbjørn Hede"}],
        "affiliations": [
            {
                "id": "f_consultant_it",
                "person": "f_consultant",
                "from": start,
                "to": municipality.born + timedelta(days=160),
                "units": [{"unit": keys.unit(place), "from": start}],
            }
        ],
    }


def _assignments(municipality: Municipality, keys: Keys) -> Iterator[Facts]:
    """The head of the municipality, central and local administrators, and people who report pay for other units."""
    root = keys.unit(municipality.root)
    head = _head(municipality)
    yield _assignment("f_head", keys.employment(head), "manager", [], root, head)
    for count, (kind, about, place) in enumerate(_ADMINISTRATORS):
        units = _units_of(municipality, kind)
        unit = units[0] if units else _units_of(municipality, "office")[0]
        staff = _staff(municipality, unit)
        areas = [each for each in municipality.units.values() if each.names[-1][1] == place]
        if staff:
            holder = staff[count % len(staff)]
            target = keys.unit(areas[0]) if areas else root
            yield _assignment(f"f_admin_{count}", keys.employment(holder), "administrator", [about], target, holder)


_ADMINISTRATORS = (
    ("it", "group:line_of_business", ""),
    ("it", "system:mail", ""),
    ("assessment", "system:omsorg", "Sundhed og Omsorg"),
    ("job_team", "system:jobsystem", "Jobcenter"),
    ("payroll", "function:payroll_reporting", "Børn og Læring"),
    ("economy", "function:economy", ""),
    ("job_team", f"kle:{classification.ENDED}", "Jobcenter"),
    ("assessment", f"kle:{classification.MOVED}", "Sundhed og Omsorg"),
)
"""Kind of the unit where the holder works, responsibility, name of the unit that it counts for (by default all).

The last two have numbers that KLE's newest release has ended; units and a role rule use them too.
"""


def _assignment(id_: str, holder: str, role: str, about: list[str], unit: str, employment: Employment) -> Facts:
    start = employment.spells[-1].start
    return {
        "id": id_,
        "holder": {"employment": holder},
        "role": role,
        "about": about,
        "for": [{"unit": unit, "from": start}],
        "from": start,
        "primary": True,
    }


def _head(municipality: Municipality) -> Employment:
    """The municipal chief executive (kommunaldirektør)."""
    directorate = _units_of(municipality, "directorate")[0]
    return _staff(municipality, directorate)[-1]


def _substitutes(municipality: Municipality, keys: Keys) -> Iterator[Facts]:
    """Whoever leads the first area stands in for the head of the municipality."""
    area = _units_of(municipality, "area")[0]
    deputy = _staff(municipality, area)[-1]
    yield {
        "id": "f_deputy",
        "assignment": "f_head",
        "person": keys.person(deputy),
        "rank": 1,
        "from": max(deputy.spells[-1].start, _head(municipality).spells[-1].start),
    }
