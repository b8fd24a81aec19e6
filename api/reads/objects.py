"""The things that an answer shows, as Cypher expressions: the values of each, in the order of the fields.

Every name in an expression comes from ``api.reads.types``; every value is a parameter.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graphql import GraphQLError

from api.computed.nearest import EVERYBODY
from api.computed.types import TOLD, AnswerType, Part, Plain, Thing
from api.reads.as_of import Moment
from api.reads.known_names import NAMED
from api.reads.labels import label
from api.reads.limits import levels, some
from api.reads.plan import Rule
from api.reads.selection import Selected, read
from api.reads.types import TYPES, Answered, Linked, Periods, Type, Value, Way
from api.reads.variables import Given, Parameters, Values, current, found


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
    rules: list[Rule] = field(default_factory=list)
    reads_cpr: bool = False
    shaped_by: set[tuple[str, ...]] = field(default_factory=set)
    """Variables (``Given.path``) whose values stand in the statement itself."""
    _everybody: dict[str, str] = field(default_factory=dict)
    _names: int = 0

    def _moment(self, root: Selected) -> Moment:
        at, period = root.arguments.get("at"), root.arguments.get("period")
        if period is None:
            is_today = at is None or current(at) == self.today
            day = self.today if at is None else at
            return Moment(self.parameters.add(day), copied=self.copied and is_today, given=day)
        if at is not None:
            raise GraphQLError(f"{root.name}: give at or period, not both", extensions={"code": "at_or_period"})
        start, end = period.get("from"), period.get("to")
        if start is not None and end is not None:
            self.parameters.check(_holds_a_day(start, end))
        return Moment(
            is_period=True,
            start=None if start is None else self.parameters.add(start),
            end=None if end is None else self.parameters.add(end),
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
            self._everybody[self.moment.day] = self._rule(EVERYBODY, {"at": self.moment.given})
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
        things = [
            self._named(kind, selected.children[kind], uuid, f"'{kind}'")
            for kind in told.kinds
            if selected.children[kind]
        ]
        return f"coalesce({', '.join((*things, 'null'))})"

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
        return self._way(found_field, selected, n)

    def _value(self, type_: Type, value: Value, n: str, v: str, r: str) -> str:
        if value.right != "open" and value.right not in self.rights:
            raise GraphQLError(
                f"{type_.name}.{value.name} needs the right {value.right!r}; ask for a token that has it",
                extensions={"code": "forbidden"},
            )
        if value.right == "cpr":
            self.reads_cpr = True
            return f"{{`_cpr`: [{n}.cpr_cipher, {n}.cpr_key, {n}.uuid]}}"
        text = value.text.replace("{active}", self.moment.active(n))
        if "{label}" in text:
            return label(type_.name, n, v, self.moment)
        text = text.replace("{as_of}", self.moment.as_of(n)).replace("{moment}", self.moment.text)
        text = text.replace("{private}", "true" if "private" in self.rights else "false")
        return text.replace("{n}", n).replace("{v}", v).replace("{r}", r)

    def _way(self, way: Way | Periods, selected: Selected, n: str) -> str:
        above = self.moment
        if selected.arguments.get("at") is not None or selected.arguments.get("period") is not None:
            self.moment = self._moment(selected)
        text = self._things(way, selected, n) if isinstance(way, Way) else self._periods(way, selected, n)
        self.moment = above
        return text

    def _things(self, way: Way, selected: Selected, n: str) -> str:
        m, r = self._name("m"), self._name("r")
        pattern = way.pattern.replace("{n}", n).replace("{m}", m).replace("{r}", r)
        if way.is_tree:
            pattern = pattern.replace("*1..", f"*1..{self._levels(selected.arguments.get('depth'))}")
        v, binding, exists = self._bound(TYPES[way.to[0]], m)
        conditions = [f"{m}:{'|'.join(way.to)}", exists]
        if way.dated:
            conditions.append(self.moment.in_force(r))
        elif way.is_tree:
            conditions.append(f"all(part IN {r} WHERE {self.moment.in_force('part')})")
        once = ""
        order = way.order.replace("{m}", m).replace("{r}", r)
        if self.moment.is_period and (way.dated or way.is_tree):
            # Over a period the same thing may be linked several times; a single link is the first that holds.
            since = f"min({r}.from)" if way.dated else f"min(size({r}))"
            once = f"WITH {m}, {since} AS {r}"
            order = f"{m}.uuid" if way.many and way.dated else f"{r}, {m}.uuid"
        if not way.many and way.dated and not once and not binding:
            # A single link: on a day there is one at most, and nothing need be sorted.
            kept = " AND ".join(conditions)
            return f"head([{pattern} WHERE {kept} | {self._object(way, selected, m, v, r)}])"
        limit = self._limit(selected) if way.many else " LIMIT 1"
        # Sorted before RETURN: Neo4j plans what stands in a sorted RETURN twice, and so again at each level.
        text = f"""COLLECT {{
            MATCH {pattern} WHERE {" AND ".join(conditions)}
            {once}
            {binding}
            WITH * ORDER BY {order}{limit}
            RETURN {self._object(way, selected, m, v, r)}
        }}"""
        return text if way.many else f"head({text})"

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
        cases = (
            f"WHEN {m}:{name} THEN {self._values_of(TYPES[name], selected.children[name], m, v, r, repr(name))}"
            for name in way.to
        )
        return f"CASE {' '.join(cases)} END"

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"


def _values(several: Iterable[str]) -> str:
    return f"[{', '.join(several)}]"


def _holds_a_day(start: Any, end: Any) -> Callable[[Values], None]:
    def check(values: Values) -> None:
        if found(end, values) <= found(start, values):
            raise GraphQLError(
                "empty period: 'to' must be later than 'from' (exclusive)", extensions={"code": "empty_period"}
            )

    return check
