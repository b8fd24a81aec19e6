"""What a plan's changes are: mutations of this API. They are checked when the plan is saved, and carried out here.

A plan holds mutations that state something by hand, so that it can be undone, and none about who people are: it is read
by many, and kept for long. ``reason`` and a required ``from`` may be left out: they are the plan's reason and its day.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import neo4j
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    Undefined,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.utilities import validate_input_value

from api.access.approvers import access_today
from api.access.caller_names import person_of
from api.access.four_eyes import refuse_nobody_known, require_own_name
from api.access.rights import Access
from api.access.roles import ROLES
from api.context import Context
from api.model.filters import camel, snake
from api.model.variables import plain
from api.mutations.inputs import FROM
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected, GraphError
from graph.model import KINDS
from graph.plans.applying import CarryOut, carried_out
from graph.plans.plan import Draft, Plan, PlannedChange, filled, mark
from graph.rehearsal import Rehearsal, rehearsed
from graph.statements.precedence import SourceOrder

_NOT_PLANNED = frozenset({
    "createPerson", "joinPersons", "splitPerson",
    "approveGrant", "approveUnlimited", "requestRight", "approveRequest", "refuseRequest", "withdrawRequest",
    "requestExtraAccount", "decideExtraAccount", "withdrawExtraAccount",
    "startAttestation", "decideAttestation", "closeManualStep",
})  # fmt: skip
"""They state who people are (and move records, which is not undone by stating something else), or are one person's
decision on the day that it is made."""
_ANY = "00000000-0000-0000-0000-000000000000"
"""Stands for what an earlier change makes, while the form of arguments is checked."""


def mutations() -> Mapping[str, GraphQLField]:
    """The mutations that a plan may hold, by name."""
    from api.schema import schema  # late: it is made of this

    mutation = schema._schema.mutation_type
    assert mutation is not None
    return {
        name: field
        for name, field in mutation.fields.items()
        if get_named_type(field.type).name == "Written" and name not in _NOT_PLANNED
    }


def check(draft: Draft, access: Access) -> None:
    """Every change is a mutation that a plan may hold and ``access`` may make, with arguments of its types.

    Raises GraphQLError (forbidden, unknown_kind), ChangeRejected (unknown_mutation, unknown_argument, wrong_value,
    private_value, unknown_property).
    """
    known = mutations()
    made: dict[str, str] = {}
    for place, change in enumerate(draft.changes, 1):
        where = f"changes[{place}]"
        field = known.get(change.mutation)
        if field is None:
            text = f"{where}.mutation: {change.mutation!r} is not one of {', '.join(sorted(known))}"
            raise ChangeRejected("unknown_mutation", text, field=f"{where}.mutation")
        access.require_write(change.mutation)
        if change.erased:
            raise ChangeRejected("erased", f"{where}: it was about a person who has been erased; remove it")
        given = filled(change.arguments, draft.day, made, where)
        _check_form(where, change.mutation, field, completed(field, given, draft.reason, draft.day))
        if "kind" in field.args:
            access.require_by_hand(given["kind"])
            _refuse_private(where, given["kind"], given.get("property"))
        if change.name is not None:
            made[change.name] = _ANY


def require_rights(plan: Draft, access: Access) -> None:
    """Raises GraphQLError (forbidden) unless ``access`` may make each of a plan's changes."""
    known = mutations()
    for change in plan.changes:
        access.require_write(change.mutation)
        field = known.get(change.mutation)
        if field is not None and "kind" in field.args and not change.erased:
            access.require_by_hand(change.arguments["kind"])


Names = Mapping[str, Collection[str]]
"""Of authors: all names that each has in logs (``graph.identity.user_names``)."""


def may_not_approve(plan: Plan, access: Access, same: Names) -> str:
    """Why ``access`` can't approve the plan, whatever the organisation looks like; empty if it may. Reads nothing."""
    if any(access.name in same[each] for each in plan.authors):
        return "you have written it, so another person must approve it"
    try:
        access.require_write("approvePlan")
        require_own_name(access, access.person, "plan")
        refuse_nobody_known(plan.authors, "plan")
        require_rights(plan, access)
    except (GraphQLError, ChangeRejected) as refused:
        return str(refused)
    return ""


