"""Mutations of what a person decides about accounts at targets: others' accounts, and what others have changed.

Nothing is written at the target: the ledger notes it, and the next export carries it out.
"""

from collections.abc import Callable
from datetime import date

import strawberry
from strawberry import ID
from strawberry.types import Info

from api.context import Context
from api.mutations.editing import Editing
from api.target_decisions import as_graphql, known
from exporters.errors import ExportError
from exporters.objects.deciding import Decisions, NotDecided
from exporters.objects.target import Ref
from graph.errors import ChangeRejected
from graph.time import today

CONTEXT = Info[Context, None]
USER = "user"


@strawberry.type(description="An object at a target about which a person has decided")
class DecidedAtTarget:
    target: str = strawberry.field(description="The target at which it was decided")
    object: str = strawberry.field(description="Kind of object at the target")
    key: ID = strawberry.field(description="Key of the object at the target")


@strawberry.type
class AtTargets:
    @strawberry.mutation(
        description="Take over an account that others made at a target, for a planned one; adoptable lists them, with "
        "what the next export changes on each"
    )
    async def adopt_account(
        self, info: CONTEXT, target: str, key: ID, target_id: str, reason: str, object: str = USER
    ) -> DecidedAtTarget:
        return await _decided(
            info, "adoptAccount", reason, target, Ref(object, key),
            lambda decisions, editing, ref, why: decisions.adopt(editing.driver, target, ref, target_id, why),
        )  # fmt: skip

    @strawberry.mutation(
        description="An account that others made, and that adoptable lists, is another person's: the next export makes "
        "one beside it"
    )
    async def keep_account_apart(
        self, info: CONTEXT, target: str, key: ID, target_id: str, reason: str, object: str = USER
    ) -> DecidedAtTarget:
        return await _decided(
            info, "keepAccountApart", reason, target, Ref(object, key),
            lambda decisions, editing, ref, why: decisions.keep_apart(editing.driver, target, ref, target_id, why),
        )  # fmt: skip

    @strawberry.mutation(
        description="Leave what others have changed at a target: a field or link that ledgerEntries(drift: true) "
        "lists, enabled, or gone; until another value is wanted, or until a day"
    )
    async def accept_drift(
        self, info: CONTEXT, target: str, key: ID, field: str, reason: str, object: str = USER,
        until: date | None = None,
    ) -> DecidedAtTarget:  # fmt: skip
        user = info.context.access.name

        def work(decisions: Decisions, editing: Editing, ref: Ref, _: str) -> None:
            if until is not None and until <= today():
                raise ChangeRejected("wrong_value", f"until: {until}; give a day to come", field="until")
            decisions.accept(editing.driver, target, ref, field, editing.reason, user, until)

        return await _decided(info, "acceptDrift", reason, target, Ref(object, key), work)

    @strawberry.mutation(
        description="Let the next export make a new account where others have deleted one: it has none of the rights "
        "of the old one"
    )
    async def make_account_again(
        self, info: CONTEXT, target: str, key: ID, reason: str, object: str = USER
    ) -> DecidedAtTarget:
        return await _decided(
            info, "makeAccountAgain", reason, target, Ref(object, key),
            lambda decisions, editing, ref, why: decisions.make_again(editing.driver, target, ref, why),
        )  # fmt: skip


async def _decided(
    info: CONTEXT, mutation: str, reason: str, target: str, ref: Ref,
    decide: Callable[[Decisions, Editing, Ref, str], None],
) -> DecidedAtTarget:  # fmt: skip
    context = info.context

    def work(editing: Editing) -> DecidedAtTarget:
        editing.refuse_oneself((ref.key,), "is about an account of yours")
        decide(known(context.decisions), editing, ref, f"{editing.reason} ({context.access.name})")
        return DecidedAtTarget(target=target, object=ref.kind, key=ID(ref.key))

    try:
        return await Editing(context, mutation, reason).do(work)
    except (ExportError, NotDecided) as refused:
        raise as_graphql(refused) from refused
