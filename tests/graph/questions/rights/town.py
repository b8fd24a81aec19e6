"""A small municipality whose rights follow from its organisation, as the content of a facts file."""

from typing import Any

TOWN: dict[str, Any] = {
    "kle": {"15": None, "15.20": "15", "27": None, "32": None, "32.24": "32", "32.24.04": "32.24"},
    "roles": {"manager": {"title": "Leder", "covers_all": True}, "case_worker": {"title": "Sagsbehandler"}},
    "systems": {"sapa": {"title": "SAPA"}, "mail": {"title": "Mail"}},
    "units": [
        {"id": "town", "name": "Solbjerg Kommune", "parents": []},
        {"id": "center", "name": "Center for Arbejde", "parents": [{"unit": "town"}], "performs": ["32.24.04"],
         "passes_kle_down": True},
        {"id": "job", "name": "Jobcenter", "parents": [{"unit": "center"}], "performs": ["15.20"]},
        {"id": "citizen", "name": "Borgerservice", "parents": [{"unit": "town"}], "performs": ["27"]},
        {"id": "canteen", "name": "Kantine", "parents": [{"unit": "town"}]},
    ],
    "persons": [
        {"id": "anna", "name": "Anna Berg"}, {"id": "bo", "name": "Bo Lund"}, {"id": "carl", "name": "Carl Holm"},
        {"id": "dora", "name": "Dora Kjær"},
    ],
    "employments": [
        {"id": "e_anna", "person": "anna", "title": "Sagsbehandler", "from": "2020-01-01",
         "units": [{"unit": "job"}], "type": "monthly_full"},
        {"id": "e_bo", "person": "bo", "title": "Assistent", "units": [{"unit": "citizen"}], "type": "hourly"},
        {"id": "e_carl", "person": "carl", "title": "Kok", "units": [{"unit": "canteen"}]},
    ],
    "assignments": [
        {"id": "a_anna", "holder": {"employment": "e_anna"}, "role": "case_worker", "from": "2026-03-01",
         "for": [{"unit": "job"}], "about": ["kle:32"]},
        {"id": "a_bo", "holder": {"employment": "e_bo"}, "role": "case_worker", "from": "2026-03-01",
         "to": "2026-09-01", "for": [{"unit": "citizen"}]},
        {"id": "a_carl", "holder": {"employment": "e_carl"}, "role": "case_worker", "from": "2026-03-01",
         "for": [{"unit": "canteen"}]},
    ],
    "constraint_types": {
        "kle": {"title": "KLE", "uri": "http://sts.kombit.dk/constraints/KLE/1", "content": "kle", "form": "multi"},
        "unit": {"title": "Enhed", "uri": "http://sts.kombit.dk/constraints/orgenhed/1", "content": "unit"},
        "area": {"title": "Område", "uri": "http://sapa.example/constraints/area/1", "content": "text",
                 "form": "single", "values": ["N=Nord", "S=Syd"], "pattern": "[NS]"},
    },
    "system_roles": {
        "sapa_read": {"title": "Se sager", "uri": "http://sapa.example/roles/read/1", "system": "sapa",
                      "required": ["kle"], "optional": ["unit", "area"]},
        "mail_box": {"title": "Postkasse", "uri": "http://mail.example/roles/box/1", "system": "mail"},
        "forgotten": {"title": "Glemt", "uri": "http://mail.example/roles/forgotten/1", "system": "mail"},
    },
    "job_function_roles": {
        "sapa_case_worker": {"title": "Sagsbehandler i SAPA", "uri": "http://solbjerg.example/roles/jobrole/sapa/1",
                             "includes": ["system_role:sapa_read"]},
        "everyone": {"title": "Alle", "uri": "http://solbjerg.example/roles/jobrole/all/1",
                     "includes": ["system_role:mail_box"]},
    },
    "constraint_settings": [
        {"id": "c_kle", "of": "job_function_role:sapa_case_worker", "system_role": "sapa_read", "type": "kle",
         "derived": "kle_performs", "parameter": "http://solbjerg.example/sapa-kle/1/parametric"},
    ],
    "grants": [
        {"id": "g_sapa", "title": "Sagsbehandlere", "gives": "job_function_role:sapa_case_worker",
         "given_to": ["role:case_worker"], "reason": "De behandler sager"},
        {"id": "g_all", "title": "Alle ansatte", "gives": "job_function_role:everyone", "given_to": ["unit:town"],
         "inherit": True, "condition": "employment.type == 'monthly_full'", "except": ["unit:canteen"]},
    ],
}  # fmt: skip