def completed(field: GraphQLField, given: Mapping[str, Any], reason: str, day: date) -> dict[str, Any]:
    """With what the changes of a plan, or of a process, may leave out: the reason and the first day. What takes the
    name of an enum's value may be written as the graph's word (``give`` for ``GIVE``), too."""
    told = {
        name: _named(field.args[name].type, value) if name in field.args else value for name, value in given.items()
    }
    if "reason" in field.args:
        told.setdefault("reason", reason)
    if "from" in field.args and (is_non_null_type(field.args["from"].type) or field.args["from"].description == FROM):
        told.setdefault("from", day.isoformat())
    return told


def _named(type_: Any, value: Any) -> Any:
    """The name of the enum's value of which this is the word; anything else as it is."""
    enum = type_.of_type if is_non_null_type(type_) else type_
    if not isinstance(enum, GraphQLEnumType) or not isinstance(value, str) or value in enum.values:
        return value
    return next((name for name, each in enum.values.items() if plain(each.value) == value), value)


def _check_form(where: str, mutation: str, field: GraphQLField, given: Mapping[str, Any]) -> None:
    unknown = sorted(set(given) - set(field.args))
    if unknown:
        text = f"{where}: {mutation} has no argument {', '.join(unknown)}; it has {', '.join(field.args)}"
        raise ChangeRejected("unknown_argument", text, field=f"{where}.{unknown[0]}")
    for name, argument in field.args.items():
        if name not in given:
            if is_non_null_type(argument.type) and argument.default_value is Undefined:
                raise ChangeRejected("wrong_value", f"{where}.{name}: {mutation} needs it", field=f"{where}.{name}")
            continue
        for text in _faults(given[name], argument.type):
            raise ChangeRejected("wrong_value", f"{where}.{name}: {text}", field=f"{where}.{name}")


def _faults(value: Any, type_: Any) -> Iterator[str]:
    found: list[str] = []

    def keep(error: GraphQLError, path: Sequence[str | int]) -> None:
        at = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
        found.append(f"{at.removeprefix('.')}: {error.message}" if at else error.message)

    validate_input_value(value, type_, keep)
    yield from found


def _refuse_private(where: str, kind: str, property_: Any) -> None:
    """A plan is read by more people than a home address is."""
    words = snake(str(property_))
    known = {each.name: each for each in KINDS[kind].properties}
    if words not in known:
        text = f"{where}.property: {kind} has no property {property_}; it has {', '.join(map(camel, known))}"
        raise ChangeRejected("unknown_property", text, field=f"{where}.property")
    if known[words].access != "open" or known[words].identifies:
        text = f"{where}.property: not everyone may read {property_}, so no plan can contain it"
        raise ChangeRejected("private_value", text, field=f"{where}.property")


