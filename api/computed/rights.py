"""``rights`` and ``rightsOver``: what a person may do in systems, limited to what, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import neo4j

from api.access.places import PLACED
from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.computed.nearest_manager import tie_of
from api.enums import enumerated
from graph.errors import Unknown
from graph.model import KINDS
from graph.model.kind import name_of
from graph.model.rights import RIGHTS
from graph.questions.rights.asking import Asked, asked, first_day, rights_on
from graph.questions.rights.held import HeldRight, Limit, LimitValue, Omitted, Reason, Rights
from graph.questions.rights.held import Thing as GivenBy
from graph.questions.rights.why import because

HOLDERS = ("Employment", "Affiliation", "Person")
TIES = ("Employment", "Affiliation")


def _day(day: date | None) -> str | None:
    shown = first_day(day)
    return None if shown is None else shown.isoformat()


def reasons(why: tuple[Reason, ...]) -> list[Mapping[str, Any]]:
    return [
        {"kind": each.kind, "thing": each.uuid, "text": each.text, "since": _day(each.since), "until": _day(each.until)}
        for each in why
    ]


def _through(grant: GivenBy) -> Mapping[str, Any]:
    """What gives a right: a grant, or an approved request."""
    is_grant = grant.kind == "Grant"
    return {"grant": grant.uuid if is_grant else None, "request": None if is_grant else grant.uuid}


def _limit(limit: Limit) -> Mapping[str, Any]:
    return {
        "type": limit.type.uuid,
        "values": [{"value": each.value, "why": reasons(each.why)} for each in limit.values],
        "dynamic": limit.dynamic,
        "parameter": limit.parameter,
        "unlimited": limit.unlimited,
    }


def held_form(held: HeldRight) -> Answer:
    return {
        "right": held.right.uuid,
        **_through(held.grant),
        "person": held.person.uuid,
        "subject": held.subject.uuid,
        "assignment": None if held.assignment is None else held.assignment.uuid,
        "unit": None if held.unit is None else held.unit.uuid,
        "since": _day(held.since),
        "until": _day(held.until),
        "because": because(held.why),
        "why": reasons(held.why),
        "included": [
            {
                "systemRole": each.system_role.uuid,
                "system": each.system.uuid or None,
                "limits": [_limit(limit) for limit in each.limits],
                "unsetTypes": [type_.uuid for type_ in each.unset_types],
            }
            for each in held.included
        ],
    }


def omitted_form(omitted: Omitted) -> Answer:
    return {
        "right": omitted.right.uuid,
        **_through(omitted.grant),
        "person": omitted.person.uuid,
        "subject": omitted.subject.uuid,
        "constraint": None if omitted.constraint is None else omitted.constraint.uuid,
        "conflict": None if omitted.conflict is None else omitted.conflict.uuid,
        "reason": name_of(omitted.reason),
        "text": omitted.text,
        "why": reasons(omitted.why),
    }


def form(rights: Rights) -> Answer:
    return {
        "held": [held_form(each) for each in rights.held],
        "omitted": [omitted_form(each) for each in rights.omitted],
    }


def whose(request: Request, session: neo4j.Session, at: date) -> Asked:
    """Who and what is meant by the arguments; an account is its owner's of the day. Raises Unknown, Ambiguous."""
    person, employment, account = (request.get(each) for each in ("person", "employment", "account"))
    if request.caller.scope is not None:
        person = None if person is None else request.find("Person", person)
        employment = None if employment is None else tie_of(request, employment)
        account = None if account is None else request.find("Account", account)
    of = asked(session, person, employment, account, request.get("system"), at)
    if of.through is not None and not any(request.sees(kind, of.through) for kind in TIES):
        raise Unknown("unknown_employment", "the account is for an employment that is not known; ask by person")
    return of


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = rights_on(session, whose(request, session, request.day), request.day, request.last_known)
    return [form(in_part(request, found))]


def in_part(request: Request, rights: Rights) -> Rights:
    """What is held through what the caller may read, without the steps and units of its reasons that the caller may
    not."""
    if request.caller.scope is None:
        return rights
    every: list[HeldRight | Omitted] = [*rights.held, *rights.omitted]
    named = {(each.subject.kind, each.subject.uuid) for each in every}
    named |= {(reason.kind, reason.uuid) for each in every for reason in each.why}
    named |= {(reason.kind, reason.uuid) for each in _values(rights) for reason in each.why}
    named |= {("Unit", each.value) for each in _values(rights)}
    whys = (each.why for each in (*every, *_values(rights)))
    named |= {("Unit", unit) for why in whys for reason in why for unit in reason.units}
    seen = request.seen((kind, uuid) for kind, uuid in named if kind in KINDS and uuid)

    def kept(why: tuple[Reason, ...]) -> tuple[Reason, ...]:
        return tuple(
            each
            for each in why
            if (each.kind not in PLACED or each.uuid in seen) and all(unit in seen for unit in each.units)
        )

    def limit(each: Limit) -> Limit:
        is_unit = each.type.content in ("unit", "payout")
        values = (one._replace(why=kept(one.why)) for one in each.values if not is_unit or one.value in seen)
        return replace(each, values=tuple(values))

    held = (
        each._replace(
            why=kept(each.why),
            included=tuple(one._replace(limits=tuple(map(limit, one.limits))) for one in each.included),
        )
        for each in rights.held
        if each.subject.uuid in seen
    )
    omitted = (each._replace(why=kept(each.why)) for each in rights.omitted if each.subject.uuid in seen)
    return Rights(tuple(held), tuple(omitted))


