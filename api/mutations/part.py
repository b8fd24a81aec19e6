"""Changes by a caller whose roles hold in a part of the organisation: whatever a mutation names must lie there.

It is checked where a mutation's names become things and where things are written (``api.mutations.editing``), so that
no mutation can leave it out. What the caller may not read is as if it were not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

import neo4j
from graphql import GraphQLError

from api.access.administrators import nearest_administrators, who_can_give
from api.access.own_system import SYSTEM
from api.access.places import PLACES, Place, units_of
from api.access.rights import Access
from api.access.sight import seen
from graph.errors import Ambiguous, ChangeRejected
from graph.identity.lookup import find, found
from graph.model import KINDS
from graph.statements.statement import Statement
from graph.time import today
from graph.writing.amending import Amendment

_WHOLLY = frozenset({"Assignment"})
"""Kinds that must lie in the part with all their units even where they are only named: a substitute stands in for the
holder in all of them."""
_OF_WHOLE_PERSON = frozenset({"AccountException", "AccountRequest", "PlannedAccount", "RightsRequest"})
"""Kinds that are about all that a person has: a new one needs the person with all places of work, as a change does."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the organisation in which a mutation's caller may make it. ``roles``: those that may."""

    driver: neo4j.Driver
    access: Access
    mutation: str
    roles: frozenset[str]

    @property
    def units(self) -> frozenset[str]:
        assert self.access.scope is not None
        return self.access.units(self.access.scope.limited(self.roles) or ())

    def find(self, session: neo4j.Session, kind: str, name: str) -> str:
        """UUID of a thing that the mutation may name. Raises Unknown, Ambiguous, GraphQLError (forbidden)."""
        uuids: tuple[str, ...]
        try:
            uuids = (find(session, kind, name).uuid,)
        except Ambiguous as ambiguous:
            uuids = ambiguous.candidates
        if not isinstance(PLACES.get(kind), Place) or uuids in ((self.access.person,), (self.access.decides,)):
            uuid = self._one(kind, name, uuids)
            if kind in _GIVING:
                self._refuse_giving(session, uuid)
            return uuid
        uuid = self._one(kind, name, tuple(sorted(set(uuids) & seen(self.driver, self.access, _of(kind, uuids)))))
        self.require(session, kind, uuid, wholly=kind in _WHOLLY)
        return uuid

    @staticmethod
    def _one(kind: str, name: str, uuids: tuple[str, ...]) -> str:
        if len(uuids) > 1:
            raise Ambiguous(f"{name!r} fits {len(uuids)} things of kind {kind}; give the UUID", uuids, name)
        return uuids[0] if uuids else found(kind, name, []).uuid

    def require(self, session: neo4j.Session, kind: str, uuid: str, *, wholly: bool) -> None:
        """Raises GraphQLError (forbidden) unless the thing lies in the part. ``wholly``: with all its units."""
        if not isinstance(PLACES.get(kind), Place):
            raise self._about_all(kind)
        numbers = count()
        lies = units_of(kind, "n", "$today", lambda name: f"{name}_{next(numbers)}")
        row = session.run(f"MATCH (n:{kind} {{uuid: $uuid}}) RETURN {lies} AS units", uuid=uuid, today=today()).single()
        units = frozenset() if row is None else frozenset(row["units"])
        inside = units & self.units
        if not inside or (wholly and units - inside):
            raise self._refusal(session, kind, uuid, sorted(units - inside))

    def require_written(self, session: neo4j.Session, amendments: Iterable[Amendment]) -> None:
        """Raises GraphQLError (forbidden) unless all that is written lies in the part."""
        for each in amendments:
            if not isinstance(PLACES.get(each.kind), Place):
                raise self._about_all(each.kind)
            if each.uuid is not None:
                self.require(session, each.kind, each.uuid, wholly=True)
                if each.kind == "Assignment":
                    for role in session.run(_ROLES, uuid=each.uuid).value():
                        self._refuse_giving(session, role)
                continue
            stated = each.edit(Statement(each.kind, "", exists=None))
            named = [(name, dated.to) for name, links in stated.links.items() for dated in links]
            placed = [(name, to) for name, to in named if isinstance(PLACES.get(to.kind), Place)]
            if not placed:
                raise self._about_all(each.kind)
            whole = {link.name for link in KINDS[each.kind].links if link.owner and each.kind in _OF_WHOLE_PERSON}
            for name, to in placed:
                if to.key not in (self.access.person, self.access.decides):
                    self.require(session, to.kind, to.key, wholly=to.kind in _WHOLLY or name in whole)

    def _refuse_giving(self, session: neo4j.Session, uuid: str) -> None:
        """Raises GraphQLError (forbidden) for a role or position by which REConnect's own rights are granted: whoever
        could give it in a part could give rights that hold in more."""
        if session.run(_GIVES, uuid=uuid, system=SYSTEM).single(strict=True)["gives"]:
            text = (
                f"{self.mutation}: it gives rights in REConnect itself, so it needs one of the system roles "
                f"{', '.join(sorted(self.roles))}, held for the whole organisation"
            )
            raise GraphQLError(text, extensions={"code": "forbidden", "roles": sorted(self.roles), "units": []})

    def shown(self, error: ChangeRejected) -> ChangeRejected:
        """The refusal, without what the caller may not read."""
        named = (*error.things, *_of("Unit", error.units))
        known = seen(self.driver, self.access, named)
        if all(uuid in known for _, uuid in named):
            return error
        text = "Something that you may not read prevents it. Ask someone whose rights hold for the whole organisation"
        return ChangeRejected(
            error.code,
            text,
            units=tuple(each for each in error.units if each in known),
            start=error.start,
            end=error.end,
            field=error.field,
            things=tuple(each for each in error.things if each[1] in known),
        )

    def _about_all(self, kind: str) -> GraphQLError:
        text = (
            f"{self.mutation} of a {kind} that lies nowhere in the organisation needs one of the system roles "
            f"{', '.join(sorted(self.roles))}, held for the whole organisation"
        )
        return GraphQLError(text, extensions={"code": "forbidden", "roles": sorted(self.roles), "units": []})

    def _refusal(self, session: neo4j.Session, kind: str, uuid: str, outside: list[str]) -> GraphQLError:
        """Names the right that is missing, where, and who can give it. A unit is named if the caller may read it."""
        shown = sorted(seen(self.driver, self.access, _of("Unit", outside)))
        names = session.run(
            "UNWIND $units AS uuid MATCH (u:Unit {uuid: uuid}) RETURN u.name AS name ORDER BY name", units=shown
        ).value()
        place = ", ".join(name for name in names if name) or "all places where it lies"
        text = (
            f"{self.mutation}: the {kind} {uuid} is not wholly where you may change it. It needs one of the system "
            f"roles {', '.join(sorted(self.roles))} for {place}"
        )
        around = outside or sorted(self.units)
        text += who_can_give(nearest_administrators(self.driver, around[0]) if around else ())
        extensions = {"code": "forbidden", "roles": sorted(self.roles), "units": shown}
        return GraphQLError(text, extensions=extensions)


_GIVING = frozenset({"Role", "Position"})
_ROLES = "MATCH (:Assignment {uuid: $uuid})-[:OF]->(role:Role) RETURN role.uuid"
_GIVES = """
RETURN EXISTS {
    MATCH (n {uuid: $uuid})-[:WITHIN*0..20]->(named)<-[:GIVEN_TO]-(:Grant)-[:GIVES]->(right)
    MATCH (right)-[:INCLUDES*0..20]->(:SystemRole)-[:AT]->(:ItSystem {key: $system})
} AS gives
"""


def _of(kind: str, uuids: Iterable[str]) -> list[tuple[str, str]]:
    return [(kind, uuid) for uuid in uuids]
