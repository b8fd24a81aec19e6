"""Descriptions of the arguments of mutations; most are the same in all of them."""

from collections.abc import Mapping
from typing import Any

from api.mutations.inputs import VERSION

_KEY = "UUID, or a source's key, of the"
_OF_ALL: Mapping[str, str] = {
    "approvedBy": f"{_KEY} person who has approved it",
    "below": "The selected units stand for what lies below them as well",
    "derived": "How the values follow from the organisation, such as kle_performs or unit_at_level(3)",
    "exceptions": "Exceptions from givenTo, in the same form",
    "excludedUnits": "Units that it never gives",
    "fixed": "Values that are the same for all who hold it",
    "givenTo": "Whom it names, each with its kind in front: role:case_worker, unit:1003, position:…, employment:…",
    "grant": f"{_KEY} grant",
    "includes": "What it includes, each as system_role:key or job_function_role:key",
    "sensitive": "Granting it needs another person's approval",
    "setting": f"{_KEY} constraint setting",
    "conflict": f"{_KEY} conflict of rights",
    "decidedBy": f"{_KEY} person who decides",
    "request": f"{_KEY} request",
    "units": "The selected units, of selected_units",
    "uri": "URI, by which systems know it; compared exactly",
    "about": "What it is about, each as kind:key, such as kle:27.12 or system:cura",
    "account": f"{_KEY} account",
    "affiliation": f"{_KEY} affiliation",
    "assignment": f"{_KEY} assignment",
    "employment": f"{_KEY} employment",
    "expectedVersion": VERSION,
    "id": "Its id, from the list of those that wait",
    "kind": "Kind of the thing",
    "person": f"{_KEY} person",
    "plan": "Id or name of the plan",
    "persons": "UUIDs, or a source's keys, of the persons",
    "property": "Name of the property, as in the type of the thing",
    "reason": "The reason, for the change log",
    "substitution": f"{_KEY} substitution",
    "thing": f"{_KEY} thing",
    "title": "Title",
    "unit": f"{_KEY} unit",
}
_OF_ONE: Mapping[str, str] = {
    "createConstraintType.key": "Short name of the type",
    "createConstraintType.content": "What its values are: kle, unit, sensitivity, itsystem, payout, text or other",
    "createConstraintType.form": "single, multi or text: how many values it takes",
    "createConstraintType.pattern": "A regular expression that each value must match as a whole",
    "createConstraintType.values": "The values that are allowed, each as value=title; omitted = any",
    "createConstraintType.levels": "Ordered levels, the lowest first, each as LABEL=value",
    "createConstraintType.cumulative": "A level stands for all below it, which are sent with it",
    "createConstraintType.common": "Shared by all systems",
    "createConstraintType.system": "Key of the system whose own type it is",
    "createSystemRole.key": "Short name of the system role",
    "createSystemRole.system": "Key of the system that it is in",
    "createSystemRole.description": "What one may do with it",
    "createSystemRole.requiredTypes": "Keys of constraint types without which it can't be held",
    "createSystemRole.optionalTypes": "Keys of constraint types that may limit it",
    "createJobFunctionRole.key": "Short name of the job-function role",
    "createJobFunctionRole.description": "What it is for; at most 200 characters",
    "createJobFunctionRole.delegatedFromCvr": "CVR number of the authority that lets our staff hold its role",
    "createJobFunctionRole.delegatedToCvr": "CVR number of the authority whose staff may hold it",
    "createJobFunctionRole.number": "For callers that know roles by number only",
    "changeJobFunctionRole.role": f"{_KEY} job-function role",
    "createConstraintSetting.of": "Whose setting it is: job_function_role:key or grant:key",
    "createConstraintSetting.type": "Key of the constraint type that it limits",
    "createConstraintSetting.systemRole": "Key of the system role that it is for; omitted = all that take the type",
    "createConstraintSetting.parameter": "URI of the parameter at KOMBIT; omitted = a new one for derived values",
    "createConstraintSetting.unlimited": "An optional type is left open on purpose",
    "createGrant.key": "Short name of the grant",
    "createGrant.gives": "The right: job_function_role:key or system_role:key",
    "createGrant.inherit": "Units stand for what lies below them as well",
    "createGrant.condition": "A condition in CEL that must hold, such as employment.type == 'monthly_full'",
    "createGrant.sensitivity": "The highest level of sensitive data that it gives",
    "createGrant.caseNumber": "The case in which it was decided",
    "createGrant.withinUnits": "Only for these units: UUIDs, or sources' keys",
    "createGrant.forUnit": f"{_KEY} unit that limits count from, instead of one's own",
    "createRightsConflict.key": "Short name of the conflict",
    "createRightsConflict.first": "One of the two rights: job_function_role:key or system_role:key",
    "createRightsConflict.second": "The other right, in the same form",
    "createRightsConflict.mode": "refuse, or approve: an approved exception with an end allows both",
    "createRightsConflict.scope": "person: no person may hold both; overlap: only where the limits of both overlap",
    "requestRight.givenTo": "For whom: person:key, employment:key or affiliation:key",
    "requestRight.requestedBy": f"{_KEY} person who asks",
    "requestRight.gives": "The right: job_function_role:key or system_role:key; omitted = only the exception",
    "requestRight.exceptionTo": f"{_KEY} conflict to which an exception is asked for",
    "startAttestation.round": "What the round is called",
    "startAttestation.system": "Key of a system: every grant and request that gives a right in it",
    "startAttestation.unit": "UUID, or a source's key, of a unit: each right that is held in it or below",
    "startAttestation.person": "UUID, or a source's key, of a person: each of the person's rights",
    "startAttestation.right": "Key or UUID of a right: each of its holders",
    "decideAttestation.attestation": "UUID of the attestation",
    "decideAttestation.keep": "true = it is still needed; false = it is removed",
    "closeManualStep.step": "UUID or key of the step",
    "closeManualStep.doneBy": f"{_KEY} person who did it",
    "createPlan.name": "What people call it; no other open plan is called so",
    "createPlan.day": "The day on which it is applied",
    "changePlan.name": "What people call it",
    "changePlan.day": "The day on which it is applied",
    "changePlan.digest": "The digest that was read; the change is rejected if the plan says something else now",
    "approvePlan.digest": "The digest of what is approved; it is rejected if the plan says something else now",
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
    "setPayingUnit.paidOutBy": f"{_KEY} unit that pays out; null = none, so that the unit above decides",
    "tagEmployment.kle": "KLE numbers, instead of those set by hand for these days; empty = none by hand",
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
