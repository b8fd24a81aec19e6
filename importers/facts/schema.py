"""The JSON Schema of a facts file, made from the model: ``facts.schema.json`` beside this is its text.

``python -m importers.facts.schema`` writes it anew.
"""

from pathlib import Path
from typing import Any

import orjson

from graph.model import KINDS, RESPONSIBILITY_PREFIXES, Property
from graph.model.rights import KIND_PREFIXES
from importers.facts.mapping import SECTIONS, TIMED
from importers.facts.reader import BESIDE, LISTS, MAPPINGS

FILE = Path(__file__).with_name("facts.schema.json")
Schema = dict[str, Any]

_DAY: Schema = {"type": "string", "format": "date"}
_KEY: Schema = {"type": ["string", "integer"]}
_RESPONSIBILITY: Schema = {"type": "string", "pattern": f"^({'|'.join(RESPONSIBILITY_PREFIXES)}):.+$"}
_PERIOD: Schema = {"type": "object", "properties": {"from": _DAY, "to": _DAY}, "additionalProperties": False}
_PLACE: Schema = {
    "type": "object",
    "properties": {"unit": _KEY, "from": _DAY, "to": _DAY},
    "required": ["unit"],
    "additionalProperties": False,
}
_TYPES: dict[str, Schema] = {
    "text": {"type": ["string", "number", "null"]},
    "integer": {"type": ["integer", "null"]},
    "decimal": {"type": ["number", "null"]},
    "yes_no": {"type": ["boolean", "null"]},
    "date": {**_DAY, "type": ["string", "null"]},
    "texts": {"type": "array", "items": {"type": "string"}},
}


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _prefixed(kind: str, link: str) -> Schema:
    targets = KINDS[kind].link(link).targets
    allowed = (prefix for prefix, target in KIND_PREFIXES.items() if target in targets)
    return {"type": "string", "pattern": f"^({'|'.join(allowed)}):.+$"}


# Fields of an entry besides the properties of its kind.
_MORE: dict[str, Schema] = {
    "kle": {"parent": {"type": ["string", "null"]}},
    "groups": {"groups": _many(_KEY)},
    "systems": {"groups": _many(_KEY)},
    "units": {
        "title": {"type": "string", "description": "another word for name"},
        "parents": _many(_PLACE),
        "performs": _many(_KEY),
        "responsible_for": _many(_KEY),
        "interested_in": _many(_KEY),
        "paid_out_by": _KEY,
    },
    "persons": {"absences": _many(_PERIOD), "dead": _DAY, "cpr": {"type": "string", "pattern": "^[0-9]{6}-?[0-9]{4}$"}},
    "employments": {
        "person": _KEY,
        "units": _many(_PLACE),
        "leave": _many(_PERIOD),
        "position": _KEY,
        "kle": _many(_KEY),
    },
    "affiliations": {"person": _KEY, "units": _many(_PLACE), "leave": _many(_PERIOD), "sponsor": _KEY},
    "accounts": {"person": _KEY, "system": _KEY},
    "assignments": {
        "holder": {
            "type": "object",
            "properties": {"employment": _KEY, "affiliation": _KEY, "person": _KEY},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
        "role": _KEY,
        "for": _many(_PLACE),
        "about": _many(_RESPONSIBILITY),
    },
    "substitutes": {
        "assignment": _KEY,
        "person": _KEY,
        "scope": {
            "type": "object",
            "properties": {"units": _many(_KEY), "responsibilities": _many(_RESPONSIBILITY)},
            "additionalProperties": False,
        },
    },
    "constraint_types": {"system": _KEY},
    "system_roles": {"system": _KEY, "required": _many(_KEY), "optional": _many(_KEY)},
    "job_function_roles": {"includes": _many(_prefixed("JobFunctionRole", "includes"))},
    "grants": {
        "gives": _prefixed("Grant", "gives"),
        "given_to": {**_many(_prefixed("Grant", "given_to")), "minItems": 1},
        "except": _many(_prefixed("Grant", "exceptions")),
        "about": _many(_RESPONSIBILITY),
        "within": _many(_KEY),
        "for": _KEY,
        "approved_by": _KEY,
    },
    "constraint_settings": {
        "of": _prefixed("ConstraintSetting", "of"),
        "type": _KEY,
        "system_role": _KEY,
        "units": _many(_KEY),
        "excluded_units": _many(_KEY),
        "approved_by": _KEY,
    },
    "account_rules": {"system": _KEY, "unit": _KEY, "names": _KEY, "needs": _KEY},
    "account_exceptions": {"person": _KEY, "system": _KEY, "decided_by": _KEY},
    "rights_conflicts": {name: _prefixed("RightsConflict", name) for name in ("first", "second")},
    "rights_requests": {
        "gives": _prefixed("RightsRequest", "gives"),
        "given_to": _prefixed("RightsRequest", "given_to"),
        "exception_to": _KEY,
        "requested_by": _KEY,
        "decided_by": _KEY,
    },
}
_NEEDED = {
    "employments": ["person"],
    "affiliations": ["person"],
    "assignments": ["holder", "role"],
    "substitutes": ["assignment", "person"],
    "grants": ["gives", "given_to"],
    "constraint_settings": ["of", "type"],
    "rights_requests": ["given_to", "requested_by"],
}


def facts_schema() -> Schema:
    """The schema, draft 2020-12."""
    sections: Schema = {name: {} for name in sorted(BESIDE)}
    for name in LISTS:
        sections[name] = _many(_entry(name, ["id", *_NEEDED.get(name, [])]))
    for name, bare in MAPPINGS.items():
        entry = _entry(name, [])
        plain = entry["properties"].get(bare, {"type": "string"})
        sections[name] = {
            "anyOf": [
                _many(_KEY),
                {"type": "object", "additionalProperties": {"anyOf": [entry, plain, {"type": "null"}]}},
            ]
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "REConnect's own facts",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
    }


def _entry(section: str, needed: list[str]) -> Schema:
    kind = KINDS[SECTIONS[section]]
    adds_to = {**_KEY, "description": "another source's thing that this entry only adds values to"}
    properties: Schema = {"id": _KEY, "from": _DAY, "to": _DAY, "adds_to": adds_to}
    properties |= {each.name: _value(each) for each in kind.properties if each.name not in TIMED and not each.own}
    properties |= _MORE.get(section, {})
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _value(prop: Property) -> Schema:
    if prop.one_of is not None:
        return {"enum": [*prop.one_of, None], "description": prop.doc}
    return {**_TYPES[prop.type], "description": prop.doc} if prop.doc else _TYPES[prop.type]


def text() -> str:
    return orjson.dumps(facts_schema(), option=orjson.OPT_INDENT_2).decode() + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
