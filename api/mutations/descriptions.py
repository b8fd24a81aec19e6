"""Descriptions of the arguments of mutations; most are the same in all of them."""

from collections.abc import Mapping
from typing import Any

from api.mutations.inputs import VERSION

_KEY = "UUID, or a source's key, of the"
_OF_ALL: Mapping[str, str] = {
    "about": "What it is about, each as kind:key, such as kle:27.12 or system:cura",
    "account": f"{_KEY} account",
    "affiliation": f"{_KEY} affiliation",
    "assignment": f"{_KEY} assignment",
    "employment": f"{_KEY} employment",
    "expectedVersion": VERSION,
    "id": "Its id, from the list of those that wait",
    "kind": "Kind of the thing",
    "person": f"{_KEY} person",
    "persons": "UUIDs, or a source's keys, of the persons",
    "property": "Name of the property, as in the type of the thing",
    "reason": "The reason, for the change log",
    "substitution": f"{_KEY} substitution",
    "thing": f"{_KEY} thing",
    "title": "Title",
    "unit": f"{_KEY} unit",
}
_OF_ONE: Mapping[str, str] = {
    "joinPersons.keep": f"{_KEY} person to keep",
    "joinPersons.other": f"{_KEY} person who is joined into the first",
    "splitPerson.into": (
        "UUID of a person who was joined into this one and gets the records back; by default a new person"
    ),
    "setOwner.person": f"{_KEY} owner; null = the owner according to the sources",
    "decideMatch.thing": "UUID of the thing that the record belongs to; null = a new one",
    "createUnit.name": "Name of the unit",
    "createUnit.parent": f"{_KEY} unit above it",
    "createUnit.number": "Its number",
    "createUnit.type": "Its type code",
    "endUnit.to": "The day after its last",
    "placeUnits.units": "The units, each with all its places over time",
    "tagUnit.performs": (
        "KLE numbers that it performs in the period, instead of those set by hand for these days; omitted = unchanged"
    ),
    "tagUnit.responsibleFor": "KLE numbers that it is responsible for, in the same way",
    "tagUnit.interestedIn": "KLE numbers that it is interested in, in the same way",
    "createPerson.name": "The whole name",
    "createPerson.cpr": "CPR number; it needs the right to read CPR numbers, and is logged as a reading",
    "setAbsence.absent": "true = absent",
    "choosePosition.position": f"{_KEY} position; null = the position according to payroll and the position list",
    "createAffiliation.to": "The day after its last",
    "createAffiliation.type": "Type, such as consultant",
    "createAffiliation.supplier": "Company that the person comes from",
    "createAffiliation.sponsor": f"{_KEY} employment that is responsible for the person",
    "changeAffiliation.to": "The day after its last",
    "changeAffiliation.units": "Its places over time; omitted = unchanged",
    "createRole.key": "Short name of the role, such as manager",
    "createRole.coversAll": "true = an assignment without responsibilities covers all",
    "createAssignment.holder": "The holder of the role",
    "createAssignment.role": "Key of the role",
    "createAssignment.units": "The units that it is for, over time",
    "createAssignment.primary": "true = this holder comes before others",
    "changeAssignment.units": "The units that it is for, over time; omitted = unchanged",
    "changeAssignment.about": "What it is about, over time; omitted = unchanged",
    "createSubstitution.person": f"{_KEY} substitute",
    "createSubstitution.rank": "Rank among the substitutes, the lowest first",
    "createSubstitution.scopeUnits": "Only for these units and the units below them; by default for all",
    "createSubstitution.scopeResponsibilities": "Only for these responsibilities, each as kind:key; by default for all",
}


def describe(mutation: Any) -> None:
    """Give each argument of strawberry's type its description, where it has none of its own."""
    for field in mutation.__strawberry_definition__.fields:
        name = _camel(field.python_name)
        for argument in field.arguments:
            if not argument.description:
                known_as = argument.graphql_name or _camel(argument.python_name)
                argument.description = _OF_ONE.get(f"{name}.{known_as}") or _OF_ALL[known_as]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
