"""The rights of the sample's case workers in its systems: one role, whose limits follow from each unit.

Everything is granted by rule: to all case workers, to managers, and to all employees of the municipality.
"""

from collections.abc import Iterator
from typing import Any

from sample.municipality import Municipality, Unit
from sample.people import at
from sample.structure import KINDS

Facts = dict[str, Any]
DOMAIN = "http://sample.example"
SYSTEM = "sapa"
CASE_WORKER = "sapa_case_worker"
PERFORMS = {
    "job_team": ["15.20"], "family_team": ["27.24"], "adult_team": ["27.12"], "benefits": ["32.24"],
    "citizens": ["23.05"], "building": ["02.34"],
}  # fmt: skip
"""Kind of unit → the numbers of KLE that each of them performs."""
_LEVELS = (
    "IKKE_FORTROLIGE_DATA=1d81c472-0808-44cc-963d-f5ef0170ae1d",
    "FORTROLIGE_PERSONOPLYSNINGER=292e85a9-8ad4-46df-9e50-f97d6837ad74",
    "FOELSOMME_PERSONOPLYSNINGER=31c09910-e011-46a5-86fb-254374421fe8",
    "SAERLIGT_BESKYTTEDE=44f4108b-26d4-46de-a90f-35e35b55b8d8",
)


def performing(municipality: Municipality, unit_key: Any) -> Iterator[Facts]:
    """Entries that state what each unit of these kinds performs; a unit above the job teams passes a number down."""
    today = municipality.today
    for kind, numbers in PERFORMS.items():
        for unit in _open(municipality, kind):
            yield {"id": f"f_performs_{unit.number}", "adds_to": unit_key(unit), "performs": numbers}
    above = {at(unit.parents, today) for unit in _open(municipality, "job_team") if unit.parents}
    for number in sorted(each for each in above if each is not None):
        told = {"performs": ["32.24"], "passes_kle_down": True}
        yield {"id": f"f_passes_{number}", "adds_to": unit_key(municipality.units[number]), **told}


def _open(municipality: Municipality, kind: str) -> list[Unit]:
    today = municipality.today
    return [unit for unit in municipality.units.values() if unit.kind is KINDS[kind] and unit.life.holds(today)]


def sections(root: str) -> Facts:
    """The sections of rights. ``root``: how the facts name the municipality's top unit."""
    return {
        "constraint_types": {
            "kle": {
                "title": "KLE", "uri": "http://sts.kombit.dk/constraints/KLE/1", "content": "kle", "form": "multi",
                "common": True,
            },
            "org_unit": {
                "title": "Organisationsenhed", "uri": "http://sts.kombit.dk/constraints/orgenhed/1", "content": "unit",
                "form": "multi", "common": True,
            },
            "sensitivity": {
                "title": "Følsomhed", "uri": "http://sts.kombit.dk/constraints/foelsomhed/1",
                "content": "sensitivity", "form": "multi", "levels": [*_LEVELS], "cumulative": True, "common": True,
            },
        },
        "system_roles": {
            "sapa_read": {
                "title": "Se sager", "system": SYSTEM, "uri": f"{DOMAIN}/roles/usersystemrole/sapa_read/1",
                "required": ["kle", "sensitivity"], "optional": ["org_unit"],
            },
            "staff_read": {
                "title": "Se medarbejdere", "system": "mail", "uri": f"{DOMAIN}/roles/usersystemrole/staff_read/1",
                "required": ["org_unit"],
            },
            "mail_box": {
                "title": "Postkasse", "system": "mail", "uri": f"{DOMAIN}/roles/usersystemrole/mail_box/1",
            },
        },
        "job_function_roles": {
            CASE_WORKER: {
                "title": "Sagsbehandler i SAPA", "uri": f"{DOMAIN}/roles/jobrole/sapa_case_worker/1",
                "includes": ["system_role:sapa_read"],
            },
            "leader": {
                "title": "Leder", "uri": f"{DOMAIN}/roles/jobrole/leader/1", "includes": ["system_role:staff_read"],
            },
        },
        "constraint_settings": [
            {"id": "sapa_kle", "of": f"job_function_role:{CASE_WORKER}", "system_role": "sapa_read", "type": "kle",
             "derived": "kle_performs", "parameter": f"{DOMAIN}/sapa-kle/1/parametric"},
            {"id": "sapa_sensitivity", "of": f"job_function_role:{CASE_WORKER}", "system_role": "sapa_read",
             "type": "sensitivity", "fixed": ["FORTROLIGE_PERSONOPLYSNINGER"]},
            {"id": "sapa_unit", "of": f"job_function_role:{CASE_WORKER}", "system_role": "sapa_read",
             "type": "org_unit", "derived": "unit_and_below", "parameter": f"{DOMAIN}/sapa-unit/1/parametric"},
            {"id": "leader_unit", "of": "job_function_role:leader", "system_role": "staff_read", "type": "org_unit",
             "derived": "managed_units_and_below", "parameter": f"{DOMAIN}/leader-unit/1/parametric"},
        ],
        "grants": [
            {"id": "case_workers", "title": "Sagsbehandlere i SAPA", "gives": f"job_function_role:{CASE_WORKER}",
             "given_to": ["role:case_worker"], "reason": "De behandler enhedens sager"},
            {"id": "leaders", "title": "Ledere", "gives": "job_function_role:leader", "given_to": ["role:manager"],
             "reason": "De leder enhedens medarbejdere"},
            {"id": "everybody", "title": "Alle ansatte", "gives": "system_role:mail_box", "given_to": [f"unit:{root}"],
             "inherit": True, "reason": "Alle har en postkasse"},
        ],
    }  # fmt: skip