# -- carrying out -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedWriting:
    """With what changes are written. ``reason``, ``day``: of the plan."""

    keyring: Keyring
    order: SourceOrder

    def carry_out(self, plan: Plan | Draft, access: Access) -> CarryOut:
        """How one change of the plan is made by ``access``. What it makes lies where ``access`` may change it, so that
        later changes may build on it."""
        made: set[str] = set()

        def make(driver: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
            field = mutations().get(mutation)
            if field is None:
                raise ChangeRejected("unknown_mutation", f"plans can no longer contain {mutation}")
            given = completed(field, arguments, plan.reason, plan.day)
            given = {**given, "reason": f"{given['reason']}{mark(plan.name)}"} if "reason" in field.args else given
            # No mutation reads what is served by the asynchronous driver.
            within = {role: units | made for role, units in access.within.items()}
            by = replace(access, within=within, plan_author=_author_of(plan, access))
            context = Context(by, driver, cast(neo4j.AsyncDriver, None), self.keyring, self.order)
            written = asyncio.run(made_by(mutation, field, given, context))
            made.update(written)
            return written

        return make

    def on_its_day(self, driver: neo4j.Driver, plan: Plan) -> CarryOut:
        """How one change of an approved plan is made when the plan is applied.

        Author and approver each had the rights when they decided. Where those of the approver held in a part of the
        organisation, the part may be another by now: the change is made with what the approver may do today.
        """
        if not plan.approved_in_part:
            return self.carry_out(plan, writer_of(plan))
        assert plan.approved_by is not None
        make = self.carry_out(plan, replace(access_today(driver, plan.approved_by), name=plan.author))

        def make_in_part(driver: neo4j.Driver, mutation: str, arguments: Mapping[str, Any]) -> Sequence[str]:
            try:
                return make(driver, mutation, arguments)
            except GraphError as refused:
                text = (
                    f"{refused}. The plan was approved for a part of the organisation by {plan.approved_by}, so it is "
                    "applied with the rights that the approver has today. Have it approved again"
                )
                raise ChangeRejected(refused.code, text) from refused

        return make_in_part

    def carried_out(self, driver: neo4j.Driver, plan: Plan, access: Access | None = None) -> list[list[str]]:
        """All changes, written under the name of the plan's author, or made by ``access``. Raises DoesNotFit."""
        return carried_out(driver, plan, self.carry_out(plan, access or writer_of(plan)))

    def require_fits(self, driver: neo4j.Driver, plan: Plan | Draft, access: Access) -> None:
        """Make all changes as ``access`` and undo them. Raises DoesNotFit: also what ``access`` may not do.

        Within a preview nothing is made: it would not be undone before its end.
        """
        if not isinstance(driver, Rehearsal):
            rehearsed(driver, lambda rehearsal: carried_out(rehearsal, plan, self.carry_out(plan, access)))


def _author_of(plan: Plan | Draft, access: Access) -> str:
    """UUID of the person who has written the plan; "" where a token has. A draft is the caller's."""
    person = person_of(plan.author) if isinstance(plan, Plan) else access.person
    return person or ""


def writer_of(plan: Plan) -> Access:
    """Under whose name a plan is written; whether it may be was decided before."""
    return Access(plan.author, frozenset(ROLES))


async def made_by(mutation: str, field: GraphQLField, given: Mapping[str, Any], context: Context) -> list[str]:
    """Make one change; uuids of what it has written. Raises ChangeRejected, and what the mutation raises."""
    from api.schema import schema  # late: it is made of this

    declared = ", ".join(f"${each}: {field.args[each].type}" for each in given)
    passed = ", ".join(f"{each}: ${each}" for each in given)
    document = f"mutation({declared}) {{ made: {mutation}({passed}) {{ uuid }} }}"
    result = await schema.execute(document, dict(given), context_value=context)
    for error in result.errors or ():
        original = error.original_error
        if original is not None and not isinstance(original, GraphQLError):
            raise original
        raise ChangeRejected(str((error.extensions or {}).get("code", "wrong_value")), error.message)
    assert result.data is not None
    written = result.data["made"]
    return [each["uuid"] for each in (written if _is_list(field) else [written])]


def _is_list(field: GraphQLField) -> bool:
    type_ = field.type.of_type if is_non_null_type(field.type) else field.type
    return is_list_type(type_)


def draft_of(name: str, day: date, reason: str, changes: Sequence[Mapping[str, Any]]) -> Draft:
    """A draft from its form in JSON. Raises ChangeRejected (wrong_value)."""
    found = []
    for place, each in enumerate(changes, 1):
        where = f"changes[{place}]"
        if not isinstance(each, Mapping):
            raise ChangeRejected("wrong_value", f"{where}: write it as mutation, arguments, name", field=where)
        unknown = sorted(set(each) - {"mutation", "arguments", "name"})
        mutation, arguments, called = (each.get(part) for part in ("mutation", "arguments", "name"))
        if unknown:
            text = f"{where}: {', '.join(unknown)} is not one of mutation, arguments, name"
            raise ChangeRejected("wrong_value", text, field=where)
        if not isinstance(mutation, str) or not isinstance(arguments, Mapping):
            text = f"{where}: mutation is a name, and arguments are names with values"
            raise ChangeRejected("wrong_value", text, field=where)
        if called is not None and not isinstance(called, str):
            raise ChangeRejected("wrong_value", f"{where}.name: {called!r} is not a text", field=f"{where}.name")
        found.append(PlannedChange(mutation, dict(arguments), called))
    return Draft(name, day, reason, tuple(found))
