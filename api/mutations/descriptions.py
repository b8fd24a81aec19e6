"""What each argument of a mutation is: most are the same in all of them."""

from collections.abc import Mapping
from typing import Any

_KEY = "UUID, or a source's key, of the"
_OF_ALL: Mapping[str, str] = {
    "about": "What it is about, each as kind:key, such as kle:27.12 or system:cura",
    "account": f"{_KEY} account",
    "affiliation": f"{_KEY} affiliation",
    "assignment": f"{_KEY} assignment",
    "employment": f"{_KEY} employment",
    "expectedVersion": "The version that was read; the change is refused where the thing has another one now",
    "id": "The id, as the list of those that wait has it",
    "kind": "Kind of the thing, such as Person",
    "person": f"{_KEY} person",
    "persons": "UUIDs, or a source's keys, of the persons",
    "property": "Name of the property, as it is read",
    "reason": "Why, for the change log",
    "substitution": f"{_KEY} substitution",
    "thing": f"{_KEY} thing",
    "title": "Title",
    "unit": f"{_KEY} unit",
}
_OF_ONE: Mapping[str, str] = {
    "joinPersons.keep": f"{_KEY} person who stays",
    "joinPersons.other": f"{_KEY} person who is the same, and is joined into the first",
    "splitPerson.into": "UUID of a person who was joined into this one and gets them back; without it: a new one",
    "setOwner.person": f"{_KEY} person whose the account is; null: as the sources have it",
    "decideMatch.thing": "UUID of the thing that the record is of; null: a new one",
    "createUnit.name": "Name of the unit",
    "createUnit.parent": f"{_KEY} unit above it",
    "createUnit.number": "Its number",
    "createUnit.type": "Its type code",
    "endUnit.to": "The day after its last",
    "placeUnits.units": "The units, each with all its places over time",
    "tagUnit.performs": "KLE numbers that it performs, instead of those set by hand before; left out: as they are",
    "tagUnit.responsibleFor": "KLE numbers that it is responsible for, likewise",
    "tagUnit.interestedIn": "KLE numbers that it is interested in, likewise",
    "createPerson.name": "The whole name",
    "createPerson.cpr": "CPR number; needs the right to read CPR numbers, and is logged as a reading",
    "setAbsence.absent": "Away or not",
    "choosePosition.position": f"{_KEY} position; null: as payroll and the position list have it",
    "createAffiliation.to": "The day after its last",
    "createAffiliation.type": "Type, such as consultant",
    "createAffiliation.supplier": "Company that the person comes from",
    "createAffiliation.sponsor": f"{_KEY} employment that answers for the person",
    "changeAffiliation.to": "The day after its last",
    "changeAffiliation.units": "Its places over time; left out: as they are",
    "createRole.key": "Short name of the role, such as manager",
    "createRole.coversAll": "An assignment without responsibilities covers all",
    "createAssignment.holder": "Who holds the role",
    "createAssignment.role": "Key of the role",
    "createAssignment.units": "The units that it is for, over time",
    "createAssignment.primary": "This holder comes before others",
    "changeAssignment.units": "The units that it is for, over time; left out: as they are",
    "changeAssignment.about": "What it is about, each as kind:key; left out: as it is",
    "createSubstitution.person": f"{_KEY} person who stands in",
    "createSubstitution.rank": "The lowest stands in first",
    "createSubstitution.scopeUnits": "Only for these units and what lies below them; left out: for all",
    "createSubstitution.scopeResponsibilities": "Only for these responsibilities, each as kind:key; left out: for all",
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
