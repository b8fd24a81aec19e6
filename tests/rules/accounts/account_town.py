"""A small municipality with account rules, as the content of a facts file."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

from graph.time import today


def day(after: int) -> str:
    return (today() + timedelta(days=after)).isoformat()


ACCOUNT_TOWN: dict[str, Any] = {
    "systems": {"ad": {"title": "AD"}, "school": {"title": "Skole-AD"}},
    "roles": {"manager": {"title": "Leder"}},
    "units": [
        {"id": "town", "name": "Solbjerg Kommune", "parents": []},
        {"id": "job", "name": "Jobcenter", "parents": [{"unit": "town"}]},
        {"id": "desk", "name": "Skranke", "parents": [{"unit": "job"}]},
        {"id": "canteen", "name": "Kantine", "parents": [{"unit": "town"}]},
    ],
    "persons": [
        {"id": "anna", "given_name": "Anna Marie", "surname": "Berg"},
        {"id": "bo", "given_name": "Bo", "surname": "Lund"},
        {"id": "carl", "given_name": "Carl", "surname": "Holm"},
        {"id": "aase", "given_name": "Åse", "surname": "Bæk"},
    ],
    "employments": [
        {"id": "e_anna", "person": "anna", "from": "2020-01-01", "units": [{"unit": "desk"}], "type": "monthly_full"},
        {"id": "e_bo", "person": "bo", "from": "2020-01-01", "units": [{"unit": "desk"}], "type": "hourly"},
        {"id": "e_carl", "person": "carl", "from": "2020-01-01", "units": [{"unit": "canteen"}],
         "type": "monthly_full"},
        {"id": "e_aase", "person": "aase", "from": "2020-01-01", "units": [{"unit": "town"}], "type": "monthly_part"},
    ],
    "name_policies": {
        "staff": {"title": "Medarbejdere", "login_patterns": ["{given:2}{last:2}", "{given:3}{last:3}"],
                  "principal_name_pattern": "{login}@solbjerg.example",
                  "mail_pattern": "{given}.{surname}@solbjerg.example",
                  "common_name_pattern": "{name}"},
    },
    "account_rules": {
        "everyone": {"title": "Månedslønnede", "condition": "employment.type != 'hourly'", "system": "ad",
                     "names": "staff", "lead_days": 14, "grace_days": 30, "retention_days": 90, "expiry": True,
                     "licence": "E3"},
        "canteen": {"title": "Kantinen", "effect": "withhold", "system": "ad", "unit": "canteen"},
    },
}  # fmt: skip


def town(**more: Any) -> dict[str, Any]:
    """The municipality, with other entries of some sections by their id, and more of them."""
    made = deepcopy(ACCOUNT_TOWN)
    for section, entries in more.items():
        if isinstance(entries, dict):
            made.setdefault(section, {}).update(entries)
            continue
        known = {each["id"]: each for each in made.get(section, [])}
        for each in entries:
            known[each["id"]] = {**known.get(each["id"], {}), **each}
        made[section] = [each for each in known.values() if not each.get("gone")]
    return made