def _values(rights: Rights) -> Iterator[LimitValue]:
    for each in rights.held:
        for included in each.included:
            for limit in included.limits:
                yield from limit.values


RIGHT = Thing(
    "right", RIGHTS, "The job-function role, or the system role where that is granted by itself", interface="Right"
)
_SUBJECT = Thing(
    "subject", HOLDERS, "The employment, affiliation or person through which it is held", interface="Holder"
)
HELD_TYPES = (
    answer_type(
        "HeldRight",
        "A right at work: one grant, through one employment, affiliation or role",
        RIGHT,
        Thing("grant", ("Grant",), "The grant that gives it; null where a request does"),
        Thing("request", ("RightsRequest",), "The approved request that gives it"),
        Thing("person", ("Person",), "The person who holds it"),
        _SUBJECT,
        Thing("assignment", ("Assignment",), "The role through which it is held; null where it goes through none"),
        Thing("unit", ("Unit",), "The unit that its limits count from"),
        Plain("since", "Date", "The first day on which all reasons apply; null = no beginning"),
        Plain("until", "Date", "The day after the last; null: until further notice"),
        Plain("because", "String!", "The reasons in one line"),
        Part("why", "RightReason", "The reasons, from the grant on", many=True),
        Part("included", "IncludedRight", "The system roles that it amounts to", many=True),
    ),
    answer_type(
        "IncludedRight",
        "A system role that a right amounts to, with its limits",
        Thing("systemRole", ("SystemRole",), "The system role"),
        Thing("system", ("ItSystem",), "The system that it is in"),
        Part("limits", "RightLimit", "What it is limited to; without limits it is not limited", many=True),
        Thing(
            "unsetTypes",
            ("ConstraintType",),
            "Optional types that do not limit it, as nothing is set for them",
            many=True,
        ),
    ),
    answer_type(
        "RightLimit",
        "What one constraint type limits a right to",
        Thing("type", ("ConstraintType",), "The constraint type"),
        Part("values", "RightLimitValue", "The values, as the system compares with them", many=True),
        Plain("dynamic", "Boolean!", "Follows from the organisation or came with the grant; otherwise fixed"),
        Plain("parameter", "String", "The parameter's URI at KOMBIT"),
        Plain("unlimited", "Boolean!", "It is left open on purpose"),
    ),
    answer_type(
        "RightLimitValue",
        "A value of a limit",
        Plain("value", "String!", "The value"),
        Part("why", "RightReason", "How it follows from where the right is held", many=True),
    ),
    answer_type(
        "RightReason",
        "One step of the reasons for a right",
        Plain("kind", "Kind!", "Kind of the thing"),
        Plain("thing", "ID", "UUID of the thing"),
        Plain("text", "String!", "The step in words"),
        Plain("since", "Date", "The first day on which it applies; null = no beginning"),
        Plain("until", "Date", "The day after the last; null: until further notice"),
    ),
)
OmittedReason = enumerated(
    "OmittedReason",
    "Why a right that is granted is left out",
    {
        "empty": "A limit comes to nothing",
        "mandatory_not_configured": "A limit that is required is not set",
        "invalid_value": "A value is outside the list or pattern of its type",
        "system_blocked": "The system is blocked",
        "unknown_at_kombit": "FK-adm did not have the role when it was last read",
        "differs_at_kombit": "At KOMBIT the role gives more than here, or waits for values that are not sent",
        "stopped": "All rights of the person are stopped",
        "conflict": "It is held together with a right that must not be held with it",
        "not_approved": "It is sensitive, or not limited on purpose, and no other person has approved that as it is",
        "condition": "The condition of the grant could not be evaluated",
        "not_deliverable": "The receiver's form can't carry it",
    },
)
FIELD = ComputedField(
    "rights",
    "What a person may do in systems on a day, limited to what and why, and what is granted but left out",
    (
        answer_type(
            "Rights",
            "What is held, and what is left out",
            Part("held", "HeldRight", "What is held", many=True),
            Part("omitted", "OmittedRight", "What is granted, but left out", many=True),
        ),
        *HELD_TYPES,
        answer_type(
            "OmittedRight",
            "A right that would be held if it were not for the reason",
            RIGHT,
            Thing("grant", ("Grant",), "The grant that would give it; null where a request would"),
            Thing("request", ("RightsRequest",), "The approved request that would give it"),
            Thing("person", ("Person",), "The person who would hold it"),
            _SUBJECT,
            Thing("constraint", ("ConstraintType",), "The constraint type that comes to nothing"),
            Thing("conflict", ("RightsConflict",), "The conflict for which it is left out"),
            Plain("reason", "OmittedReason!", "Why it is left out"),
            Plain("text", "String!", "What is wrong, with what would help"),
            Part("why", "RightReason", "The reasons for which it would be held", many=True),
        ),
    ),
    LOG,
    _answer,
    many=False,
    enums=(OmittedReason,),
    arguments={
        "person": Argument("ID", "UUID of the person, or a source's key; give one of person, employment, account"),
        "employment": Argument("ID", "UUID or key of an employment or affiliation: what is held through it"),
        "account": Argument("ID", "UUID or key of an account: what its owner may do with it"),
        "system": Argument("ID", "Key or UUID of a system: only what is held in it"),
        "at": AT,
    },
    in_part=True,
)
