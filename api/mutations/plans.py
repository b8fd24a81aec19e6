"""Mutations of plans. What a plan is: ``graph.plans``; what its changes may be: ``api.mutations.planned``."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import neo4j
import orjson
import strawberry
from strawberry import ID
from strawberry.types import Info

from api.access.caller_names import is_nobody_known
from api.access.four_eyes import refuse_nobody_known, require_own_name
from api.access.plans import readable
from api.access.rights import WRITE, Access
from api.access.roles import LOG
from api.context import Context
from api.enums import PlanState
from api.mutations.editing import Editing
from api.mutations.planned import PlannedWriting, check, draft_of, require_rights
from graph.errors import ChangeRejected
from graph.plans import applying, kept, taking_back
from graph.plans.plan import Draft, Plan
from graph.writing.graph_writer import GraphWriter

CONTEXT = Info[Context, None]


@strawberry.input(description="A change of a plan: one of this API's mutations that changes a thing by hand")
class PlannedChangeInput:
    mutation: str = strawberry.field(description="Name of the mutation, such as placeUnits")
    arguments: str = strawberry.field(
        description=(
            "Its arguments as JSON. @day is the plan's day; @NAME the thing that the earlier change NAME makes. reason "
            "and a required from may be omitted: they are the plan's reason and day"
        )
    )
    name: str | None = strawberry.field(default=None, description="By which later changes refer to the thing it makes")


@strawberry.type(description="The result of a decision on a plan")
class PlanDecided:
    id: ID = strawberry.field(description="Id of the plan")
    state: Any = strawberry.field(graphql_type=PlanState, description="How far it has come")
    digest: str = strawberry.field(description="Digest of everything that an approval covers; pass it to approvePlan")
    stays: list[str] = strawberry.field(description="What could not be taken back, and why")


Changes = Annotated[
    list[PlannedChangeInput],
    strawberry.argument(description="The changes, in the order in which they are made: all or none"),
]
NewChanges = Annotated[
    list[PlannedChangeInput] | None,
    strawberry.argument(description="All changes, instead of those it has; omitted = unchanged"),
]


@strawberry.type
class Planning:
    """The part of ``Mutation`` for plans."""

    @strawberry.mutation(description="Write a plan: changes that are made together on a day, once they are approved")
    async def create_plan(self, info: CONTEXT, name: str, day: date, changes: Changes, reason: str) -> PlanDecided:
        def work(editing: Editing) -> Plan:
            draft = draft_of(name, day, editing.reason, [_form(each) for each in changes])
            check(draft, info.context.access)
            _require_in_part(info, "createPlan", draft)
            require_approvable(info.context.driver, _writing(info), draft, info.context.access)
            return kept.create(info.context.driver, draft, info.context.access.name)

        return await _decided(info, "createPlan", reason, work)

    @strawberry.mutation(
        description="Change a plan: what is omitted stays, the reason is the plan's from now on. Its approval ends"
    )
    async def change_plan(
        self, info: CONTEXT, plan: ID, reason: str, name: str | None = None, day: date | None = None,
        changes: NewChanges = None, digest: str | None = None,
    ) -> PlanDecided:  # fmt: skip
        def work(editing: Editing) -> Plan:
            found = _read(info, plan, digest)
            _require_own_or_in_part(info, "changePlan", found)
            draft = Draft(name or found.name, day or found.day, editing.reason, found.changes)
            if changes is not None:
                told = draft_of(draft.name, draft.day, draft.reason, [_form(each) for each in changes])
                draft = replace(draft, changes=told.changes)
            check(draft, info.context.access)
            _require_in_part(info, "changePlan", draft)
            require_approvable(info.context.driver, _writing(info), draft, info.context.access)
            return kept.change(info.context.driver, found, draft, info.context.access.name)

        return await _decided(info, "changePlan", reason, work)

    @strawberry.mutation(description="Approve exactly what a plan says now; its authors may not")
    async def approve_plan(self, info: CONTEXT, plan: ID, digest: str, reason: str) -> PlanDecided:
        def work(editing: Editing) -> Plan:
            context, found = info.context, _read(info, plan, digest)
            check(found, context.access)
            require_own_name(context.access, context.access.person, "plan")
            refuse_nobody_known(found.authors, "plan")
            _writing(info).require_fits(context.driver, found, context.access)
            in_part = context.access.scope is not None
            return kept.approve(context.driver, found, context.access.name, editing.reason, in_part=in_part)

        return await _decided(info, "approvePlan", reason, work)

    @strawberry.mutation(description="Make an approved plan's changes now, on its day or later; all or none")
    async def apply_plan(self, info: CONTEXT, plan: ID, reason: str) -> PlanDecided:
        def work(editing: Editing) -> Plan:
            context, found = info.context, _read(info, plan)
            make = _writing(info).on_its_day(context.driver, found)
            return applying.apply(context.driver, found, make, context.access.name)

        return await _decided(info, "applyPlan", reason, work)

    @strawberry.mutation(description="Withdraw a plan that is not applied: it will not be")
    async def withdraw_plan(self, info: CONTEXT, plan: ID, reason: str) -> PlanDecided:
        def work(editing: Editing) -> Plan:
            found = _read(info, plan)
            _require_own_or_in_part(info, "withdrawPlan", found)
            return kept.withdraw(info.context.driver, found, info.context.access.name, editing.reason)

        return await _decided(info, "withdrawPlan", reason, work)

    @strawberry.mutation(description="Undo an applied plan, except where newer changes depend on it; stays lists these")
    async def take_back_plan(self, info: CONTEXT, plan: ID, reason: str) -> PlanDecided:
        def work(editing: Editing) -> Plan:
            context, found = info.context, _read(info, plan)
            require_rights(found, context.access)
            writer = GraphWriter(context.driver, context.keyring, context.order)
            return taking_back.take_back(writer, found, context.access.name, editing.reason, editing.require_may)

        return await _decided(info, "takeBackPlan", reason, work)


async def _decided(info: CONTEXT, mutation: str, reason: str, work: Callable[[Editing], Plan]) -> PlanDecided:
    plan = await Editing(info.context, mutation, reason).do(work)
    return PlanDecided(id=ID(plan.id), state=PlanState(plan.state), digest=plan.digest, stays=list(plan.stays))


def _require_own_or_in_part(info: CONTEXT, mutation: str, plan: Plan) -> None:
    """Before a plan is overruled. Raises DoesNotFit."""
    if info.context.access.name not in plan.authors:
        _require_in_part(info, mutation, plan)


def _require_in_part(info: CONTEXT, mutation: str, plan: Plan | Draft) -> None:
    """Raises DoesNotFit for a caller whose roles hold in a part of the organisation, and who could not make each of
    the changes. The plan may be applied with rights that hold everywhere."""
    context = info.context
    if context.access.scope is not None and not WRITE[mutation] & context.access.everywhere:
        _writing(info).require_fits(context.driver, plan, context.access)


def require_approvable(driver: neo4j.Driver, writing: PlannedWriting, draft: Draft, access: Access) -> None:
    """Nobody works on a plan that another person with the author's roles could not approve. That its changes do not fit
    yet is no reason. Raises DoesNotFit (forbidden); ChangeRejected (own_approval) for the break-glass account."""
    if is_nobody_known(access.name):
        text = "plan: nobody may approve what the break-glass account has written. Log in as yourself"
        raise ChangeRejected("own_approval", text, field="plan")
    try:
        writing.require_fits(driver, draft, replace(access, person=None))
    except applying.DoesNotFit as refused:
        if refused.failure.code == "forbidden":
            raise


def _writing(info: CONTEXT) -> PlannedWriting:
    return PlannedWriting(info.context.keyring, info.context.order)


def _read(info: CONTEXT, name: str, digest: str | None = None) -> Plan:
    """Raises Unknown, Ambiguous; ChangeRejected (plan_changed) unless it says what the caller has read."""
    context = info.context
    with context.driver.session(default_access_mode="READ") as session:
        found = kept.found(session, name, lambda plans: readable(context.driver, context.access, plans, LOG))
    if digest is not None:
        kept.refuse_changed(found, digest)
    return found


def _form(change: PlannedChangeInput) -> dict[str, object]:
    try:
        arguments = orjson.loads(change.arguments)
    except orjson.JSONDecodeError as error:
        text = f"{change.mutation}: arguments is not valid JSON: {error}"
        raise ChangeRejected("wrong_value", text, field="arguments") from error
    return {"mutation": change.mutation, "arguments": arguments, "name": change.name}
