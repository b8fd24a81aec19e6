"""What refuses a change by hand that the caller has the right to: it needs a second person, it is about oneself, or
about what is REConnect's own (``api.access.four_eyes``)."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from typing import Protocol, TypeVar

import neo4j
from graphql import GraphQLError

from api.access import four_eyes
from api.access.four_eyes import Rule
from api.access.held import held_by
from api.access.own_system import SYSTEM
from api.access.rights import WRITE
from api.context import Context
from api.mutations import oneself
from graph.as_of import not_over
from graph.errors import ChangeRejected
from graph.identity.lookup import is_known_as
from graph.model.rights import RIGHTS
from graph.statements.statement import Ref, Value
from graph.time import Period, today

T = TypeVar("T")


class _Finding(Protocol):
    """What finds the things that a mutation names."""

    _context: Context
    _mutation: str

    def uuid(self, kind: str, name: str) -> str: ...

    def ref(self, kind: str, name: str) -> Ref: ...

    def read(self, work: Callable[[neo4j.Session], T]) -> T: ...


class Guarding(_Finding, Protocol):
    """The part of ``api.mutations.editing.Editing`` that guards."""

    def require_second(self, rule: Rule, thing: str) -> None:
        """Raises GraphQLError (second_person) for the first of the two who must ask for it. A preview needs one."""
        context = self._context
        four_eyes.require_second(context.driver, context.four_eyes, rule, thing, context.access.name)

    def require_other_than_stopper(self, kind: str, thing: str, name: str) -> None:
        """Before a person's STOP is changed by hand. Raises GraphQLError (second_person), Unknown."""
        if kind != "Person" or name not in ("stopped", "stopped_because"):
            return
        context, uuid = self._context, self.uuid("Person", thing)
        self.read(
            lambda session: four_eyes.require_other_than_stopper(
                session, context.driver, context.four_eyes, uuid, context.access.name
            )
        )

    def refuse_oneself(self, uuids: Iterable[str | None], why: str) -> None:
        """Raises GraphQLError (forbidden) where one of the things is the caller's own. ``why``: what it would do."""
        known = [each for each in uuids if each is not None]
        self.read(lambda session: oneself.refuse(session, self._context.access, self._mutation, known, why))

    def require_rights_of(self, uuids: Iterable[str | None]) -> None:
        """Raises GraphQLError (forbidden) where one of the things is, or belongs to, a person with rights in REConnect
        that the caller lacks. Who decides whose records and accounts are could give these to an accomplice."""
        named = [each for each in uuids if each is not None]
        for person in self.read(lambda session: session.run(_PERSONS, uuids=named).value()):
            held = held_by(self._context.driver, person, person)
            if held is not None and not self._context.access.covers(held):
                text = (
                    f"{self._mutation}: the person {person} has rights in REConnect that you do not have, and this "
                    "decides who logs in with them. Ask someone who has these rights, and one of the system roles "
                    f"{', '.join(sorted(WRITE[self._mutation]))}"
                )
                raise GraphQLError(text, extensions={"code": "forbidden", "roles": sorted(held.roles)})

    def own_name(self, person: str | None, field: str) -> Ref:
        """The person in whose name the caller decides, asks or approves; None = the one who is logged in, or has
        written the plan that is carried out.

        Raises ChangeRejected (own_name, missing), Unknown.
        """
        access = self._context.access
        if person is None and access.decides is None:
            four_eyes.require_own_name(access, None, field)  # the break-glass account decides nothing
            text = f"{field}: give the person; a token is used by a system, and decides nothing itself"
            raise ChangeRejected("missing", text, field=field)
        own = access.decides
        if own is not None and person is not None:
            # Whether anybody else is known by the name is not told.
            is_own = self.read(lambda session: is_known_as(session, "Person", own, person))
            four_eyes.require_own_name(access, own if is_own else None, field)
        ref = self.ref("Person", own or str(person))
        four_eyes.require_own_name(access, ref.key, field)
        return ref

    def refuse_own_system(self, kind: str, things: Collection[str]) -> None:
        """Before a value of all these things (uuids) is set by hand. Raises ChangeRejected (own_system) where one is
        what REConnect itself says about its own rights. Someone who made a sensitive right common could grant it
        without approval."""
        if kind in _OWN and self.read(lambda session: session.run(_OWN[kind], uuids=list(things)).peek()):
            text = f"thing: this {kind} is REConnect's own, which no one changes by hand"
            raise ChangeRejected("own_system", text, field="thing")

    def require_second_for_common(self, rights: Collection[str], days: Period) -> None:
        """Before these rights (uuids) are made common by hand (``makes_common``), in one request. All their grants
        count then, even those that no one approved. Raises GraphQLError (second_person)."""
        if found := self.read(lambda session: _sensitive(session, rights)):
            which = hashlib.sha256("\n".join(found).encode()).hexdigest()
            self.require_second("end_sensitivity", f"{which} {days}")


def makes_common(kind: str, name: str, value: Value | None) -> bool:
    """Whether a right may no longer be sensitive once a value is set by hand, or released (None)."""
    return kind in RIGHTS and name == "sensitive" and value is not True


def _sensitive(session: neo4j.Session, rights: Collection[str]) -> list[str]:
    """Those rights that are sensitive today or later, in order."""
    return session.run(_SENSITIVE, uuids=list(rights), today=today()).value()


_PERSONS = """
UNWIND $uuids AS uuid
MATCH (n:Person|Employment|Affiliation|Account|PlannedAccount {uuid: uuid})
MATCH (p:Person)
WHERE p = n OR EXISTS { (p)-[:HAS|OWNS]->(n) } OR EXISTS { (n)-[:OF_PERSON]->(p) }
RETURN DISTINCT p.uuid
ORDER BY p.uuid
"""
_OWN = {
    "ItSystem": f"MATCH (n:ItSystem {{key: '{SYSTEM}'}}) WHERE n.uuid IN $uuids RETURN n",
    **{
        kind: f"MATCH (n:{kind})-[:AT]->(:ItSystem {{key: '{SYSTEM}'}}) WHERE n.uuid IN $uuids RETURN n"
        for kind in ("SystemRole", "ConstraintType")
    },
}
"""Kind → finds those of the things (``$uuids``) that are REConnect's own."""
_SENSITIVE = f"""
UNWIND $uuids AS uuid
MATCH (n:{"|".join(RIGHTS)} {{uuid: uuid}})-[state:STATE]->({{sensitive: true}})
WHERE {not_over("state")}
RETURN DISTINCT uuid
ORDER BY uuid
"""
