"""Mutations of this API as services of processes: a case changes the organisation through the same door as people do.

A case writes under the name of its process (``process:hire``), with the rights of whoever has deployed it, who needs
those of every mutation in it, for the whole organisation. What nobody may do for themselves, a process does not do for
its deployer either; nor for the starter, where nobody else has decided. Whoever had a part in a case is an author of
what it has written (``graph.questions.rights.authors``).
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any, cast

import neo4j
from graphql import GraphQLField, Undefined, is_list_type, is_non_null_type

from api.access.held import below
from api.access.places import units_of
from api.access.rights import Access
from api.access.roles import ROLES
from api.context import Context
from api.mutations.planned import completed, made_by, mutations
from graph.cpr.keyring import Keyring
from graph.identity.lookup import find
from graph.identity.user_names import PERSON
from graph.retry import NEXT
from graph.statements.precedence import SourceOrder
from graph.time import today
from processes.engine.known import Arguments
from processes.services import Call, Service, ServiceFailed

_LEFT_OUT = frozenset({"setValue", "releaseValue", "endStop", "createExtraAccount", "changeExtraAccount"})
"""Who may make the first two depends on the kind, which a diagram may give by an expression; the others may take a
second person (``api.four_eyes``)."""
_WITHIN = "within"
"""An argument of the process alone: a unit in which, or below which, what is changed must lie today. The unit's manager
who has approved it so answers for it."""
_LIES = {"createSubstitution": ("Assignment", "assignment", ""), "createGrant": ("Person", "givenTo", "person:")}
"""What must lie there: its kind, the argument that names it, and what stands before the name."""
_NOT_NEEDED = frozenset({"reason", "from"})


def wanted() -> dict[str, Arguments]:
    """The mutations that a process may make, and their arguments. ``reason`` and a required ``from`` may be omitted."""
    return {
        name: Arguments(
            needed=frozenset(
                each
                for each, argument in field.args.items()
                if each not in _NOT_NEEDED and is_non_null_type(argument.type) and argument.default_value is Undefined
            ),
            possible=frozenset(field.args) - {"expectedVersion"} | ({_WITHIN} if name in _LIES else set()),
        )
        for name, field in mutations().items()
        if name not in _LEFT_OUT
    }


def services(keyring: Keyring, order: SourceOrder) -> dict[str, Service]:
    """The same, to be carried out. The answer is the uuid of what was written; a list, where it may be several."""
    found = mutations()
    return {
        name: Service(arguments, partial(_carry_out, found[name], keyring, order), in_graph=True)
        for name, arguments in wanted().items()
    }


def _carry_out(field: GraphQLField, keyring: Keyring, order: SourceOrder, driver: neo4j.Driver, call: Call) -> Any:
    access = _writer(call)
    context = Context(access, driver, cast(neo4j.AsyncDriver, None), keyring, order)
    stated = _stated(call.arguments)
    if _WITHIN in call.arguments:
        _require_within(driver, call, str(stated.pop(_WITHIN, "")))
    of_case = f"(case {call.case})"
    given = completed(field, stated, f"{call.title} {of_case}", today())
    if "reason" in field.args and not str(given["reason"]).endswith(of_case):
        given["reason"] = f"{given['reason']} {of_case}"
    for name, argument in field.args.items():
        if name not in given and is_non_null_type(argument.type) and argument.default_value is Undefined:
            raise ServiceFailed(f"{call.name} needs the argument {name!r}, and it has no value", NEXT)
    written = asyncio.run(made_by(call.name, field, given, context))
    type_ = field.type.of_type if is_non_null_type(field.type) else field.type
    return written if is_list_type(type_) else written[0]


def _writer(call: Call) -> Access:
    roles = frozenset(ROLES) if call.roles is None else call.roles
    deployer = call.deployer.removeprefix(PERSON) if call.deployer.startswith(PERSON) else None
    return Access(f"process:{call.process}", roles, call.alone or deployer)


def _require_within(driver: neo4j.Driver, call: Call, unit: str) -> None:
    """Raises ServiceFailed; Unknown, Ambiguous. An assignment must lie there with all its units, a person with one."""
    kind, argument, before = _LIES[call.name]
    told = str(call.arguments.get(argument) or "")
    name = told.removeprefix(before)
    if told.startswith(before):
        numbers = count()
        places = units_of(kind, "n", "$today", lambda each: f"{each}_{next(numbers)}")
        with driver.session() as session:
            top, thing = find(session, "Unit", unit).uuid, find(session, kind, name).uuid
            found = session.run(f"MATCH (n:{kind} {{uuid: $uuid}}) RETURN {places} AS units", uuid=thing, today=today())
            units = frozenset(found.single(strict=True)["units"])
        inside = units & below(driver, [top])
        if inside and (kind != "Assignment" or inside == units):
            return
    raise ServiceFailed(f"{argument}: {told!r} does not lie in the unit {unit!r}, whose manager was asked", NEXT)


def _stated(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that have no value: an optional field of a form that was left empty."""
    return {name: value for name, value in arguments.items() if value not in (None, "")}
