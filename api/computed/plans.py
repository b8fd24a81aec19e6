"""``plans``: named sets of changes with a date, and how far each has come."""

from dataclasses import replace

import neo4j
import orjson

from api.access.approvers import can_anyone
from api.access.caller_names import person_of
from api.access.rights import Access
from api.access.roles import LOG
from api.computed.contract import (
    FIRST,
    Answer,
    Argument,
    ComputedField,
    Pages,
    Part,
    Plain,
    Request,
    Thing,
    answer_type,
)
from api.mutations.planned import Names, may_not_approve
from graph.identity.user_names import names_of_same
from graph.model.kind import name_of
from graph.plans.kept import found, plans
from graph.plans.plan import Plan


def _answer(request: Request) -> list[Answer]:
    states = request.get("states") or ()
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        if (name := request.get("plan")) is not None:
            one = found(session, name, request.readable_plans)
            every = [one] if not states or one.state in states else []
        else:
            every = request.readable_plans(plans(session, states))[: request.first]
        same = {author: names_of_same(session, author) for author in {who for each in every for who in each.authors}}
    # What it has met may be outside, and is said in words.
    shown = (each if request.caller.scope is None else _in_part(each) for each in every)
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    return [
        {
            **_told(each),
            "notApprovable": may_not_approve(each, access, same) or None,
            "someoneMayApprove": _someone_may(request.driver, each, same) if name is not None else None,
        }
        for each in shown
    ]


def _someone_may(driver: neo4j.Driver, plan: Plan, same: Names) -> bool | None:
    if plan.state != "draft":
        return None
    return can_anyone(driver, lambda access: not may_not_approve(plan, access, same))


def _in_part(plan: Plan) -> Plan:
    failure = None if plan.failure is None else replace(plan.failure, text=_UNTOLD)
    return replace(plan, failure=failure, stays=tuple(_UNTOLD for _ in plan.stays))


_UNTOLD = "it may name what you may not read: ask someone whose rights hold for the whole organisation"


def _told(plan: Plan) -> Answer:
    return {
        "id": plan.id,
        "name": plan.name,
        "day": plan.day.isoformat(),
        "reason": plan.reason,
        "state": name_of(plan.state),
        "digest": plan.digest,
        "changes": [
            {
                "mutation": each.mutation,
                "arguments": orjson.dumps(dict(each.arguments), option=orjson.OPT_SORT_KEYS).decode(),
                "name": each.name,
                "erased": each.erased,
            }
            for each in plan.changes
        ],
        "authors": list(plan.authors),
        "authorPersons": [person for each in plan.authors if (person := person_of(each)) is not None],
        "changed": plan.changed.isoformat(),
        "approvedBy": plan.approved_by,
        "approvedByPerson": person_of(plan.approved_by),
        "appliedBy": plan.applied_by,
        "appliedByPerson": person_of(plan.applied_by),
        "applied": None if plan.applied is None else plan.applied.isoformat(),
        "closedBy": plan.closed_by,
        "closedByPerson": person_of(plan.closed_by),
        "failedChange": None if plan.failure is None else plan.failure.change,
        "failedRule": None if plan.failure is None else plan.failure.code,
        "failedText": None if plan.failure is None else plan.failure.text,
        "stays": list(plan.stays),
    }


FIELD = ComputedField(
    "plans",
    "Plans: named sets of changes with a date; by day and name",
    (
        answer_type(
            "Plan",
            "Changes that are made together on a day, once another person has approved them",
            Plain("id", "ID!", "Id of the plan"),
            Plain("name", "String!", "Name of the plan"),
            Plain("day", "Date!", "The day on which it is applied"),
            Plain("reason", "String!", "Why its changes are made"),
            Plain("state", "PlanState!", "How far it has come"),
            Plain("digest", "String!", "Digest of everything that an approval covers; pass it to approvePlan"),
            Part("changes", "PlannedChange", "Its changes, in the order in which they are made", many=True),
            Plain("authors", "[String!]!", "Its authors, the latest last. None of them may approve it"),
            Thing("authorPersons", ("Person",), "The persons among them", many=True),
            Plain("changed", "Moment!", "When it was written last"),
            Plain(
                "notApprovable",
                "String",
                "Why you can't approve it, such as a role that you lack; null = you may try",
            ),
            Plain(
                "someoneMayApprove",
                "Boolean",
                "Whether a person other than its authors has the roles that approving it needs, today. Null = not "
                "looked at; a draft that is asked for by its id or name is",
            ),
            Plain("approvedBy", "String", "Who approved its present content"),
            Thing("approvedByPerson", ("Person",), "The person who approved it; null = a token did, or no one yet"),
            Plain("appliedBy", "String", "Who has applied it, a person or the worker"),
            Thing("appliedByPerson", ("Person",), "The person who has applied it; null = a token or the worker"),
            Plain("applied", "Moment", "When it was applied"),
            Plain("closedBy", "String", "Who has withdrawn it, or taken it back"),
            Thing("closedByPerson", ("Person",), "The person who has withdrawn it, or taken it back; null = a token"),
            Plain("failedChange", "Int", "If it could not be applied: which change did not fit, from 1"),
            Plain("failedRule", "String", "If it could not be applied: the rule that the change breaks"),
            Plain("failedText", "String", "If it could not be applied: why"),
            Plain("stays", "[String!]!", "If it was taken back: what could not be undone, and why"),
        ),
        answer_type(
            "PlannedChange",
            "One change of a plan",
            Plain("mutation", "String!", "The mutation that makes it"),
            Plain("arguments", "String!", "Its arguments, as JSON"),
            Plain("name", "String", "By which later changes refer to the thing that it makes"),
            Plain("erased", "Boolean!", "It was about a person who has been erased"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "plan": Argument("ID", "Only this one: its id or name"),
        "states": Argument("[PlanState!]", "Only in these states"),
        "first": FIRST,
    },
    in_part=True,
    pages=Pages(order=lambda each: (each["day"], each["name"], each["id"])),
)
