"""The things that an answer shows, as Cypher expressions: the values of each, in the order of the fields.

Every name in an expression comes from ``api.reads.types``; every value is a parameter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graphql import GraphQLError

from api.computed.nearest import EVERYBODY
from api.computed.types import TOLD, AnswerType, Part, Plain, Thing
from api.reads.as_of import Moment
from api.reads.cost import PAGE
from api.reads.cursors import CURSORS, id_in, key_in, level_in, name_in
from api.reads.filters import of_kind
from api.reads.known_names import NAMED
from api.reads.labels import label
from api.reads.limits import levels, some
from api.reads.plan import Rule
from api.reads.selection import Selected, read
from api.reads.types import NOT_DATED, TYPES, Answered, Counted, Linked, Paged, Periods, Type, Value, Way
from api.reads.variables import Given, Parameters, Values, current, found
from graph.collation import SORT_KEY, in_cypher


@dataclass(slots=True)
class Objects:
    """Compiles what is asked of things. ``today``: the day that is meant where none is given; ``copied``: the identity
    nodes show it.

    A thing is the list of its values, without their names: Neo4j makes and sends a list in much less time than a map.
    Where it may be of several kinds, the name of the type comes first.
    """

    rights: frozenset[str]
    today: date
    copied: bool
    parameters: Parameters = field(default_factory=Parameters)
    moment: Moment = field(default_factory=Moment)
    known: Any = None
    """The day whose knowledge is asked for, as the question gives it; None = what is known now."""
    known_on: str | None = None
    """The parameter that holds it."""
    rules: list[Rule] = field(default_factory=list)
    reads_cpr: bool = False
    shaped_by: set[tuple[str, ...]] = field(default_factory=set)
    """Variables (``Given.path``) whose values stand in the statement itself."""
    _everybody: dict[str, str] = field(default_factory=dict)
    _names: int = 0

    def _moment(self, selected: Selected) -> Moment:
        """Of a root field, or of a field below it; what was known then is asked for once, at the root."""
        return self._moment_of(selected.name, selected.arguments.get("at"), selected.arguments.get("period"))

    def _moment_of(self, name: str, at: Any, period: Any) -> Moment:
        if period is None:
            is_today = at is None or current(at) == self.today
            day = self.today if at is None else at
            copied = self.copied and is_today and self.known_on is None
            return Moment(self.parameters.add(day), copied=copied, given=day, known_on=self.known_on)
        if at is not None:
            raise GraphQLError(f"{name}: give at or period, not both", extensions={"code": "at_or_period"})
        start, end = period.get("from"), period.get("to")
        if start is not None and end is not None:
            self.parameters.check(_holds_a_day(start, end))
        return Moment(
            is_period=True,
            start=None if start is None else self.parameters.add(start),
            end=None if end is None else self.parameters.add(end),
            known_on=self.known_on,
        )

    def _knowledge(self, root: Selected) -> None:
        """Take up from when the answer is to be: from now, or from what was known on a day."""
        self.known = root.arguments.get("asKnownOn")
        self.known_on = None if self.known is None else self.parameters.add(self.known)

    def _refuse_known(self, name: str, why: str) -> None:
        """Raises GraphQLError (known_only_now) where what was known on a day is asked for."""
        if self.known is not None:
            raise GraphQLError(
                f"{name} can't be asked for with asKnownOn: {why}. Leave one of them out",
                extensions={"code": "known_only_now"},
            )

    def _rule(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The parameter that holds the rule's answers."""
        key = f"rule {len(self.rules)}"
        self.rules.append(Rule(name, arguments, key))
        return self.parameters.add(Given(None, (key,)))

    def _known(self, what: str, name: Any) -> str:
        """The parameter for a name that must be known (``api.reads.known_names``)."""
        return self._rule(NAMED, {"what": what, "name": name})

    def _manager(self, selected: Selected, n: str) -> str:
        """The nearest manager of one of many: all answers are one parameter, asked for once a day that is read."""
        if self.moment.is_period:
            raise GraphQLError(f"{selected.name} is of a day: give at", extensions={"code": "at_or_period"})
        if self.moment.day not in self._everybody:
            asked = {"at": self.moment.given, "asKnownOn": self.known}
            self._everybody[self.moment.day] = self._rule(EVERYBODY, asked)
        everybody = self._everybody[self.moment.day]
        form = self._told(TOLD["Nearest"], selected.children["Nearest"], "answer")
        return f"""head(COLLECT {{
            UNWIND [place IN [{everybody}.of[{n}.uuid]] WHERE place IS NOT NULL] AS place
            WITH {everybody}.answers[place] AS answer
            RETURN {form}
        }})"""

    def _of_answer(self, selected: Selected, type_: AnswerType, answer: str) -> str:
        if selected.name == "__typename":
            return f"'{type_.name}'"
        told = type_.fields[selected.name]
        if isinstance(told, Plain):
            return f"{answer}.`{told.name}`"
        if isinstance(told, Part):
            inner = self._name("part")
            form = self._told(TOLD[told.to], selected.children[told.to], inner)
            if told.many and _is_plain(TOLD[told.to], selected.children[told.to]):  # Neo4j plans no subquery for it
                return f"[{inner} IN coalesce({answer}.{told.name}, []) | {form}]"
            if told.many:
                return f"COLLECT {{ UNWIND {answer}.{told.name} AS {inner} RETURN {form} }}"
            part = f"WITH {answer}.{told.name} AS {inner} WHERE {inner} IS NOT NULL"
            return f"head(COLLECT {{ {part} RETURN {form} }})"
        if told.many:
            step = self._name("step")
            thing = self._thing(told, selected, step)
            return f"COLLECT {{ UNWIND {answer}.{told.name} AS {step} RETURN {thing} }}"
        return self._thing(told, selected, f"{answer}.{told.name}")

    def _thing(self, told: Thing, selected: Selected, uuid: str) -> str:
        """The thing of an answer that has this uuid."""
        if len(told.kinds) == 1:
            return self._named(told.kinds[0], selected.children[told.kinds[0]], uuid)
        kinds = [kind for kind in told.kinds if selected.children[kind]]
        if not kinds:
            return "null"
        m, r = self._name("m"), self._name("r")
        v, binding = self.moment.bind_closed(m, self._name("v"))
        found = " UNION ".join(f"MATCH ({m}:{kind} {{uuid: {uuid}}}) RETURN {m}" for kind in kinds)
        return f"""head(COLLECT {{
            CALL ({uuid.partition(".")[0]}) {{ {found} }}
            {binding}
            RETURN {self._of_kinds(kinds, selected, m, v, r)}
        }})"""

    def _told(self, type_: AnswerType, selected: Mapping[str, Selected], answer: str) -> str:
        return _values(self._of_answer(each, type_, answer) for each in read(selected))

    def _named(self, kind: str, selected: Mapping[str, Selected], uuid: str, *first: str) -> str:
        """The thing with this uuid, also where it does not exist on the day: a walk may go through a closed unit."""
        m, r = self._name("m"), self._name("r")
        v, binding = self.moment.bind_closed(m, self._name("v"))
        return f"""head(COLLECT {{
            MATCH ({m}:{kind} {{uuid: {uuid}}})
            {binding}
            RETURN {self._values_of(TYPES[kind], selected, m, v, r, *first)}
        }})"""

    def _existing(self, type_: Type, n: str) -> tuple[str, str]:
        """(what holds the thing's values, clauses that leave nothing where it does not exist)."""
        v, clauses, exists = self._bound(type_, n)
        return v, clauses or f"WITH * WHERE {exists}"

    def _bound(self, type_: Type, n: str) -> tuple[str, str, str]:
        """See ``Moment.bind``; a record is not of a day."""
        return self.moment.bind(n, self._name("v"), self._name("s")) if type_.kind else (n, "", "true")

    def _values_of(self, type_: Type, selected: Mapping[str, Selected], n: str, v: str, r: str, *first: str) -> str:
        """``first``: what comes before its values."""
        return _values((*first, *(self._field(type_, each, n, v, r) for each in read(selected))))

    def _field(self, type_: Type, selected: Selected, n: str, v: str, r: str) -> str:
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
        return self._way(found_field, selected, n)

    def _value(self, type_: Type, value: Value, n: str, v: str, r: str) -> str:
        if value.right != "open" and value.right not in self.rights:
            raise GraphQLError(
                f"{type_.name}.{value.name} needs the right {value.right!r}; ask for a token that has it",
                extensions={"code": "forbidden"},
            )
        if value.only_now:
            self._refuse_known(f"{type_.name}.{value.name}", value.only_now)
        if value.right == "cpr":
            self.reads_cpr = True
            return f"{{`_cpr`: [{n}.cpr_cipher, {n}.cpr_key, {n}.uuid]}}"
        text = value.text.replace("{active}", self.moment.active(n))
        if "{label}" in text:
            return label((type_.name,), n, v, self.moment)
        if "{child_count}" in text:
            return f"""COUNT {{
            MATCH ({n})<-[part:PART_OF]-(child:Unit)
            WHERE {self.moment.in_force("part")} AND {self.moment.active("child")}
            RETURN DISTINCT child
        }}"""
        text = text.replace("{as_of}", self.moment.as_of(n)).replace("{moment}", self.moment.text)
        text = text.replace("{known_on}", self.moment.knowledge)
        text = text.replace("{exists_from}", self.moment.exists_from(n)).replace(
            "{exists_to}", self.moment.exists_to(n)
        )
        text = text.replace("{private}", "true" if "private" in self.rights else "false")
        return text.replace("{n}", n).replace("{v}", v).replace("{r}", r)

    def _way(self, way: Way | Periods | Paged, selected: Selected, n: str) -> str:
        above = self.moment
        if (way.way if isinstance(way, Paged) else way).name == "sources":
            self._refuse_known(selected.name, NOT_DATED)
        if selected.arguments.get("at") is not None or selected.arguments.get("period") is not None:
            self.moment = self._moment(selected)
        if isinstance(way, Paged):
            text = self._connection(way, selected, n)
        elif isinstance(way, Periods):
            text = self._periods(way, selected, n)
        else:
            text = self._things(way, selected, n)
        self.moment = above
        return text

    def _things(self, way: Way, selected: Selected, n: str) -> str:
        m, r = self._name("m"), self._name("r")
        if not way.many and way.dated and not self.moment.is_period:
            v, binding, exists = self._bound(TYPES[way.to[0]], m)
            if not binding and not asks_for_manager(selected):
                # A single link: on a day there is one at most, and nothing need be sorted.
                kept = " AND ".join(self._kept(way, m, r, exists))
                return f"head([{_pattern(way, n, m, r)} WHERE {kept} | {self._object(way, selected, m, v, r)}])"
        v, clauses, order = self._reached(way, selected, n, m, r)
        limit = self._limit(selected) if way.many else " LIMIT 1"
        # Sorted before RETURN: Neo4j plans what stands in a sorted RETURN twice, and so again at each level.
        text = f"""COLLECT {{
            {clauses}
            WITH * ORDER BY {", ".join(order)}{limit}
            RETURN {self._object(way, selected, m, v, r)}
        }}"""
        return text if way.many else f"head({text})"

    def _kept(self, way: Way, m: str, r: str, exists: str) -> list[str]:
        """What must be so of a thing that the way leads to."""
        conditions = [f"{m}:{'|'.join(way.to)}", exists]
        if way.dated:
            conditions.append(self.moment.in_force(r))
        elif way.is_tree:
            conditions.append(f"all(part IN {r} WHERE {self.moment.in_force('part')})")
        return conditions

    def _reached(self, way: Way, selected: Selected, n: str, m: str, r: str) -> tuple[str, str, list[str]]:
        """(what holds the values of each thing that the way leads to, clauses that find them, their order)."""
        pattern = _pattern(way, n, m, r)
        if way.is_tree:
            pattern = pattern.replace("*1..", f"*1..{self._levels(selected.arguments.get('depth'))}")
        type_ = TYPES[way.to[0]]
        v, binding, exists = self._bound(type_, m)
        clauses = [f"MATCH {pattern}", f"WHERE {' AND '.join(self._kept(way, m, r, exists))}"]
        order = way.order
        if self.moment.is_period and (way.dated or way.is_tree):
            # Over a period the same thing may be linked several times; a single link is the first that holds.
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
            order = "{name}, {m}.uuid" if chosen.value == "NAME" else "{m}.uuid"
        order = order.replace("{m}", m).replace("{r}", r).replace("{v}", v)
        if "{name}" in order:
            order = order.replace("{name}", self._sorted_by(way, m, v))
        return v, "\n            ".join(clauses), order.rsplit(", ", 1)

    def _sorted_by(self, way: Way, m: str, v: str) -> str:
        """The name of each, in the Danish order."""
        if v == m:  # it shows the day, and its key with it
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
                wanted = self._known(known_as, value) if known_as else self.parameters.add(value, filter_.form)
                conditions.append(f"({filter_.condition(n, v, wanted, self.moment.in_force)})")
            elif filter_.empty is not None:
                conditions.append(f"({filter_.empty(v)})")
            else:
                raise GraphQLError(
                    f"{field_}: filter.{name}: null is not allowed here; omit the filter",
                    extensions={"code": "null_filter"},
                )
        return conditions

    def _connection(self, paged: Paged, selected: Selected, n: str) -> str:
        """``childrenConnection(first: …) { edges { … } }`` and its like: the list in its order, and the page of it."""
        way = paged.way
        m, r, entry = self._name("m"), self._name("r"), self._name("entry")
        found, rest, page = self._name("found"), self._name("rest"), self._name("page")
        v, clauses, order = self._reached(way, selected, n, m, r)
        key = order[-1].rsplit(".", 1)[1]
        by = order[0] if len(order) > 1 else "null"
        first = selected.arguments.get("first")
        size = self.parameters.add(PAGE if first is None else first, some)
        cursor = _cursor(paged.of, entry, key, by=len(order) > 1)
        cases = {
            "totalCount": f"size({found})",
            "__typename": f"'{paged.to}'",
            "hasNextPage": f"size({rest}) > {size}",
            "hasPreviousPage": f"size({found}) > size({rest})",
            "startCursor": f"head([{entry} IN {page}[..1] | {cursor}])",
            "endCursor": f"head([{entry} IN {page}[-1..] | {cursor}])",
        }

        def value(each: Selected) -> str:
            if each.name == "nodes":
                return rows(self._object(way, each, m, v, r))
            if each.name == "edges":
                parts = {"cursor": cursor, "__typename": f"'{paged.of}Edge'"}
                (edge,) = each.children.values()
                return rows(_values(parts.get(part.name) or self._object(way, part, m, v, r) for part in read(edge)))
            if each.name == "pageInfo":
                info = {**cases, "__typename": "'PageInfo'"}
                return _values(info[part.name] for part in read(each.children["PageInfo"]))
            return cases[each.name]

        def rows(row: str) -> str:
            return f"""COLLECT {{
                UNWIND {page} AS {entry}
                WITH {entry}, {entry}.thing AS {m}{"" if v == m else f", {entry}.shown AS {v}"}
                RETURN {row}
            }}"""

        (connection,) = selected.children.values()
        in_levels = way.is_tree and selected.arguments.get("order") is None
        going_on = self._going_on(paged, selected.arguments.get("after"), entry, key, len(order) > 1, in_levels)
        shown = "" if v == m else f", shown: {v}"
        # A list of its own first: to collect it in the clauses around would leave no row where it is empty.
        return f"""head(COLLECT {{
            UNWIND [COLLECT {{
                {clauses}
                WITH *, {by} AS sorted_by
                ORDER BY sorted_by, {order[-1]}
                RETURN {{thing: {m}, by: sorted_by{shown}}}
            }}] AS {found}
            WITH {found}, {going_on(found)} AS {rest}
            WITH {found}, {rest}, {rest}[..{size}] AS {page}
            RETURN {_values(value(each) for each in read(connection))}
        }})"""

    def _going_on(
        self, paged: Paged, after: Any, entry: str, key: str, by: bool, levels_up: bool
    ) -> Callable[[str], str]:
        """What comes after a cursor, of the list of all."""
        if after is None:
            return lambda found: found
        if not by:
            form = CURSORS.get(key) or id_in(paged.of)
            last = self.parameters.add(after, form)
            return lambda found: f"[{entry} IN {found} WHERE {entry}.thing.{key} > {last}]"
        last = self.parameters.add(after, level_in if levels_up else name_in)
        name = self.parameters.add(after, key_in)
        later = f"{entry}.by = {last} AND {entry}.thing.uuid > {name}"
        return lambda found: f"[{entry} IN {found} WHERE {entry}.by > {last} OR ({later})]"

    def _counts(self, selected: Selected, n: str) -> str:
        """Employments of a unit, or of it and all below, by type."""
        v, binding, exists = self._bound(TYPES["Employment"], "employment")
        place, units = n, ""
        if selected.arguments.get("below"):
            place = "place"
            units = f"""MATCH ({n})<-[parts:PART_OF*0..]-(place:Unit)
            WHERE all(part IN parts WHERE {self.moment.in_force("part")})
            WITH DISTINCT place"""
        row = _values(
            f"counted.{each.name}" if each.name != "__typename" else "'EmploymentCount'"
            for each in read(selected.children["EmploymentCount"])
        )
        return f"""COLLECT {{
            {units}
            MATCH ({place})<-[at:IN]-(employment:Employment)
            WHERE {self.moment.in_force("at")} AND {exists}
            WITH DISTINCT employment
            {binding}
            WITH {v}.type AS type, count(*) AS count
            ORDER BY type
            WITH {{type: type, count: count}} AS counted
            RETURN {row}
        }}"""

    def _periods(self, periods: Periods, selected: Selected, n: str) -> str:
        """A map a relationship, where ``_things`` has one a thing; of the same things."""
        m, r = self._name("m"), self._name("r")
        way = periods.way
        pattern = way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)
        v, binding, exists = self._bound(TYPES[way.to[0]], m)
        return f"""COLLECT {{
            MATCH {pattern} WHERE {m}:{"|".join(way.to)} AND {exists} AND {self.moment.in_force(r)}
            {binding}
            WITH * ORDER BY {r}.from, {m}.uuid{self._limit(selected)}
            RETURN {self._values_of(TYPES[periods.to], selected.children[periods.to], m, v, r)}
        }}"""

    def _levels(self, depth: Any) -> str:
        """How far a walk goes, as a number in the pattern itself: Neo4j stops there only so, and walks everything with
        a condition. What a variable gives is then part of what the plan is of."""
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

        What takes a subquery and is asked of several kinds is planned once, for all of them.
        """
        asked = {each.name for kind in kinds for each in read(selected.children[kind])}
        shared: dict[str, str] = {}
        if len(kinds) > 1:
            for name in (each for each in _SHARED if each in asked):
                value = TYPES[kinds[0]].fields[name]
                assert isinstance(value, Value)
                is_label = name == "label"
                shared[name] = (
                    label(kinds, m, v, self.moment) if is_label else self._value(TYPES[kinds[0]], value, m, v, r)
                )
        of_all = self._name("shared")
        place = {name: f"{of_all}[{number}]" for number, name in enumerate(shared)}
        cases = []
        for kind in kinds:
            fields = read(selected.children[kind])
            values = (place.get(each.name) or self._field(TYPES[kind], each, m, v, r) for each in fields)
            cases.append(f"WHEN {m}:{kind} THEN {_values((repr(kind), *values))}")
        text = f"CASE {' '.join(cases)} END"
        return f"head([{of_all} IN [{_values(shared.values())}] | {text}])" if shared else text

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"


def asks_for_manager(selected: Selected) -> bool:
    """A nearest manager is asked for in it. That must not stand in a list comprehension: there Neo4j 2026.09
    loses what the subqueries within a subquery take from it, and answers null."""
    return any(
        (each.name == "nearestManager" or asks_for_manager(each))
        for fields in selected.children.values()
        for each in fields.values()
    )


def _is_plain(type_: AnswerType, selected: Mapping[str, Selected]) -> bool:
    """Only plain values are asked of an answer's part, or lists of such parts, and of no thing in the graph."""
    return all(
        each.name == "__typename" or _takes_no_subquery(type_.fields[each.name], each) for each in read(selected)
    )


