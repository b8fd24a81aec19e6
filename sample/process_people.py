"""Who does what in the sample's processes, beside its payroll: an after-school centre without a manager of its own, a
colleague who begins there, and people for the functions that the delivered processes ask for.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

Facts = dict[str, Any]
CENTRE, NEWCOMER = "f_process_centre", "f_process_newcomer"
FUNCTIONS = {
    "staff_management": ("case_worker", "f_login_hanne"),
    "data_protection": ("case_worker", "f_login_hanne"),
    "economy": ("case_worker", "f_login_olga"),
    "payroll_reporting": ("case_worker", "f_login_olga"),
    "it_service": ("administrator", "f_login_olga"),
    "building": ("administrator", "f_login_olga"),
    "kle": ("administrator", "f_login_olga"),
}
"""Function → the role and the person (``sample.logins``) who has it for the whole municipality."""


def facts(root: str, school: str, jobs: Mapping[str, str], today: date, first_day: date) -> Facts:
    """The content of a facts file. ``root``, ``school``: units; ``jobs``: the employment of each who has a function;
    as a facts file names them. ``first_day``: of the newcomer."""
    since = today - timedelta(days=700)
    return {
        "format": 1,
        "functions": sorted(FUNCTIONS),
        "units": [
            {"id": CENTRE, "title": "SFO Havnen", "from": since, "parents": [{"unit": school, "from": since}]},
        ],
        "persons": [{"id": NEWCOMER, "given_name": "Liv", "surname": "Lind", "name": "Liv Lind"}],
        "employments": [
            {
                "id": f"{NEWCOMER}_job", "person": NEWCOMER, "from": first_day,
                "units": [{"unit": CENTRE}], "type": "monthly_full", "title": "Pædagog",
            },
        ],
        "assignments": list(_assignments(root, jobs, since)),
    }  # fmt: skip


def _assignments(root: str, jobs: Mapping[str, str], since: date) -> Iterator[Facts]:
    for function, (role, person) in FUNCTIONS.items():
        yield {
            "id": f"f_process_{function}", "holder": {"employment": jobs[person]}, "role": role,
            "about": [f"function:{function}"], "for": [{"unit": root, "from": since}], "from": since, "primary": True,
        }  # fmt: skip
