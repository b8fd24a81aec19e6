"""Whom changed things can touch on a day: the people whose rights, roles or nearest manager may differ.

Rather too many than too few, and never everybody unless the change reaches everybody. What is asked is asked of the
graph as it is and of the graph as it would be: whoever was reached through an old place is found in the one, whoever is
reached through the new place in the other. The tree is read whole, since it is small; people only where they are
touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import neo4j

from graph.as_of import Day, in_force, overlaps
from graph.connection import Run
from graph.model import KINDS
from graph.model.derived_kinds import DERIVED_KINDS, NotDerivable, derivation
from graph.questions.nearest import MANAGER
from graph.questions.preview.learnt import Things
from graph.questions.preview.sides import Sides, on_both
from graph.questions.preview.unit_tree import UnitTree

_TIES = ("Employment", "Affiliation")
_OTHER_LINKS = "|".join(link.type for link in KINDS["Unit"].links if not link.incoming and link.type != "PART_OF")
_BOOKKEEPING = frozenset({"version", "from", "to"})
_ABOUT = ("KleNode", "ItSystem", "SystemGroup", "Function")


@dataclass(frozen=True, slots=True)
class Touched:
    """``units``: from which the way up to a manager may differ."""

    persons: frozenset[str]
    units: frozenset[str]


def touched(sides: Sides, at: date, things: Things) -> tuple[Touched, Touched]:
    """Of each side. ``things``: those that have changed."""

    def begun(session: neo4j.Session, day: Day) -> _Search:
        search = _Search(session, day, at, things, UnitTree(session, day, at))
        search.read()
        return search

    searches = on_both(sides, begun)
    one, other = searches
    for unit in things.get("Unit", ()):
        # A unit that has moved and is what it was: whatever is above it on both sides has it below it on both.
        if unit in one.forms and one.forms[unit] == other.forms.get(unit):
            still = {*one.tree.chain(unit)} & {*other.tree.chain(unit)} - {unit}
            for search in searches:
                search.still_above[unit] = still
    by_session = {id(each.session): each for each in searches}
    return on_both(sides, lambda session, day: by_session[id(session)].found())


def touched_on(session: Run, day: Day, at: date, things: Things) -> Touched:
    """Of the graph as it is."""
    search = _Search(session, day, at, things, UnitTree(session, day, at))
    search.read()
    return search.found()


def touched_within(sides: Sides, at: date, end: date, things: Things) -> tuple[Touched, Touched]:
    """Of each side, on any of the days from ``at`` until ``end``: also through what never holds on one day together."""
    return on_both(
        sides,
        lambda session, day: _Search(session, day, at, things, UnitTree(session, day, at, end), end).found(),
    )


@dataclass(slots=True)
class _Search:
    session: Run
    day: Day
    at: date
    things: Things
    tree: UnitTree
    end: date | None = None
    """The day after the last; None: only ``at``."""
    units: set[str] = field(default_factory=set)
    grants: set[str] = field(default_factory=set)
    assignments: set[str] = field(default_factory=set)
    ties: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)
    forms: dict[str, Any] = field(default_factory=dict)
    """Of each changed unit all that it is, but its place."""
    still_above: dict[str, set[str]] = field(default_factory=dict)
    """Of a changed unit those above it that need not be looked at."""

    def read(self) -> None:
        """What the changed units are."""
        values = self.day.values("u")
        for row in self._ask(
            self._of("Unit"),
            f"""
            MATCH (u:Unit {{uuid: uuid}})
            RETURN uuid, {self.day.active("u")} AS active, {values} AS values,
                COLLECT {{
                    MATCH (u)-[r:{_OTHER_LINKS}]->(x)
                    WHERE {in_force("r")}
                    RETURN [type(r), x.uuid]
                    ORDER BY type(r), x.uuid
                }} AS links
            """,
        ):
            values_ = {name: each for name, each in (row["values"] or {}).items() if name not in _BOOKKEEPING}
            self.forms[row["uuid"]] = (row["active"], values_, row["links"])

    def found(self) -> Touched:
        self.persons |= self._of("Person")
        self.ties |= self._of(*_TIES)
        self.assignments |= self._of("Assignment")
        self.grants |= self._of("Grant", "RightsRequest")
        self._roles_and_positions()
        self._what_roles_are_about()
        self._settings_and_rights(self._of("ConstraintSetting"))
        managed = self._managed()
        self._units(self._of("Unit"))
        self._reached_by_grants()
        self._holders()
        return Touched(frozenset(self.persons), frozenset(self.units | managed))

    # -- asking ---------------------------------------------------------------------------------------------------

    def _holds(self, relationship: str) -> str:
        return in_force(relationship) if self.end is None else overlaps(relationship, "$at", "$end")

    def _of(self, *kinds: str) -> set[str]:
        return {uuid for kind in kinds for uuid in self.things.get(kind, ())}

    def _ask(self, uuids: Iterable[str], query: str) -> list[neo4j.Record]:
        """``query`` begins with a ``uuid`` in scope. Periods named r… are in force where it says ``{r}``."""
        wanted = sorted(uuids)
        if not wanted:
            return []
        return list(self.session.run(f"UNWIND $uuids AS uuid {query}", uuids=wanted, at=self.at, end=self.end))

    def _uuids(self, uuids: Iterable[str], query: str) -> set[str]:
        return {row["found"] for row in self._ask(uuids, query)}

    # -- from things to those that they matter to -------------------------------------------------------------------

    def _roles_and_positions(self) -> None:
        self.assignments |= self._uuids(
            self._of("Role"),
            f"""
            MATCH (:Role {{uuid: uuid}})<-[r:OF]-(a:Assignment)
            WHERE {self._holds("r")}
            RETURN a.uuid AS found
            """,
        )
        self.ties |= self._uuids(self._of("Position", "PositionCategory"), self._at_positions())
        substitutions = self._of("Substitution")
        self.persons |= self._uuids(
            substitutions,
            f"""
            MATCH (:Substitution {{uuid: uuid}})<-[r:STANDS_IN]-(p:Person)
            WHERE {self._holds("r")}
            RETURN p.uuid AS found
            """,
        )

    def _what_roles_are_about(self) -> None:
        """What covers a responsibility is itself, or lies above it."""
        about = self._of(*_ABOUT)
        lower = self._uuids(
            about,
            f"""
            MATCH (:{"|".join(_ABOUT)} {{uuid: uuid}})<-[parts:WITHIN|MEMBER_OF*0..]-(x:{"|".join(_ABOUT)})
            WHERE all(r IN parts WHERE {self._holds("r")})
            RETURN DISTINCT x.uuid AS found
            """,
        )
        for row in self._ask(
            lower | about,
            f"""
            MATCH (:{"|".join(_ABOUT)} {{uuid: uuid}})<-[r:ABOUT|PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN|HANDLES]-(x)
            WHERE {self._holds("r")}
            RETURN DISTINCT labels(x)[0] AS kind, x.uuid AS found
            """,
        ):
            where = {"Assignment": self.assignments, "Grant": self.grants, "Unit": self.units}
            where.get(row["kind"], self.ties).add(row["found"])

    def _settings_and_rights(self, settings: set[str]) -> None:
        if self._of("KleNode"):  # a fixed number may have ended, or exist from now on
            settings = settings | {each["uuid"] for each in self._settings() if each["fixed"]}
        of_settings = self._uuids(
            settings,
            f"""
            MATCH (:ConstraintSetting {{uuid: uuid}})-[r:SETS]->(x)
            WHERE {self._holds("r")}
            RETURN x.uuid AS found
            """,
        )
        rights = self._of("SystemRole", "JobFunctionRole")
        rights |= self._uuids(
            self._of("RightsConflict"),
            f"""
            MATCH (:RightsConflict {{uuid: uuid}})-[r:FIRST_OF_TWO|SECOND_OF_TWO]->(x)
            WHERE {self._holds("r")}
            RETURN x.uuid AS found
            """,
        )
        rights |= self._uuids(
            self._of("ItSystem", "ConstraintType"),
            f"""
            MATCH (:ItSystem|ConstraintType {{uuid: uuid}})<-[r:AT|REQUIRES|MAY_LIMIT]-(x:SystemRole)
            WHERE {self._holds("r")}
            RETURN x.uuid AS found
            """,
        )
        of_settings |= self._uuids(
            self._of("ConstraintType"),
            f"""
            MATCH (:ConstraintType {{uuid: uuid}})<-[limits:LIMITS]-(:ConstraintSetting)-[r:SETS]->(x)
            WHERE {self._holds("limits")} AND {self._holds("r")}
            RETURN x.uuid AS found
            """,
        )
        self.grants |= self._uuids(of_settings, "MATCH (g:Grant {uuid: uuid}) RETURN g.uuid AS found")
        self.grants |= self._uuids(
            rights | of_settings,
            f"""
            MATCH (:SystemRole|JobFunctionRole {{uuid: uuid}})<-[parts:INCLUDES*0..]-(bundle)
            WHERE all(r IN parts WHERE {self._holds("r")})
            MATCH (bundle)<-[r:GIVES]-(g:Grant|RightsRequest)
            WHERE {self._holds("r")}
            RETURN DISTINCT g.uuid AS found
            """,
        )

    def _settings(self) -> list[Mapping[str, Any]]:
        """All settings that look further than at a holding's own unit, or hold fixed values."""
        rows = self.session.run(
            f"""
            MATCH (c:ConstraintSetting)-[r:STATE]->(values)
            WHERE {self._holds("r")}
            RETURN c.uuid AS uuid, values.derived AS derived, values.below AS below, values.fixed AS fixed
            """,
            at=self.at,
            end=self.end,
        )
        return [row.data() for row in rows]

    # -- units ------------------------------------------------------------------------------------------------------

    def _units(self, changed: set[str]) -> None:
        """Who works in or below a changed unit, or has a role for it. Others, where a limit of theirs looks there."""
        payees = {uuid for uuid, unit in self.tree.units.items() if unit.payers & changed}
        self.units |= self.tree.below(changed | self.units | payees)
        if not changed:
            self._at(self.units)
            return
        all_above = {each for unit in changed for each in self.tree.chain(unit)}
        above = {
            each for unit in changed for each in self.tree.chain(unit) if each not in self.still_above.get(unit, ())
        }
        further = set(self.units)
        looking: set[str] = set()
        for setting in self._settings():
            values = {each.lower() for each in setting["fixed"] or ()}
            if values & changed:
                looking.add(setting["uuid"])
            if setting["below"]:
                further |= above
            try:
                how = derivation(setting["derived"] or "")
            except NotDerivable:
                continue
            if how.kind is DERIVED_KINDS["unit_at_level"]:
                tops = (self.tree.at_level(each, how.number) for each in changed)
                further |= self.tree.below(set[str]().union(*tops))
            elif how.kind is DERIVED_KINDS["units_paid_out_by"]:
                further |= set[str]().union(*(self.tree.units[each].payers for each in all_above))
            if how.kind.below:
                further |= above
        self._at(further)
        self._named(further | above, looking)
        self.persons |= self._uuids(
            above,
            f"""
            MATCH (:Unit {{uuid: uuid}})<-[r:SCOPE_UNIT]-(:Substitution)<-[stands:STANDS_IN]-(p:Person)
            WHERE {self._holds("r")} AND {self._holds("stands")}
            RETURN p.uuid AS found
            """,
        )

    def _at(self, units: set[str]) -> None:
        """Ties in units, and roles for them."""
        for row in self._ask(
            units,
            f"""
            MATCH (:Unit {{uuid: uuid}})<-[r:IN|FOR]-(x)
            WHERE {self._holds("r")}
            RETURN labels(x)[0] AS kind, x.uuid AS found
            """,
        ):
            where = {"Assignment": self.assignments, "Grant": self.grants}
            where.get(row["kind"], self.ties).add(row["found"])

    def _named(self, units: set[str], looking: set[str]) -> None:
        """Settings that select a unit or leave it out. ``looking``: those that name one as a fixed value."""
        settings = looking | self._uuids(
            units,
            f"""
            MATCH (:Unit {{uuid: uuid}})<-[r:SELECTS|LEAVES_OUT]-(c:ConstraintSetting)
            WHERE {self._holds("r")}
            RETURN c.uuid AS found
            """,
        )
        if settings:
            self._settings_and_rights(settings)

    # -- grants, assignments, ties ------------------------------------------------------------------------------------

    def _reached_by_grants(self) -> None:
        named: dict[str, set[str]] = {}
        for row in self._ask(
            self.grants,
            f"""
            MATCH (:Grant|RightsRequest {{uuid: uuid}})-[r:GIVEN_TO]->(x)
            WHERE {self._holds("r")}
            RETURN DISTINCT labels(x)[0] AS kind, x.uuid AS found
            """,
        ):
            named.setdefault(row["kind"], set()).add(row["found"])
        self.persons |= named.get("Person", set())
        self.ties |= {uuid for kind in _TIES for uuid in named.get(kind, ())}
        self.ties |= self._uuids(
            named.get("Unit", set()) and self.tree.below(named["Unit"]),
            f"""
            MATCH (:Unit {{uuid: uuid}})<-[r:IN]-(tie)
            WHERE {self._holds("r")}
            RETURN tie.uuid AS found
            """,
        )
        positions = named.get("Position", set()) | named.get("PositionCategory", set())
        self.ties |= self._uuids(positions, self._at_positions())
        self.assignments |= self._uuids(
            named.get("Role", set()),
            f"""
            MATCH (:Role {{uuid: uuid}})<-[r:OF]-(a:Assignment)
            WHERE {self._holds("r")}
            RETURN a.uuid AS found
            """,
        )

    def _holders(self) -> None:
        for row in self._ask(
            self.assignments,
            f"""
            MATCH (a:Assignment {{uuid: uuid}})
            CALL (a) {{
                MATCH (a)<-[r:HOLDS]-(x)
                WHERE {self._holds("r")}
                RETURN x
                UNION
                MATCH (a)<-[r:SUBSTITUTES]-(:Substitution)<-[stands:STANDS_IN]-(x:Person)
                WHERE {self._holds("r")} AND {self._holds("stands")}
                RETURN x
            }}
            RETURN labels(x)[0] AS kind, x.uuid AS found
            """,
        ):
            (self.persons if row["kind"] == "Person" else self.ties).add(row["found"])
        self.persons |= self._uuids(
            self.ties,
            f"""
            MATCH (:Employment|Affiliation {{uuid: uuid}})<-[r:HAS]-(p:Person)
            WHERE {self._holds("r")}
            RETURN p.uuid AS found
            """,
        )

    def _managed(self) -> set[str]:
        """Units below those for which a touched assignment is a manager's, or that of whom somebody stands in for."""
        persons = self.persons | self._uuids(
            self._of(*_TIES),
            f"""
            MATCH (:Employment|Affiliation {{uuid: uuid}})<-[r:HAS]-(p:Person)
            WHERE {self._holds("r")}
            RETURN p.uuid AS found
            """,
        )
        held = self._uuids(
            persons,
            f"""
            MATCH (p:Person {{uuid: uuid}})
            CALL (p) {{
                MATCH (p)-[holds:HOLDS]->(a:Assignment)
                WHERE {self._holds("holds")}
                RETURN a
                UNION
                MATCH (p)-[r:HAS]->()-[holds:HOLDS]->(a:Assignment)
                WHERE {self._holds("r")} AND {self._holds("holds")}
                RETURN a
                UNION
                MATCH (p)-[r:STANDS_IN]->(:Substitution)-[stood:SUBSTITUTES]->(a:Assignment)
                WHERE {self._holds("r")} AND {self._holds("stood")}
                RETURN a
            }}
            RETURN DISTINCT a.uuid AS found
            """,
        )
        tops = self._uuids(
            self.assignments | held | self._stood_for(),
            f"""
            MATCH (:Role {{key: '{MANAGER}'}})<-[r:OF]-(:Assignment {{uuid: uuid}})-[for:FOR]->(u:Unit)
            WHERE {self._holds("r")} AND {self._holds("for")}
            RETURN DISTINCT u.uuid AS found
            """,
        )
        return self.tree.below(tops | self._of("Unit"))

    def _stood_for(self) -> set[str]:
        return self._uuids(
            self._of("Substitution"),
            f"""
            MATCH (:Substitution {{uuid: uuid}})-[r:SUBSTITUTES]->(a:Assignment)
            WHERE {self._holds("r")}
            RETURN a.uuid AS found
            """,
        )

    def _at_positions(self) -> str:
        return f"""
            MATCH (:Position|PositionCategory {{uuid: uuid}})<-[parts:WITHIN*0..]-(p:Position|PositionCategory)
            WHERE all(r IN parts WHERE {self._holds("r")})
            MATCH (p)<-[r:AS]-(tie)
            WHERE {self._holds("r")}
            RETURN DISTINCT tie.uuid AS found
        """