def _takes_no_subquery(told: Plain | Part | Thing, selected: Selected) -> bool:
    if isinstance(told, Part):
        return told.many and _is_plain(TOLD[told.to], selected.children[told.to])
    return isinstance(told, Plain)


_SHARED = ("label", "asOf", "active", "keys")
"""Fields of every kind whose values take a subquery, on some days at least."""


def _pattern(way: Way, n: str, m: str, r: str) -> str:
    return way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)


def _cursor(of: str, entry: str, key: str, by: bool) -> str:
    """Where a page goes on after an entry of it (``api.reads.cursors``)."""
    if by:
        return f"toString({entry}.by) + '|' + {entry}.thing.uuid"
    return cursor_of(of, f"{entry}.thing", key)


def cursor_of(of: str, node: str, key: str) -> str:
    """As ``_cursor``, of a list in the order of a key."""
    return f"'{of}|' + {node}.id" if key == "id" else f"toString({node}.{key})"


def _values(several: Iterable[str]) -> str:
    return f"[{', '.join(several)}]"


def _holds_a_day(start: Any, end: Any) -> Callable[[Values], None]:
    def check(values: Values) -> None:
        if found(end, values) <= found(start, values):
            raise GraphQLError(
                "empty period: 'to' must be later than 'from' (exclusive)", extensions={"code": "empty_period"}
            )

    return check
