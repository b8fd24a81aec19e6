"""``planPreview``: what a plan would do, as of its day; nothing of it stays."""

from datetime import date
from functools import partial
from typing import Any

import neo4j

from api.access.rights import Access, whole
from api.access.roles import LOG, ROLES
from api.computed.contract import Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.mutations.planned import PlannedWriting
from api.previews import MOST, ConsequenceType, GainOrLoss, in_part, preview_form
from graph.plans.applying import DoesNotFit
from graph.plans.kept import found
from graph.plans.plan import Failure
from graph.questions.preview.consequences import Preview, preview
from rules.accounts.consequences import account_consequences

COST = 1_000_000
"""Fields: other writers wait for it, so that a token can't ask for one after the other."""


def of_plan(request: Request, name: str, on: date | None) -> Preview[Any]:
    """Raises Unknown, Ambiguous; DoesNotFit."""
    writing = PlannedWriting(request.resources.keyring, request.resources.order)
    limited = _limited(request)
    follow = partial(account_consequences, memberships=request.resources.memberships)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        plan = found(session, name, request.readable_plans)
    if limited is None:
        return preview(request.driver, lambda rehearsal: writing.carried_out(rehearsal, plan), on, follow=follow)
    # As if made by someone who may do everything, but only where the caller may read: so no refusal tells of the rest.
    units = limited.units(LOG & frozenset(limited.within))
    maker = Access(plan.author, frozenset(ROLES), within=dict.fromkeys(ROLES, units))
    made = preview(
        request.driver,
        lambda rehearsal: writing.carried_out(rehearsal, plan, maker),
        on,
        with_reasons=False,
        follow=follow,
    )
    return in_part(request.driver, limited, made, LOG)


def _limited(request: Request) -> Access | None:
    """The caller's rights, if they read plans in a part of the organisation only."""
    access = request.caller.access
    return None if access is None or access.scope is None or LOG & access.everywhere else access


def _answer(request: Request) -> list[Answer]:
    try:
        would = of_plan(request, request.arguments["plan"], request.get("on"))
    except DoesNotFit as misfit:
        if misfit.failure.code == "forbidden" and _limited(request) is not None:
            raise whole("planPreview: a change of the plan reaches beyond where you may read, so it", LOG) from misfit
        return [_form(None, misfit.failure)]
    return [_form(would, None)]


def _form(would: Preview[Any] | None, failure: Failure | None) -> Answer:
    return {
        "fits": failure is None,
        "failedChange": None if failure is None else failure.change,
        "failedRule": None if failure is None else failure.code,
        "failedText": None if failure is None else failure.text,
        **(_NOTHING if would is None else preview_form(would)),
    }


_NOTHING: Answer = {
    "changes": 0, "days": [], "lookedUntil": None, "touched": 0, "persons": 0, "counts": [], "consequences": [],
    "leftOff": 0,
}  # fmt: skip

FIELD = ComputedField(
    "planPreview",
    "What a plan would do: its changes are made, looked at and undone, while other writers wait",
    (
        answer_type(
            "PlanPreview",
            "Who would gain and lose managers, roles, rights, limits, planned accounts and groups, and from which day",
            Plain("fits", "Boolean!", "Its changes can all be made as things are; otherwise nothing of it would be"),
            Plain("failedChange", "Int", "If it does not fit: which change does not, from 1"),
            Plain("failedRule", "String", "If it does not fit: the rule that the change breaks"),
            Plain("failedText", "String", "If it does not fit: why"),
            Plain("changes", "Int!", "Entries that the change log would get"),
            Plain("days", "[Date!]!", "The days from which something of it counts; all of them are looked at"),
            Plain(
                "lookedUntil",
                "Date",
                "Up to this day, what else is known to begin or end is taken into account; on later days only what the "
                "plan itself begins or ends is. Null if it does not fit",
            ),
            Plain("touched", "Int!", "How many people its changes reach"),
            Plain("persons", "Int!", "How many of them would gain or lose something"),
            Part("counts", "PlanCount", "How much would be gained and lost", many=True),
            Part("consequences", "PlanConsequence", "By name and person", many=True),
            Plain("leftOff", "Int!", f"How many are left off, above {MOST}"),
        ),
        answer_type(
            "PlanCount",
            "How much of something would be gained or lost",
            Plain("what", "ConsequenceType!", "What is gained or lost"),
            Plain("change", "GainOrLoss!", "Whether it is gained or lost"),
            Plain("count", "Int!", "How often"),
        ),
        answer_type(
            "PlanConsequence",
            "Something that a person would gain or lose",
            Thing("person", ("Person",), "The person"),
            Plain("name", "String!", "The person's name; empty where it is protected"),
            Plain("change", "GainOrLoss!", "Whether it is gained or lost"),
            Plain("what", "ConsequenceType!", "What is gained or lost"),
            Plain("about", "[String!]!", "UUIDs of what it is about, and a value"),
            Plain("text", "String!", "What it is, in words"),
            Plain("since", "Date!", "The first day of it"),
            Plain("until", "Date", "The day on which the plan ends it again"),
        ),
    ),
    LOG,
    _answer,
    many=False,
    arguments={
        "plan": Argument("ID!", "Id or name of the plan"),
        "on": Argument("Date", "Only this day; by default each from which a change counts"),
    },
    costs=COST,
    enums=(ConsequenceType, GainOrLoss),
    in_part=True,
)
