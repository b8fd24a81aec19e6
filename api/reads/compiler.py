"""A validated selection as Cypher statements that return the answer in its own shape.

Every name in a statement comes from ``api.reads.types``; every value is a parameter. Each root field is a statement of
its own: root fields that differ in values only are then the same text, which Neo4j plans once. Nested lists are COLLECT
subqueries, and rows come in blocks (``api.reads.plan.BLOCK``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from graphql import GraphQLError

from api.computed.nearest import EVERYBODY
from api.computed.types import RULES, TOLD, Part, Plain, Told
from api.reads.as_of import Moment
from api.reads.cost import PAGE, cost_of
from api.reads.cursors import id_in, key_in, name_in, number_in, uuid_in, uuid_of
from api.reads.field_order import ordering
from api.reads.filters import of_kind
from api.reads.known_names import NAMED, looked_up, word
from api.reads.limits import levels, one_more, parts_of, some
from api.reads.plan import BLOCK, PageField, Plan, RootForm, Rule, Statement
from api.reads.selection import MARK, Selected, sources
from api.reads.types import PLURALS, RECORD_LISTS, SINGULARS, TYPES, Answered, Linked, Periods, Type, Value, Way
from api.reads.variables import Given, Parameters, Values, current, found
from graph.collation import SORT_KEY, in_cypher
from graph.identity.lookup import surviving_query
from graph.model import KINDS

_CURSORS = {"number": number_in, "uuid": uuid_in}  # by the key that a list is in the order of
_PAGING = ("first", "after", "order", "at", "period", "filter")


@dataclass(slots=True)
class Compiler:
    """Compiles one question. ``today``: the day that is meant where none is given; ``copied``: nodes show it."""

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

    def plan(self, roots: Mapping[str, Selected]) -> Plan:
        """Raises GraphQLError for what can't be asked so, or not with these rights."""
        statements: list[Statement] = []
        planned: dict[str, tuple[str, int]] = {}  # text → itself, and what Neo4j plans for it
        forms: list[RootForm] = []
        for place, root in enumerate(roots.values()):
            if root.name == "__typename":
                forms.append(RootForm(root.key, "constant", "Query", constant="Query"))
                continue
            self.parameters = Parameters()
            self._everybody, self._names = {}, 0
            self.moment = self._moment(root)
            if root.name in RULES:
                type_, many = RULES[root.name]
                text = self._answered(root)
                forms.append(RootForm(root.key, "list" if many else "object", type_))
            elif root.name == "tree":
                text = self._tree(root)
                forms.append(RootForm(root.key, "list", "TreeUnit"))
            elif root.name in SINGULARS:
                text = self._single(root)
                forms.append(RootForm(root.key, "object", SINGULARS[root.name]))
            else:
                text = self._page(root)
                forms.append(RootForm(root.key, "page", next(iter(root.children)), _page_fields(root)))
            text, _ = planned.setdefault(text, (text, parts_of(root)))
            statements.append(Statement(place, text, self.parameters))
        return Plan(
            statements=tuple(statements),
            roots=tuple(_in_order(form, root) for form, root in zip(forms, roots.values(), strict=True)),
            rules=tuple(self.rules),
            reads_cpr=self.reads_cpr,
            cost=cost_of(roots),
            parts=sum(parts for _, parts in planned.values()),
        )

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

    # -- root fields ----------------------------------------------------------------------------------------------

    def _page(self, root: Selected) -> str:
        """``units(first: …) { nodes { … } pageInfo { … } }`` and its like."""
        type_ = TYPES[PLURALS.get(root.name) or RECORD_LISTS[root.name]]
        (connection,) = root.children.values()
        first = root.arguments.get("first")
        if first is None:
            first = PAGE
        v, binding, where = self._chosen(type_, root)
        count = (
            f"COUNT {{ MATCH (n:{type_.label}) {binding} WITH * WHERE {where} RETURN n }}"
            if any(each.name == "totalCount" for each in connection.values())
            else "null"
        )
        by_name = root.arguments.get("order") is not None and root.arguments["order"].value == "NAME"
        last = f"page[-1].{type_.key}"
        order = f"n.{type_.key}"
        names = named = ""
        if by_name and v == "n":  # in the order of an index
            name = f"n.{SORT_KEY}"
            where = f"{name} IS NOT NULL AND {where}"
            order = f"{name}, {order}"
            last = f"page[-1].{SORT_KEY} + '|' + {last}"
        elif by_name:
            name = "name"
            named = f", {in_cypher(f'{v}.{type_.caption}' if type_.caption else 'null')} AS name"
            order = f"name, {order}"
            names = ", collect(name) AS names"
            last = f"names[size(page) - 1] + '|' + {last}"
        text = f"""
        MATCH (n:{type_.label})
        {binding}
        {f"WITH *{named}" if binding or named else ""}
        WHERE {where}{self._after(type_, root, name if by_name else None)}
        WITH n{", name" if named else ""} ORDER BY {order} LIMIT {self.parameters.add(first, one_more)}
        WITH collect(n) AS found{names}
        WITH found[..{self.parameters.add(first)}] AS page, found{", names" if names else ""}
        WITH page, {{more: size(found) > size(page), last: {last}, total: {count}}} AS head
        """
        lists = [each.children[type_.name] for each in connection.values() if each.name == "nodes"]
        if not lists:
            return text + "RETURN head, [] AS rows"
        v, exists = self._existing(type_, "n")
        maps = [self._map(type_, each, "n", v, "r") for each in lists]
        rows = maps[0] if len(maps) == 1 else f"[{', '.join(maps)}]"
        return (
            text
            + f"""
        UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, {BLOCK}) AS start
        RETURN CASE start WHEN 0 THEN head END AS head, COLLECT {{
            UNWIND page[start..start + {BLOCK}] AS n
            {exists}
            RETURN {rows}
        }} AS rows"""
        )

    def _single(self, root: Selected) -> str:
        """``unit(uuid: …) { … }``: by uuid, or by what a source calls it."""
        name = SINGULARS[root.name]
        uuid, key = root.arguments.get("uuid"), root.arguments.get("key")
        if (uuid is None) == (key is None):
            raise GraphQLError(f"{root.name}: give uuid or key, one of them", extensions={"code": "uuid_or_key"})
        if uuid is not None:
            start = f"WITH {self.parameters.add(uuid, uuid_of)} AS uuid {surviving_query(name)}"
            start = f"CALL () {{ {start} }} MATCH (n:{name} {{uuid: uuid}})"
        else:
            known = self.parameters.add(key)
            natural = KINDS[name].natural
            also = f"UNION MATCH (n:{name} {{{natural}: {known}}}) RETURN n" if natural else ""
            start = f"CALL () {{ MATCH (:SourceRecord {{key: {known}}})-[:TELLS]->(n:{name}) RETURN n {also} }}"
        type_ = TYPES[name]
        v, exists = self._existing(type_, "n")
        return f"""
        {start}
        {exists}
        RETURN null AS head, [{self._map(type_, root.children[name], "n", v, "r")}] AS rows"""

    def _tree(self, root: Selected) -> str:
        """``tree(root: …, depth: …)``: each unit before those below it."""
        asked, depth = root.arguments.get("root"), root.arguments.get("depth")
        if asked is not None:
            start = f"MATCH (top:Unit {{uuid: {self._known('Unit', asked)}}}) WHERE {self.moment.active('top')}"
        elif self.moment.copied:
            start = "MATCH (top:Unit {top: true})"
        else:
            start = f"""
        MATCH (top:Unit)
        WHERE NOT EXISTS {{ MATCH (top)-[up:PART_OF]->(:Unit) WHERE {self.moment.in_force("up")} }}
          AND {self.moment.active("top")}"""
        parts = {
            "depth": "entry.depth",
            "parent": "entry.parent",
            "__typename": "'TreeUnit'",
        }
        v, exists = self._existing(TYPES["Unit"], "n")
        pairs = ", ".join(
            f"`{each.key}`: " + (parts.get(each.name) or self._map(TYPES["Unit"], each.children["Unit"], "n", v, "r"))
            for each in root.children["TreeUnit"].values()
        )
        return f"""
        {start}
        MATCH way = (top)<-[parts:PART_OF*0..{self._levels(depth)}]-(n:Unit)
        WHERE all(part IN parts WHERE {self.moment.in_force("part")})
        {exists}
        WITH n, size(parts) AS depth, nodes(way) AS line
        WITH n, depth, line[-2].uuid AS parent ORDER BY [u IN line | coalesce(u.{SORT_KEY}, '') + u.uuid]
        WITH collect({{n: n, depth: depth, parent: CASE depth WHEN 0 THEN null ELSE parent END}}) AS found
        UNWIND range(0, size(found) - 1, {BLOCK}) AS start
        RETURN null AS head, COLLECT {{
            UNWIND found[start..start + {BLOCK}] AS entry
            WITH entry, entry.n AS n
            {exists}
            RETURN {{{pairs}}}
        }} AS rows"""

    def _levels(self, depth: Any) -> str:
        """How far a walk goes, as a number in the pattern itself: Neo4j stops there only so, and walks everything with
        a condition. What a variable gives is then part of what the plan is of."""
        if depth is None:
            return ""
        if isinstance(depth, Given):
            self.shaped_by.add(depth.path)
        return str(levels(current(depth)))

    def _answered(self, root: Selected) -> str:
        """``nearest`` and its like: the rule's answers come as a parameter, here they get the fields asked for."""
        answers = self._rule(root.name, root.arguments)
        name, _ = RULES[root.name]
        form = self._told(TOLD[name], root.children[name], "answer")
        return f"""
        UNWIND range(0, size({answers}) - 1, {BLOCK}) AS start
        RETURN null AS head, COLLECT {{
            UNWIND {answers}[start..start + {BLOCK}] AS answer
            RETURN {form}
        }} AS rows"""

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

    def _of_answer(self, selected: Selected, type_: Told, answer: str) -> str:
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
            return f"head(COLLECT {{ WITH {answer}.{told.name} AS {inner} RETURN {form} }})"
        if told.many:
            step = self._name("step")
            return (
                f"COLLECT {{ UNWIND {answer}.{told.name} AS {step} "
                f"RETURN {self._named(told.kinds[0], selected.children[told.kinds[0]], step)} }}"
            )
        things = [
            self._named(kind, selected.children[kind], f"{answer}.{told.name}")
            for kind in told.kinds
            if selected.children[kind] or len(told.kinds) == 1
        ]
        return things[0] if len(things) == 1 else f"coalesce({', '.join((*things, 'null'))})"

    def _told(self, type_: Told, selected: Mapping[str, Selected], answer: str) -> str:
        pairs = (f"`{each.key}`: {self._of_answer(each, type_, answer)}" for each in selected.values())
        return f"{{{', '.join(pairs)}}}"

    def _named(self, kind: str, selected: Mapping[str, Selected], uuid: str) -> str:
        """The thing with this uuid, also where it does not exist on the day: a walk may go through a closed unit."""
        m, r = self._name("m"), self._name("r")
        v, binding = self.moment.bind_closed(m, self._name("v"))
        return f"""head(COLLECT {{
            MATCH ({m}:{kind} {{uuid: {uuid}}})
            {binding}
            RETURN {self._map(TYPES[kind], selected, m, v, r)}
        }})"""

    # -- which things ---------------------------------------------------------------------------------------------

    def _chosen(self, type_: Type, root: Selected) -> tuple[str, str, str]:
        """(what holds a thing's values, clauses, condition after them) for what a list's arguments choose."""
        conditions = [f"n.{type_.key} IS NOT NULL"]  # always so; it lets the index give the order
        if type_.kind is None:
            for name, value in root.arguments.items():
                if name in _PAGING or value is None:
                    continue
                what = looked_up(root.name, name)
                if what is not None:
                    told = self._known(what, value)
                else:
                    form = uuid_of if name in ("uuid", "person") else word(root.name, name)
                    told = self.parameters.add(value, form)
                conditions.append(f"n.{name} = {told}")
            return "n", "", " AND ".join(conditions)
        v, clauses, exists = self.moment.bind("n", "v", "s")
        conditions.append(exists)
        known = of_kind(type_.name)
        for name, value in (root.arguments.get("filter") or {}).items():
            filter_ = known[name]
            if value is not None:
                known_as = filter_.names
                asked = self._known(known_as, value) if known_as else self.parameters.add(value, filter_.form)
                conditions.append(filter_.condition("n", v, asked, self.moment.in_force))
            elif filter_.empty is not None:
                conditions.append(filter_.empty(v))
            else:
                raise GraphQLError(
                    f"{root.name}: filter.{name}: null is no filter; leave it out", extensions={"code": "null_filter"}
                )
        return v, clauses, " AND ".join(f"({each})" for each in conditions)

    def _after(self, type_: Type, root: Selected, name: str | None) -> str:
        """``name``: what the list is in the order of before the key; None = of the key alone."""
        after = root.arguments.get("after")
        if after is None:
            return ""
        if name is None:
            form = _CURSORS.get(type_.key) or id_in(type_.name)
            return f" AND n.{type_.key} > {self.parameters.add(after, form)}"
        last, key = self.parameters.add(after, name_in), self.parameters.add(after, key_in)
        return f" AND {name} >= {last} AND ({name} > {last} OR n.{type_.key} > {key})"

    def _existing(self, type_: Type, n: str) -> tuple[str, str]:
        """(what holds the thing's values, clauses that leave nothing where it does not exist)."""
        v, clauses, exists = self._bound(type_, n)
        return v, clauses or f"WITH * WHERE {exists}"

    def _bound(self, type_: Type, n: str) -> tuple[str, str, str]:
        """See ``Moment.bind``; a record is not of a day."""
        return self.moment.bind(n, self._name("v"), self._name("s")) if type_.kind else (n, "", "true")

    # -- objects --------------------------------------------------------------------------------------------------

    def _map(self, type_: Type, selected: Mapping[str, Selected], n: str, v: str, r: str) -> str:
        read = {*sources(selected).values(), MARK}  # the mark is looked at under its own name
        pairs = (f"`{key}`: {self._field(type_, each, n, v, r)}" for key, each in selected.items() if key in read)
        return f"{{{', '.join(pairs)}}}"

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
            RETURN {self._map(TYPES[periods.to], selected.children[periods.to], m, v, r)}
        }}"""

    def _limit(self, selected: Selected) -> str:
        first = selected.arguments.get("first")
        return "" if first is None else f" LIMIT {self.parameters.add(first, some)}"

    def _object(self, way: Way, selected: Selected, m: str, v: str, r: str) -> str:
        if len(way.to) == 1:
            return self._map(TYPES[way.to[0]], selected.children[way.to[0]], m, v, r)
        cases = (f"WHEN {m}:{name} THEN {self._map(TYPES[name], selected.children[name], m, v, r)}" for name in way.to)
        return f"CASE {' '.join(cases)} END"

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"


def _in_order(form: RootForm, root: Selected) -> RootForm:
    if form.form == "constant":
        return form
    if form.form != "page":
        return replace(form, ordered=ordering(root.children))
    (connection,) = root.children.values()
    lists = [ordering(each.children) for each in connection.values() if each.name == "nodes"]
    if len(lists) < 2:  # a row is a node; else a node of each list
        return replace(form, ordered=lists[0]) if lists else form
    return replace(
        form, ordered=lambda rows: [[put(node) for put, node in zip(lists, row, strict=True)] for row in rows]
    )


def _page_fields(root: Selected) -> tuple[PageField, ...]:
    (connection,) = root.children.values()
    return tuple(
        PageField(
            each.key,
            each.name,  # type: ignore[arg-type]  # the schema has no other
            {inner.key: inner.name for inner in each.children.get("PageInfo", {}).values()},
        )
        for each in connection.values()
    )


def _holds_a_day(start: Any, end: Any) -> Callable[[Values], None]:
    def check(values: Values) -> None:
        if found(end, values) <= found(start, values):
            raise GraphQLError(
                "the period holds no day: to is the day after its last", extensions={"code": "empty_period"}
            )

    return check
