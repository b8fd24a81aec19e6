"""Compiles the things in an answer to Cypher expressions: the values of each, in the order of the fields.

Every name in an expression comes from ``api.model.types``; every value is a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from api.access.rights import READ
from api.computed.managers_of_all import EVERYBODY
from api.computed.types import ANSWER_TYPES, Thing
from api.model.fields import Answered, Counted, Linked, Paged, Periods, Type, Value, Way
from api.model.filters import Linked as LinkedBy
from api.model.filters import of_kind, step_between_units
from api.model.orders import TAGS, sort_text
from api.model.refused import in_field
from api.model.types import NOT_DATED, TYPES
from api.model.variables import Given, current
from api.reads.compilation import row_of
from api.reads.computed_answers import answer_row
from api.reads.labels import label
from api.reads.limits import levels, some
from api.reads.nested_pages import Reached, page_of
from api.reads.selection import Selected, read
from api.reads.values_shown import ValuesShown
from graph.collation import SORT_KEY, in_cypher
from graph.identity.lookup import surviving_match
from graph.shown_periods import joined


@dataclass(slots=True)
class Objects(ValuesShown):
    """Compiles what is selected of things.

    A thing is the list of its values, without their names: Neo4j makes and sends a list in much less time than a map.
    If it may be of several kinds, the name of the type comes first.
    """

    def _manager(self, selected: Selected, n: str) -> str:
        """The nearest manager of one of many: all answers are one parameter, computed once per day that is read."""
        if self.moment.is_period:
            raise GraphQLError(f"{selected.name} is of a day: give at", extensions={"code": "at_or_period"})
        if self.moment.day not in self._everybody:
            asked = {"at": self.moment.given, "asKnownOn": self.known}
            self._everybody[self.moment.day] = self._rule(EVERYBODY, asked)
        everybody = self._everybody[self.moment.day]
        form = self._answer("Nearest", selected, "answer")
        return f"""head(COLLECT {{
            UNWIND [place IN [{everybody}.of[{n}.uuid]] WHERE place IS NOT NULL] AS place
            WITH {everybody}.answers[place] AS answer
            RETURN {form}
        }})"""

    def _answer(self, type_: str, selected: Selected, answer: str) -> str:
        """What is selected of a computed field's answer."""
        return answer_row(ANSWER_TYPES[type_], selected.children[type_], answer, self._thing, self)

    def _thing(self, field: Thing, selected: Selected, uuid: str) -> str:
        """The thing of an answer that has this uuid."""
        if len(field.kinds) == 1:
            return self._named(field.kinds[0], selected.children[field.kinds[0]], uuid)
        m, r = self.new_name("m"), self.new_name("r")
        v, binding = self.moment.bind_closed(m, self.new_name("v"))
        # Kinds of which nothing is selected are read too: such a thing is {}. Null would mean that there is no thing.
        found = " UNION ".join(f"MATCH ({m}:{kind} {{uuid: {uuid}}}) RETURN {m}" for kind in field.kinds)
        return f"""head(COLLECT {{
            CALL ({uuid.partition(".")[0]}) {{ {found} }}
            {self._and_inside(field.kinds, m, "WITH * WHERE")}
            {binding}
            RETURN {self._of_kinds(field.kinds, selected, m, v, r)}
        }})"""

    def _things_by_uuid(self, kinds: Sequence[str], selected: Selected) -> str:
        """A statement that gives each thing of ``$uuids``, of whichever of the kinds, even if nothing of its kind is
        selected; also where it does not exist on the day. A log has the uuid that a person had before a join."""
        m, r = self.new_name("m"), self.new_name("r")
        v, binding = self.moment.bind_closed(m, self.new_name("v"))
        found = " UNION ".join(f"{surviving_match(kind, 'uuid', m)} RETURN {m}" for kind in kinds)
        match = f"CALL (uuid) {{ {found} }}" if len(kinds) > 1 else surviving_match(kinds[0], "uuid", m)
        one = len(selected.children) == 1
        row = (
            self._values_of(TYPES[kinds[0]], selected.children[kinds[0]], m, v, r)
            if one
            else self._of_kinds(kinds, selected, m, v, r)
        )
        return f"""
        UNWIND $uuids AS uuid
        {match}
        {self._and_inside(kinds, m, "WITH * WHERE")}
        {binding}
        WITH uuid, {row} AS row
        RETURN collect([uuid, row]) AS things"""

    def _named(self, kind: str, selected: Mapping[str, Selected], uuid: str, *first: str) -> str:
        """The thing with this uuid, even if it does not exist on the day: a walk may go through a closed unit."""
        m, r = self.new_name("m"), self.new_name("r")
        v, binding = self.moment.bind_closed(m, self.new_name("v"))
        return f"""head(COLLECT {{
            MATCH ({m}:{kind} {{uuid: {uuid}}}){self._and_inside((kind,), m, "WHERE")}
            {binding}
            RETURN {self._values_of(TYPES[kind], selected, m, v, r, *first)}
        }})"""

    def _values_of(self, type_: Type, selected: Mapping[str, Selected], n: str, v: str, r: str, *first: str) -> str:
        """``first``: what comes before its values."""
        return row_of((*first, *(self._field(type_, each, n, v, r) for each in read(selected))))

    def _field(self, type_: Type, selected: Selected, n: str, v: str, r: str) -> str:
        """A field of a thing. A refusal says that it is this field, or one within it."""
        above, self.parameters.node = self.parameters.node, selected.node
        try:
            return self._field_of(type_, selected, n, v, r)
        except GraphQLError as error:
            raise in_field(error, selected.node) from error
        finally:
            self.parameters.node = above

    def _field_of(self, type_: Type, selected: Selected, n: str, v: str, r: str) -> str:
        if selected.name == "__typename":
            return f"'{type_.name}'"
        found_field = type_.fields[selected.name]
        if isinstance(found_field, Value):
            return self._value(type_, found_field, n, v, r)
        if isinstance(found_field, Answered):
            return self._manager(selected, n)
        if isinstance(found_field, Linked):
            return self._object(found_field.way, selected, n, v, r)
        if isinstance(found_field, Counted):
            return self._counts(selected, n)
        return self._way(type_, found_field, selected, n)

    def _way(self, type_: Type, way: Way | Periods | Paged, selected: Selected, n: str) -> str:
        above = self.moment
        self._from = (type_, n)
        if (way.way if isinstance(way, Paged) else way).name == "sources":
            self._refuse_known(selected.name, NOT_DATED)
        if selected.arguments.get("at") is not None or selected.arguments.get("period") is not None:
            self.moment = self._moment(selected)
        if isinstance(way, Paged):
            text = self._page_of(way, selected, n)
        elif isinstance(way, Periods):
            text = self._periods(way, selected, n)
        else:
            text = self._things(way, selected, n)
        self.moment = above
        return text

    def _things(self, way: Way, selected: Selected, n: str) -> str:
        m, r = self.new_name("m"), self.new_name("r")
        if not way.many and way.dated and not self.moment.is_period:
            v, binding, exists = self._bound(TYPES[way.to[0]], m)
            if not binding and not asks_for_manager(selected):
                # A single link: on a day there is at most one, and nothing need be sorted.
                kept = " AND ".join(self._kept(way, m, r, exists))
                return f"head([{_pattern(way, n, m, r)} WHERE {kept} | {self._object(way, selected, m, v, r)}])"
        v, clauses, order = self._reached(way, selected, n, m, r)
        if way.name == "history" and (hidden := self._hidden(*self._from)):
            shown = self.new_name("shown")
            clauses, order = f"{clauses}\n            {joined(r, m, shown, hidden)}", [f"{shown}.from"]
            r = shown
        if _descending(selected):
            order = [f"{each} DESC" for each in order]
        limit = self._limit(selected) if way.many else " LIMIT 1"
        # Sorted before RETURN: Neo4j plans the content of a sorted RETURN twice, and again at each level.
        text = f"""COLLECT {{
            {clauses}
            WITH * ORDER BY {", ".join(order)}{limit}
            RETURN {self._object(way, selected, m, v, r)}
        }}"""
        return text if way.many else f"head({text})"

    def _page_of(self, paged: Paged, selected: Selected, n: str) -> str:
        m, r = self.new_name("m"), self.new_name("r")
        v, clauses, order = self._reached(paged.way, selected, n, m, r)
        reached = Reached(m, v, clauses, order, _descending(selected))
        return page_of(paged, selected, reached, lambda each: self._object(paged.way, each, m, v, r), self)

    def _kept(self, way: Way, m: str, r: str, exists: str) -> list[str]:
        """The conditions for a thing that the way leads to."""
        conditions = [f"{m}:{'|'.join(way.to)}", exists]
        if way.dated:
            conditions.append(self.moment.in_force(r))
        elif way.is_tree:
            conditions.append(f"all(part IN {r} WHERE {self._steps('part')})")
        if lies := self._lies(way, m):
            conditions.append(lies)
        return conditions

    def _steps(self, part: str) -> str:
        """The condition that a walk in the tree may take this step: not over units that may not be read, as those
        above and below one are not read through it either."""
        return self.moment.in_force(part) + step_between_units(part, self._and_inside)

    def _lies(self, way: Way, m: str) -> str:
        """The condition that the caller may read what a way leads to. A thing's own states are read with it, and its
        records lie where it does."""
        if self.scope is None or way.name == "history":
            return ""
        type_, n = self._from
        if type_.kind is None or way.name not in ("changes", "sources"):
            return self._inside(way.to, m)
        roles = READ[way.to[0]]
        if self.scope.limited(roles) == self.scope.limited(READ[type_.name]):
            return ""
        return self._inside((type_.name,), n, roles)

    def _reached(self, way: Way, selected: Selected, n: str, m: str, r: str) -> tuple[str, str, list[str]]:
        """(the variable with the values of each thing that the way leads to, clauses that find them, their order)."""
        pattern = _pattern(way, n, m, r)
        if way.is_tree:
            pattern = pattern.replace("*1..", f"*1..{self._levels(selected.arguments.get('depth'))}")
        type_ = TYPES[way.to[0]]
        v, binding, exists = self._bound(type_, m)
        clauses = [f"MATCH {pattern}", f"WHERE {' AND '.join(self._kept(way, m, r, exists))}"]
        order = way.order
        if self.moment.is_period and (way.dated or way.is_tree):
            # Over a period the same thing may be linked several times; a single link is the first in force.
            since = f"min({r}.from)" if way.dated else f"min(size({r}))"
            clauses.append(f"WITH {m}, {since} AS {r}")
            if way.is_tree or not way.many:
                order = "{r}, {m}.uuid"
        if binding:
            clauses.append(binding)
        asked = selected.arguments.get("filter")
        if asked:
            clauses += ["WITH *", f"WHERE {' AND '.join(self._filtered(selected.name, type_, asked, m, v))}"]
        chosen = selected.arguments.get("order")
        if chosen is not None:
            order = "{name}, {m}.uuid" if chosen.by == "NAME" else "{m}.uuid"
            if chosen.by in TAGS:
                text = self.new_name("text")
                clauses.append(f"WITH *, {sort_text(chosen.by, m, self.moment)} AS {text}")
                order = f"{text}, {{m}}.uuid"
        order = order.replace("{m}", m).replace("{r}", r).replace("{v}", v)
        if "{name}" in order:
            order = order.replace("{name}", self._sorted_by(way, m, v))
        return v, "\n            ".join(clauses), order.rsplit(", ", 1)

    def _sorted_by(self, way: Way, m: str, v: str) -> str:
        """The name of each, in the Danish order."""
        if v == m:  # the node shows the day, and has the sort key
            return f"coalesce({m}.{SORT_KEY}, '')"
        captions = dict.fromkeys(f"{v}.{TYPES[each].caption}" for each in way.to if TYPES[each].caption)
        return in_cypher(f"coalesce({', '.join((*captions, 'null'))})")

    def _filtered(self, field_: str, type_: Type, asked: Mapping[str, Any], n: str, v: str) -> list[str]:
        """The conditions of a filter, for things ``n`` with values ``v``. Raises GraphQLError (null_filter)."""
        conditions = []
        known = of_kind(type_.name)
        for name, value in asked.items():
            filter_ = known[name]
            if filter_.only_now:
                self._refuse_known(f"{field_}: filter.{name}", filter_.only_now)
            if value is not None:
                known_as = filter_.names
                wanted = (
                    self._known(known_as, value, f"filter.{name}")
                    if known_as
                    else self.parameters.add(value, filter_.form)
                )
                linked = LinkedBy(
                    self.moment.in_force, self._and_inside, self.moment.exists_from, self.moment.exists_to
                )
                condition = f"({filter_.condition(n, v, wanted, linked)})"
                where = self._where_grouped(type_, f"{field_}: filter.{name}", filter_.group, n)
                conditions.append(f"({condition} AND {where})" if where else condition)
            elif filter_.empty is not None:
                conditions.append(f"({filter_.empty(v)})")
            else:
                raise GraphQLError(
                    f"{field_}: filter.{name}: null is not allowed here; omit the filter",
                    extensions={"code": "null_filter"},
                )
        return conditions

    def _counts(self, selected: Selected, n: str) -> str:
        """Employments of a unit, or of it and all below, by type."""
        v, binding, exists = self._bound(TYPES["Employment"], "employment")
        place, units = n, ""
        if selected.arguments.get("below"):
            place = "place"
            units = f"""MATCH ({n})<-[parts:PART_OF*0..]-(place:Unit)
            WHERE all(part IN parts WHERE {self._steps("part")})
            WITH DISTINCT place"""
        row = row_of(
            f"counted.{each.name}" if each.name != "__typename" else "'EmploymentCount'"
            for each in read(selected.children["EmploymentCount"])
        )
        return f"""COLLECT {{
            {units}
            MATCH ({place})<-[at:IN]-(employment:Employment)
            WHERE {self.moment.in_force("at")} AND {exists}{self._and_inside(("Employment",), "employment")}
            WITH DISTINCT employment
            {binding}
            WITH {v}.type AS type, count(*) AS count
            ORDER BY type
            WITH {{type: type, count: count}} AS counted
            RETURN {row}
        }}"""

    def _periods(self, periods: Periods, selected: Selected, n: str) -> str:
        """One row per relationship, where ``_things`` has one per thing; of the same things."""
        m, r = self.new_name("m"), self.new_name("r")
        way = periods.way
        pattern = way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)
        v, binding, exists = self._bound(TYPES[way.to[0]], m)
        return f"""COLLECT {{
            MATCH {pattern} WHERE {m}:{"|".join(way.to)} AND {exists} AND {self.moment.in_force(r)}{
            self._and_inside(way.to, m)
        }
            {binding}
            WITH * ORDER BY {r}.from, {m}.uuid{self._limit(selected)}
            RETURN {self._values_of(TYPES[periods.to], selected.children[periods.to], m, v, r)}
        }}"""

    def _levels(self, depth: Any) -> str:
        """How far a walk goes, as a number in the pattern itself: only then Neo4j stops there; with a condition it
        walks everything. The plan then depends on the variable's value."""
        if depth is None:
            return ""
        if isinstance(depth, Given):
            self.shaped_by.add(depth.path)
        return str(levels(current(depth)))

    def _limit(self, selected: Selected) -> str:
        first = selected.arguments.get("first")
        return "" if first is None else f" LIMIT {self.parameters.add(first, some)}"

    def _object(self, way: Way, selected: Selected, m: str, v: str, r: str) -> str:
        if len(way.to) == 1:
            return self._values_of(TYPES[way.to[0]], selected.children[way.to[0]], m, v, r)
        return self._of_kinds(way.to, selected, m, v, r)

    def _of_kinds(self, kinds: Sequence[str], selected: Selected, m: str, v: str, r: str) -> str:
        """The values of a thing of one of these kinds, the kind first.

        A field that takes a subquery and is selected of several kinds is planned once, for all of them; not beside a
        nearest manager (see ``asks_for_manager``).
        """
        asked = {each.name for kind in kinds for each in read(selected.children[kind])}
        shared: dict[str, str] = {}
        if len(kinds) > 1 and not asks_for_manager(selected):
            for name in (each for each in _SHARED if each in asked):
                value = TYPES[kinds[0]].fields[name]
                assert isinstance(value, Value)
                is_label = name == "label"
                shared[name] = (
                    label(kinds, m, v, self.moment, self._and_inside)
                    if is_label
                    else self._value(TYPES[kinds[0]], value, m, v, r)
                )
        of_all = self.new_name("shared")
        place = {name: f"{of_all}[{number}]" for number, name in enumerate(shared)}
        cases = []
        for kind in kinds:
            fields = read(selected.children[kind])
            values = (place.get(each.name) or self._field(TYPES[kind], each, m, v, r) for each in fields)
            cases.append(f"WHEN {m}:{kind} THEN {row_of((repr(kind), *values))}")
        text = f"CASE {' '.join(cases)} END"
        return f"head([{of_all} IN [{row_of(shared.values())}] | {text}])" if shared else text


def _descending(selected: Selected) -> bool:
    """Whether a list is asked for from its end."""
    chosen = selected.arguments.get("order")
    return chosen is not None and bool(chosen.is_descending)


def asks_for_manager(selected: Selected) -> bool:
    """Whether a nearest manager is selected in it. It must not be in a list comprehension: there Neo4j 2026.09 loses
    the variables of subqueries within a subquery, and answers null."""
    return any(
        (each.name == "nearestManager" or asks_for_manager(each))
        for fields in selected.children.values()
        for each in fields.values()
    )


_SHARED = ("label", "asOf", "active", "keys")
"""Fields of every kind whose values take a subquery, on some days at least."""


def _pattern(way: Way, n: str, m: str, r: str) -> str:
    return way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)
