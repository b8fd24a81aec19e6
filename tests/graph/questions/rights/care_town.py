"""The town, with a system that is maintained by hand, rights that must not meet, and sensitive ones."""

from copy import deepcopy
from typing import Any

from tests.graph.questions.rights.town import TOWN

CARE_TOWN: dict[str, Any] = deepcopy(TOWN)
CARE_TOWN["systems"] |= {"pay": {"title": "Løn"}, "keys": {"title": "Nøgler", "manual": True}}
CARE_TOWN["system_roles"] |= {
    "pay_make": {"title": "Opret udbetaling", "uri": "http://pay.example/make/1", "system": "pay"},
    "pay_release": {"title": "Godkend udbetaling", "uri": "http://pay.example/release/1", "system": "pay"},
    "pay_all": {"title": "Alle løndata", "uri": "http://pay.example/all/1", "system": "pay", "sensitive": True},
    "key": {"title": "Nøgle", "uri": "http://keys.example/key/1", "system": "keys", "optional": ["area"]},
}
CARE_TOWN["job_function_roles"] |= {
    "clerk": {"title": "Bogholder", "uri": "http://solbjerg.example/clerk/1", "includes": ["system_role:pay_make"]},
    "chief": {"title": "Lønchef", "uri": "http://solbjerg.example/chief/1", "includes": ["system_role:pay_release"]},
}
CARE_TOWN["rights_conflicts"] = {
    "two_hands": {"title": "To hænder", "first": "system_role:pay_make", "second": "system_role:pay_release",
                  "mode": "approve", "reason": "Ingen godkender sin egen udbetaling"},
}  # fmt: skip
CARE_TOWN["grants"] += [
    {"id": "g_clerk", "title": "Bogholdere", "gives": "job_function_role:clerk", "given_to": ["employment:e_bo"]},
    {"id": "g_all_pay", "title": "Løndata", "gives": "system_role:pay_all", "given_to": ["employment:e_anna"],
     "approved_by": "dora"},
    {"id": "g_open_pay", "title": "Ikke godkendt", "gives": "system_role:pay_all", "given_to": ["employment:e_bo"]},
    {"id": "g_key", "title": "Nøgler", "gives": "system_role:key", "given_to": ["unit:citizen", "unit:job"]},
]  # fmt: skip
