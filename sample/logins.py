"""People of the sample who log in to REConnect itself: an HR partner, an administrator, a second person for what takes
two, a receptionist, a manager, and a teaching assistant without AD.

They work in a school and an office of their own, so that what the payroll has stays as it is. Their rights are ordinary
grants: HR's counts for one area and below, the administrator's and the consultant's everywhere, a manager's for what
each manages, and the receptionist's everywhere, but for the field group ``identity`` only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sample.municipality import Municipality, Unit

Facts = dict[str, Any]
SYSTEM = "login"
"""The IT system whose accounts log in at REConnect."""
HR, SCHOOL = "f_login_hr", "f_login_school"
_AREA = "Børn og Læring"


@dataclass(frozen=True, slots=True)
class Shown:
    """``key``: in the facts; ``who``: what the demo calls the person; ``unit``: where the person works."""

    key: str
    given_name: str
    surname: str
    who: str
    title: str
    unit: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"


CAST = (
    Shown("f_login_hanne", "Hanne", "Hede", "HR", "HR-partner", HR),
    Shown("f_login_olga", "Olga", "Olesen", "administrator", "Systemadministrator", HR),
    Shown("f_login_oda", "Oda", "Overgaard", "organisation consultant", "Organisationskonsulent", HR),
    Shown("f_login_frida", "Frida", "Frost", "receptionist", "Receptionist", HR),
    Shown("f_login_malene", "Malene", "Mark", "manager", "Skoleleder", SCHOOL),
    Shown("f_login_theo", "Theo", "Toft", "teaching assistant without AD", "Lærervikar", SCHOOL),
)


def facts(municipality: Municipality, unit_key: Callable[[Unit], str], role_key: Callable[[str], str]) -> Facts:
    """The content of a facts file. ``role_key``: the key of one of REConnect's system roles; its constraint type of
    units is ``reconnect_unit``."""
    since = municipality.today - timedelta(days=700)
    root = unit_key(municipality.root)
    area = next((each for each in municipality.units.values() if each.names[-1][1] == _AREA), municipality.root)
    of_area = unit_key(area)
    return {
        "format": 1,
        "systems": {SYSTEM: {"title": "Login uden AD"}},
        "units": [
            {"id": HR, "title": "HR-partnere", "from": since, "parents": [{"unit": root, "from": since}]},
            {"id": SCHOOL, "title": "Havneskolen", "from": since, "parents": [{"unit": of_area, "from": since}]},
        ],
        "persons": [
            {"id": each.key, "given_name": each.given_name, "surname": each.surname, "name": each.name} for each in CAST
        ],
        "employments": [_employment(each, since) for each in CAST],
        "assignments": [
            {
                "id": "f_login_leads", "holder": {"employment": "f_login_malene_job"}, "role": "manager", "about": [],
                "for": [{"unit": SCHOOL, "from": since}], "from": since, "primary": True,
            }
        ],
        "name_policies": {"login": {"title": "Login uden AD", "login_patterns": ["{given:4}{last:2}"]}},
        "account_rules": {
            f"{SYSTEM}_{unit}": {
                "title": "Login uden AD", "unit": unit, "system": SYSTEM, "names": "login",
                "reason": "They have no account in AD",
            }
            for unit in (HR, SCHOOL)
        },
        "grants": [
            _grant("hr", role_key("hr"), "person:f_login_hanne", "f_login_malene", **{"for": of_area}),
            _grant("rights", role_key("rights"), "person:f_login_hanne", "f_login_malene"),
            *(
                _grant(f"administrator_{role}", role_key(role), "person:f_login_olga", "f_login_malene")
                for role in ("hr", "organisation", "operations", "cpr")
            ),
            _grant("organisation", role_key("organisation"), "person:f_login_oda", "f_login_malene"),
            _grant("reception", role_key("reader"), "person:f_login_frida"),
            _grant("managers", role_key("reader"), "role:manager"),
        ],
        "constraint_settings": [
            {"id": "own_hr_units", "of": "grant:own_hr", "type": "reconnect_unit", "derived": "unit_and_below"},
            {"id": "own_managers_units", "of": "grant:own_managers", "type": "reconnect_unit",
             "derived": "managed_units_and_below"},
            {"id": "own_reception_fields", "of": "grant:own_reception", "type": "reconnect_fields",
             "fixed": ["identity"]},
        ],
    }  # fmt: skip


def _employment(shown: Shown, since: date) -> Facts:
    return {
        "id": f"{shown.key}_job", "person": shown.key, "from": since, "units": [{"unit": shown.unit}],
        "type": "monthly_full", "title": shown.title,
    }  # fmt: skip


def _grant(id_: str, role: str, to: str, approved_by: str | None = None, **more: Any) -> Facts:
    approved = {} if approved_by is None else {"approved_by": approved_by}
    return {
        "id": f"own_{id_}", "title": f"REConnect: {id_}", "gives": f"system_role:{role}", "given_to": [to],
        "reason": "To try REConnect with", **approved, **more,
    }  # fmt: skip
