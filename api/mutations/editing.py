"""From a mutation's arguments to statements by hand."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio.to_thread
import neo4j
from graphql import GraphQLError
from strawberry import ID

from api.access.cpr_readings import looked_up
from api.access.rights import OWN, WHERE, WRITE
from api.context import Context
from api.mutations import giving, oneself
from api.mutations.edits import Edit, days
from api.mutations.guarding import Guarding, makes_common
from api.mutations.inputs import AssignedUnitInput, HolderInput, PlaceInput, ResponsibilityInput, Written
from api.mutations.part import Part
from api.mutations.refusals import as_graphql
from graph.as_of import exists_or_will, not_over
from graph.change_log import Origin
from graph.cpr.keyring import NOT_A_NUMBER, number_in
from graph.errors import ChangeRejected, GraphError, Unknown
from graph.identity.lookup import canonical, find, responsibility_kind
from graph.model import KINDS
from graph.model.rights import prefixed
from graph.questions.preview.sizes import SIZED, refuse_too_large
from graph.questions.rights.steady import newest_change
from graph.rehearsal import Rehearsal
from graph.statements import normal_text
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import EmptyPeriod, Period, today
from graph.writing.amending import Amendment, Guard
from graph.writing.graph_writer import GraphWriter
from graph.writing.graph_writer import Written as Changed
from graph.writing.retrying import Stale

T = TypeVar("T")


class Editing(Guarding):
    """One mutation of one request. ``do`` runs it in a thread, and turns refusals into GraphQL errors."""

    def __init__(
        self,
        context: Context,
        mutation: str,
        reason: str,
        roles: frozenset[str] | None = None,
        *,
        checks_itself: bool = False,
    ) -> None:
        """``roles``: those that may make the change, where not all may that may make the mutation. ``checks_itself``:
        whether the mutation itself checks who may do it, since it depends on what it is about."""
        if not checks_itself:
            context.access.require_write(mutation)
        may = WRITE[mutation] if roles is None else WRITE[mutation] & roles
        is_own = WHERE[mutation] == OWN
        is_whole = checks_itself or is_own or bool(may & context.access.everywhere) or not context.access.within
        self._part = None if is_whole else Part(context.driver, context.access, mutation, may)
        if not reason.strip():
            raise GraphQLError("reason: say why, for the change log", extensions={"code": "reason"})
        try:
            normal_text.refuse(reason, "reason", words=True)
        except ChangeRejected as refused:
            raise as_graphql(refused, context.driver) from refused
        self._context, self._mutation = context, mutation
        self.reason = normal_text.normal(reason)
        self.origin = Origin(MANUAL, user=context.access.name, reason=self.reason)

    @property
    def driver(self) -> neo4j.Driver:
        """The graph that is changed; in a preview the rehearsal's."""
        return self._context.driver

    async def do(self, work: Callable[["Editing"], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(lambda: work(self))
        except Stale as error:
            text = "There is one with this key already, or it was changed meanwhile. Read it again, then decide."
            raise GraphQLError(text, extensions={"code": "conflict"}) from error
        except (GraphError, EmptyPeriod) as error:
            if self._part is not None and isinstance(error, ChangeRejected):
                error = self._part.shown(error)
            raise as_graphql(error, self._context.driver) from error

    # -- finding ------------------------------------------------------------------------------------------------

    def uuid(self, kind: str, name: str) -> str:
        """Raises Unknown, Ambiguous; GraphQLError (forbidden) for what does not lie where the caller may change it."""
        part = self._part
        if part is not None:
            return self.read(lambda session: part.find(session, kind, name))
        return self.read(lambda session: find(session, kind, name).uuid)

    def require_wholly(self, kind: str, uuid: str) -> None:
        """Raises GraphQLError (forbidden) unless all of a thing that is to be changed, or a person who is to get
        something, lies where the caller may change it. Asked before anything that may refuse the change for another
        reason: that tells what lies elsewhere."""
        part, own = self._part, self._context.access
        if part is not None and uuid not in (own.person, own.decides):
            self.read(lambda session: part.require(session, kind, uuid, wholly=True))

    def require_parents(self, unit: str) -> None:
        """Raises GraphQLError (forbidden) unless the units above a unit, now and later, lie where the caller may change
        them: what moves, moves away from somewhere."""
        part = self._part
        if part is None:
            return

        def check(session: neo4j.Session) -> None:
            for parent in session.run(_PARENTS, unit=unit, today=today()).value():
                part.require(session, "Unit", parent, wholly=True)

        self.read(check)

    def ref(self, kind: str, name: str) -> Ref:
        return Ref(kind, self.uuid(kind, name), "uuid")

    def responsibility(self, text: str) -> Ref:
        kind, key = responsibility_kind(text)
        try:
            return self.ref(kind, key)
        except Unknown as unknown:
            raise unknown.of("unknown_responsibility", text) from unknown

    def prefixed(self, kind: str, link: str, text: str) -> Ref:
        """``unit:jobcenter``: a thing with its kind in front. Raises ChangeRejected (reference), Unknown."""
        try:
            target, name = prefixed(KINDS[kind].link(link), text)
        except ValueError as wrong:
            raise ChangeRejected("reference", f"{link}: {wrong}", field=link) from wrong
        return self.ref(target, name)

    def holder(self, holder: HolderInput) -> Ref:
        given = {
            kind: name
            for kind, name in (
                ("Employment", holder.employment), ("Affiliation", holder.affiliation), ("Person", holder.person)
            )
            if name is not None
        }  # fmt: skip
        if len(given) != 1:
            raise ChangeRejected("holder", "give exactly one of employment, affiliation, person")
        ((kind, name),) = given.items()
        return self.ref(kind, name)

    def places(self, places: Sequence[PlaceInput | AssignedUnitInput]) -> tuple[DatedLink, ...]:
        return tuple(DatedLink(days(each.from_, each.to), self.ref("Unit", each.unit)) for each in places)

    def looked_up(self, cpr: str) -> str:
        """The ten digits of a CPR number that no person has yet. The look-up is logged in any case.

        Raises ChangeRejected (wrong_value, same_person).
        """
        if isinstance(self._context.driver, Rehearsal):
            text = "a preview looks up no CPR number, since nothing of it would be logged: leave it out"
            raise ChangeRejected("wrong_value", text, field="cpr")
        digits = number_in(cpr)
        if digits is None:
            raise ChangeRejected("wrong_value", NOT_A_NUMBER, field="cpr")
        person = looked_up(self._context.driver, self._context.keyring, digits, self._context.access.name)
        if person is not None:
            raise ChangeRejected(
                "same_person",
                f"the CPR number belongs to the Person {person}: change that person, or omit the number",
                field="cpr",
                things=(("Person", person),),
            )
        return digits

    def responsibilities(self, given: Sequence[ResponsibilityInput]) -> tuple[DatedLink, ...]:
        return tuple(DatedLink(days(each.from_, each.to), self.responsibility(each.responsibility)) for each in given)

    # -- writing ------------------------------------------------------------------------------------------------

    def write(
        self,
        kind: str,
        uuid: str | None,
        edit: Edit,
        expected: int | None = None,
        about: Period | None = None,
        guard: Guard | None = None,
    ) -> Written:
        """``about``: the period that the change is about; it is refused where the thing exists on none of its days."""
        return self.write_all([Amendment(kind, uuid, edit, expected, days=about)], guard)[0]

    def write_all(self, amendments: Sequence[Amendment], guard: Guard | None = None) -> list[Written]:
        self.refuse_out_of_reach(amendments)
        if any(each.kind in SIZED for each in amendments):
            guard = self._with_sizes(guard)
        return [self.told(each) for each in self.writer().amend_all(amendments, self.origin, guard)]

    def refuse_out_of_reach(self, amendments: Sequence[Amendment]) -> None:
        """Raises GraphQLError (forbidden) where a change is outside of the caller's part, or for the caller. Whatever
        needs two people asks this before it notes who is the first."""
        part = self._part
        if part is not None:
            self.read(lambda session: part.require_written(session, amendments))
        self._refuse_for_oneself(amendments)

    def _with_sizes(self, guard: Guard | None) -> Guard:
        """Refuses as well what would give somebody more than a login carries."""
        number = self.read(newest_change) or 0

        def both(tx: neo4j.ManagedTransaction) -> None:
            if guard is not None:
                guard(tx)
            refuse_too_large(tx, number)

        return both

    def changed_with(self, kind: str, thing: str, name: str) -> list[str]:
        """UUID of the thing, and of those that get the same value: system roles of one URI are equally sensitive.

        Raises Unknown, Ambiguous.
        """
        uuid = self.uuid(kind, thing)
        if (kind, name) != ("SystemRole", "sensitive"):
            return [uuid]
        return [uuid, *self.read(lambda session: session.run(_SAME_ROLES, uuid=uuid, today=today()).value())]

    def _refuse_for_oneself(self, amendments: Sequence[Amendment]) -> None:
        self.read(lambda session: giving.refuse(session, self._context.access, self._mutation, amendments))
        self.read(lambda session: oneself.refuse_written(session, self._context.access, self._mutation, amendments))

    def require_may(self, amendments: Sequence[Amendment]) -> None:
        """Before changes are made that another statement than a mutation's has made: as if each were made by hand.

        Raises GraphQLError (forbidden, second_person).
        """
        self._refuse_for_oneself(amendments)
        common = []
        for each in amendments:
            thing = each.uuid or ""
            stated = each.edit(Statement(each.kind, thing))
            for name, values in stated.values.items():
                self.require_other_than_stopper(each.kind, thing, name)
                if makes_common(each.kind, name, values[-1].value if values else None):
                    common.append(thing)
        self.require_second_for_common(common, Period())

    def writer(self) -> GraphWriter:
        return GraphWriter(self._context.driver, self._context.keyring, self._context.order)

    @staticmethod
    def told(written: Changed) -> Written:
        uuid = ID(written.uuid)
        return Written(uuid=uuid, version=written.version, change=written.change, notice=_notice(written))

    def read(self, work: Callable[[neo4j.Session], T]) -> T:
        with self._context.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return work(session)


_SAME_ROLES = f"""
MATCH (role:SystemRole {{uuid: $uuid}})
MATCH (other:SystemRole {{uri: role.uri}})
WHERE other <> role AND {exists_or_will("other")}
RETURN other.uuid
ORDER BY other.uuid
"""
_PARENTS = f"""
MATCH (:Unit {{uuid: $unit}})-[part:PART_OF]->(above:Unit)
WHERE {not_over("part")}
RETURN above.uuid
"""


def _notice(written: Changed) -> str | None:
    if written.change is not None:
        return None
    if written.recorded:
        return (
            "Nothing in force has changed: it already had this value. The statement is kept, and outranks the "
            "sources from now on."
        )
    return "No change: it already had this value."


def as_kept(name: str) -> str:
    """An id as the graph has it: a UUID in lower case."""
    return canonical(name) or name
