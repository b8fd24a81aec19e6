"""Compiles a validated selection to Cypher statements that return the answer's rows.

Every name in a statement comes from ``api.model.types``; every value is a parameter. Each root field is a statement of
its own: root fields that differ only in values have the same text, which Neo4j plans once. Rows come in blocks
(``api.reads.plan.BLOCK``); ``api.reads.objects`` compiles the content of a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError

from api.computed.types import ANSWER_TYPES, RULES, Thing
from api.model.cursor_seal import CursorSeal
from api.model.cursors import CURSORS, cursor_of, id_beside, id_in, key_in, moment_in, text_in, uuid_of
from api.model.fields import Type
from api.model.known_names import KNOWN, looked_up
from api.model.node_ids import node_id
from api.model.orders import sort_text
from api.model.records import CONDITIONS
from api.model.refused import at_root
from api.model.types import NODE, PLURALS, RECORD_LISTS, SINGULARS, TYPES
from api.model.variables import Given, Parameters, current, plain
from api.reads.answer_rows import form_of
from api.reads.cost import PAGE, cost_of
from api.reads.field_order import naming
from api.reads.layout import laid_out
from api.reads.limits import one_more, parts_of
from api.reads.objects import Objects, asks_for_manager
from api.reads.plan import BLOCK, ROWS, Answers, PageField, Plan, RootForm, Statement
from api.reads.selection import Selected, read
from graph.as_of import as_known
from graph.collation import SORT_KEY, in_cypher
from graph.identity.lookup import canonical, surviving_match, surviving_query
from graph.model import KINDS

_PAGING = ("first", "after", "order", "at", "period", "filter")


@dataclass(slots=True)
class Compiler(Objects):
    """Compiles one query (see ``Objects``)."""

    def plan(self, roots: Mapping[str, Selected]) -> Plan:
        """The plan. Root fields that are not possible in this form, or not with these rights, are refused in it."""
        statements: list[Statement | Answers] = []
        planned: dict[str, tuple[str, int]] = {}  # text → itself, and the number of parts that Neo4j plans for it
        forms: list[RootForm] = []
        refused: dict[int, GraphQLError] = {}
        for place, root in enumerate(roots.values()):
            self.needs = {}
            form = RootForm(root.key, "constant", "Query", constant="Query")
            if root.name != "__typename":
                form = _form_of(root)
                try:
                    made = self._root(place, root)
                except GraphQLError as error:
                    refused[place] = at_root(error, root.node, root.key)
                else:
                    texts = [made.text] if isinstance(made, Statement) else [each.text for each in made.things]
                    whole = "\n".join(texts)
                    text, _ = planned.setdefault(whole, (whole, parts_of(root)))
                    statements.append(replace(made, text=text) if isinstance(made, Statement) else made)
            forms.append(replace(form, node=root.node, needs=self.needs))
        return Plan(
            statements=tuple(statements),
            roots=tuple(self._form(form, root) for form, root in zip(forms, roots.values(), strict=True)),
            refused=refused,
            rules=tuple(self.rules),
            reads_cpr=self.reads_cpr,
            cost=cost_of(roots),
            parts=sum(parts for _, parts in planned.values()),
        )

    def _form(self, form: RootForm, root: Selected) -> RootForm:
        return replace(_named(form, root, self.seal), sealed=self.seal.sealed)

    def _root(self, place: int, root: Selected) -> Statement | Answers:
        """Raises GraphQLError for a root field that is refused."""
        self._begin(root)
        if root.name in RULES:
            return self._answers(place, root)
        if root.name == "node":
            text = self._node(root)
        elif root.name == "tree":
            text = self._tree(root)
        elif root.name in SINGULARS:
            text = self._single(root)
        else:
            text = self._page(root)
        return Statement(place, self._finished(text), self.parameters)

    def _begin(self, root: Selected) -> None:
        """Begin a statement of a root field."""
        self.parameters = Parameters(root.node)
        self._everybody, self._names = {}, 0
        self._reaches, self._day, self._places = {}, "", []
        self._knowledge(root)
        self.moment = self._moment(root)

    def _finished(self, text: str) -> str:
        """The statement as it is sent."""
        if self.known is not None:
            text = as_known(text, self._rule(KNOWN, {"asKnownOn": self.known}))
        return laid_out(self._placed(text))

    # -- root fields ----------------------------------------------------------------------------------------------

    def _page(self, root: Selected) -> str:
        """``units(first: …) { nodes { … } pageInfo { … } }`` and its like."""
        type_ = TYPES[PLURALS.get(root.name) or RECORD_LISTS[root.name]]
        (connection,) = root.children.values()
        first = root.arguments.get("first")
        if first is None:
            first = PAGE
        is_counted = any(each.name == "totalCount" for each in connection.values())
        begins_in_part = self.scope is not None and self.scope.is_small and not _names_things(root)
        placed = self._placed_in_units(type_.name, "n") if is_counted or begins_in_part else ""
        every = f"MATCH (n:{type_.label})"
        start = placed if placed and begins_in_part else every
        v, binding, where = self._chosen(type_, root, is_placed=start != every)
        count = "null"
        if is_counted:
            _, _, counted = self._chosen(type_, root, is_placed=True) if placed else (v, binding, where)
            count = f"COUNT {{ {placed or every} {binding} WITH * WHERE {counted} RETURN n }}"
        chosen = root.arguments.get("order")
        by = "UUID" if chosen is None else chosen.by
        by_name = by != "UUID"  # or by another text
        down = " DESC" if chosen is not None and chosen.is_descending else ""
        begin, last = (cursor_of(type_.name, each, type_.key, type_.newest) for each in ("head(page)", "last(page)"))
        order = f"n.{type_.newest} DESC, n.{type_.key} DESC" if type_.newest else f"n.{type_.key}{down}"
        names = named = ""
        if by == "NAME" and v == "n":  # in the order of an index
            name = f"n.{SORT_KEY}"
            where = f"{name} IS NOT NULL AND {where}"
            order = f"{name}{down}, {order}"
            begin, last = (f"{each}.{SORT_KEY} + '|' + {each}.uuid" for each in ("head(page)", "last(page)"))
        elif by_name:
            name = "name"
            named = f", {self._sort_text(type_, by, 'n', v)} AS name"
            order = f"name{down}, {order}"
            names = ", collect(name) AS names"
            begin, last = "head(names) + '|' + head(page).uuid", "names[size(page) - 1] + '|' + last(page).uuid"
        going_on = self._after(type_, root, name if by_name else None)
        before = "false"
        if going_on and _asks_for_previous(connection):
            before = f"""EXISTS {{
            {start}
            {binding}
            {f"WITH *{named}" if binding or named else ""}
            WHERE {where} AND NOT ({going_on})
        }}"""
        text = f"""
        {start}
        {binding}
        {f"WITH *{named}" if binding or named else ""}
        WHERE {where}{f" AND {going_on}" if going_on else ""}
        WITH n{", name" if named else ""} ORDER BY {order} LIMIT {self.parameters.add(first, one_more)}
        WITH collect(n) AS found{names}
        WITH found[..{self.parameters.add(first)}] AS page, found{", names" if names else ""}
        WITH page, {{
            more: size(found) > size(page), before: {before}, begin: {begin}, last: {last}, total: {count}
        }} AS head
        """
        lists = [each for each in connection.values() if each.name in ROWS]
        if not lists:
            return text + "RETURN head, [] AS rows"
        v, exists = self._existing(type_, "n")
        cursor = cursor_of(type_.name, "n", type_.key, type_.newest)
        if by_name:
            sorted_by = name if by == "NAME" and v == "n" else self._sort_text(type_, by, "n", v)
            cursor = f"{sorted_by} + '|' + n.uuid"
        nodes = [self._on_page(type_, each, v, cursor) for each in lists]
        row = nodes[0] if len(nodes) == 1 else f"[{', '.join(nodes)}]"
        block = f"page[start..start + {BLOCK}]"
        if v == "n" and not any(map(asks_for_manager, lists)):  # the page holds only what exists
            rows = f"[n IN {block} | {row}]"
        else:
            rows = f"""COLLECT {{
            UNWIND {block} AS n
            {exists}
            RETURN {row}
        }}"""
        return (
            text
            + f"""
        UNWIND range(0, CASE WHEN page = [] THEN 0 ELSE size(page) - 1 END, {BLOCK}) AS start
        RETURN CASE start WHEN 0 THEN head END AS head, {rows} AS rows"""
        )

    def _sort_text(self, type_: Type, by: str, n: str, v: str) -> str:
        """The text by which a list is sorted, where no index has it."""
        if by == "NAME":
            return in_cypher(f"{v}.{type_.caption}" if type_.caption else "null")
        return sort_text(by, n, self.moment)

    def _on_page(self, type_: Type, selected: Selected, v: str, cursor: str) -> str:
        """A row of ``nodes``, or of ``edges``: the thing with its cursor."""
        if selected.name == "nodes":
            return self._values_of(type_, selected.children[type_.name], "n", v, "r")
        parts = {"cursor": cursor, "__typename": f"'{type_.name}Edge'"}
        (edge,) = selected.children.values()
        values = (
            parts.get(each.name) or self._values_of(type_, each.children[type_.name], "n", v, "r")
            for each in read(edge)
        )
        return f"[{', '.join(values)}]"

    def _single(self, root: Selected) -> str:
        """``unit(uuid: …) { … }``: by uuid, or by ``key``, which is any name of it."""
        name = SINGULARS[root.name]
        uuid, key = root.arguments.get("uuid"), root.arguments.get("key")
        if (uuid is None) == (key is None):
            raise GraphQLError(f"{root.name}: give either uuid or key", extensions={"code": "uuid_or_key"})
        if uuid is not None:
            start = f"WITH {self.parameters.add(uuid, uuid_of)} AS uuid {surviving_query(name)}"
            start = f"CALL () {{ {start} }} MATCH (n:{name} {{uuid: uuid}})"
        else:
            known = self.parameters.add(key)
            natural = KINDS[name].natural
            also = f"UNION MATCH (n:{name} {{{natural}: {known}}}) RETURN n" if natural else ""
            start = f"""CALL () {{
            MATCH (:SourceRecord {{key: {known}}})-[:TELLS]->(n:{name}) RETURN n
            {also}
            UNION {surviving_match(name, self.parameters.add(key, canonical))} RETURN n
        }}"""
        type_ = TYPES[name]
        v, exists = self._existing(type_, "n")
        return f"""
        {start}
        {self._and_inside((name,), "n", "WITH * WHERE")}
        {exists}
        RETURN null AS head, [{self._values_of(type_, root.children[name], "n", v, "r")}] AS rows"""

    def _node(self, root: Selected) -> str:
        """``node(id: …) { … }``: the thing that had this id, on the day of the id.

        Kind and day shape the statement, so the plan depends on an id from a variable.
        """
        id_ = root.arguments["id"]
        if isinstance(id_, Given):
            self.shaped_by.add(id_.path)
        node = node_id(current(id_))
        self.known = node.known_on
        self.known_on = None if self.known is None else self.parameters.add(self.known)
        self.moment = self._moment_of(root.name, node.at, node.period)
        thing = self._named(node.kind, root.children[node.kind], "uuid", f"'{node.kind}'")
        return f"""
        {surviving_match(node.kind, self.parameters.add(node.uuid))}
        WITH n.uuid AS uuid
        RETURN null AS head, [{thing}] AS rows"""

    def _tree(self, root: Selected) -> str:
        """``tree(root: …, depth: …)``: each unit before those below it."""
        asked, depth = root.arguments.get("root"), root.arguments.get("depth")
        lies = self._inside(("Unit",), "each")
        if asked is not None:
            start = f"MATCH (top:Unit {{uuid: {self._known('Unit', asked, 'root')}}}) WHERE {self.moment.active('top')}"
        elif self.moment.copied and not lies:
            start = "MATCH (top:Unit {top: true})"
        else:
            above = "above" if lies else ""
            start = f"""
        MATCH (top:Unit)
        WHERE NOT EXISTS {{ MATCH (top)-[up:PART_OF]->({above}:Unit)
            WHERE {self.moment.in_force("up")}{self._and_inside(("Unit",), above)} }}
          AND {self.moment.active("top")}{self._and_inside(("Unit",), "top")}"""
        parts = {
            "depth": "entry.depth",
            "parent": "entry.parent",
            "__typename": "'TreeUnit'",
        }
        v, exists = self._existing(TYPES["Unit"], "n")
        values = ", ".join(
            parts.get(each.name) or self._values_of(TYPES["Unit"], each.children["Unit"], "n", v, "r")
            for each in read(root.children["TreeUnit"])
        )
        return f"""
        {start}
        MATCH way = (top)<-[parts:PART_OF*0..{self._levels(depth)}]-(n:Unit)
        WHERE all(part IN parts WHERE {self.moment.in_force("part")}){
            f" AND all(each IN nodes(way) WHERE {lies})" if lies else ""
        }
        {exists}
        WITH n, size(parts) AS depth, nodes(way) AS line
        WITH n, depth, line[-2].uuid AS parent ORDER BY [u IN line | {self._in_line("u")} + u.uuid]
        WITH collect({{n: n, depth: depth, parent: CASE depth WHEN 0 THEN null ELSE parent END}}) AS found
        UNWIND range(0, size(found) - 1, {BLOCK}) AS start
        RETURN null AS head, COLLECT {{
            UNWIND found[start..start + {BLOCK}] AS entry
            WITH entry, entry.n AS n
            {exists}
            RETURN [{values}]
        }} AS rows"""

    def _in_line(self, unit: str) -> str:
        """The sort key of a unit in the tree."""
        if self.known is None:
            return f"coalesce({unit}.{SORT_KEY}, '')"
        v, binding = self.moment.bind_closed(unit, "named")
        name = in_cypher(f"{v}.{TYPES['Unit'].caption}")
        return f"coalesce(head(COLLECT {{ WITH {unit} {binding} RETURN {name} }}), '')"

    def _answers(self, place: int, root: Selected) -> Answers:
        """``nearest`` and its like: a rule answers, and the things that the answers name are read."""
        things: list[Statement] = []

        def statement_of(field: Thing, selected: Selected) -> int:
            """Things of which the same is selected are read together."""
            self._begin(root)
            text = self._things_by_uuid(field.kinds, selected)
            statement = Statement(place, self._finished(text), self.parameters)
            if statement not in things:
                things.append(statement)
            return things.index(statement)

        name, _ = RULES[root.name]
        rule = self._rule_key(root.name, root.arguments)
        form = form_of(ANSWER_TYPES[name], root.children[name], statement_of)
        return Answers(place, rule, tuple(things), form)

    # -- which things ---------------------------------------------------------------------------------------------

    def _chosen(self, type_: Type, root: Selected, *, is_placed: bool = False) -> tuple[str, str, str]:
        """(the variable with a thing's values, clauses, condition after them) for a list's arguments. ``is_placed``:
        only what the caller may read was found before."""
        conditions: list[str] = []
        if not is_placed:
            # Always true; it lets Neo4j use the index for the order.
            conditions.append(f"n.{type_.newest or type_.key} IS NOT NULL")
            if lies := self._inside((type_.name,), "n"):
                conditions.append(lies)
        if type_.kind is None:
            for name, value in root.arguments.items():
                if name in _PAGING or value is None:
                    continue
                what = looked_up(root.name, name)
                if what is not None:
                    wanted = self._known(what, value, name)
                else:
                    form = uuid_of if name in ("uuid", "person") else plain
                    wanted = self.parameters.add(value, form)
                condition = CONDITIONS.get((root.name, name), f"n.{name} = {{wanted}}")
                conditions.append(condition.format(wanted=wanted))
            return "n", "", " AND ".join(conditions)
        v, clauses, exists = self.moment.bind("n", "v", "s")
        conditions.append(exists)
        conditions += self._filtered(root.name, type_, root.arguments.get("filter") or {}, "n", v)
        return v, clauses, " AND ".join(f"({each})" for each in conditions)

    def _after(self, type_: Type, root: Selected, name: str | None) -> str:
        """``name``: the expression that sorts the list before the key; None = only the key does."""
        after = root.arguments.get("after")
        if after is None:
            return ""
        if type_.newest:
            opening, moment = self.seal.opening, f"n.{type_.newest}"
            last = f"datetime({self.parameters.add(after, opening(moment_in(type_.name)))})"
            id_ = self.parameters.add(after, opening(id_beside(type_.name)))
            return f"{moment} <= {last} AND ({moment} < {last} OR n.{type_.key} < {id_})"
        chosen = root.arguments.get("order")
        later = "<" if chosen is not None and chosen.is_descending else ">"
        if name is None:
            form = self.seal.opening(CURSORS.get(type_.key) or id_in(type_.name))
            return f"n.{type_.key} {later} {self.parameters.add(after, form)}"
        last = self.parameters.add(after, self.seal.opening(text_in("NAME" if chosen is None else chosen.by)))
        key = self.parameters.add(after, self.seal.opening(key_in))
        return f"{name} {later}= {last} AND ({name} {later} {last} OR n.{type_.key} {later} {key})"


def _names_things(root: Selected) -> bool:
    """The list's filter names what is wanted, so an index finds it."""
    asked = root.arguments.get("filter")
    return isinstance(asked, Mapping) and any(asked.get(each) is not None for each in ("uuids", "keys"))


def _form_of(root: Selected) -> RootForm:
    """The form of a field's answer."""
    if root.name in RULES:
        type_, many = RULES[root.name]
        return RootForm(root.key, "list" if many else "object", type_)
    if root.name == "node":
        return RootForm(root.key, "object", NODE)
    if root.name == "tree":
        return RootForm(root.key, "list", "TreeUnit")
    if root.name in SINGULARS:
        return RootForm(root.key, "object", SINGULARS[root.name])
    return RootForm(root.key, "page", next(iter(root.children)), _page_fields(root))


def _named(form: RootForm, root: Selected, seal: CursorSeal) -> RootForm:
    if form.form == "constant":
        return form
    if form.form != "page":
        return replace(form, named=naming(root.children, seal))
    (connection,) = root.children.values()
    lists = [naming(each.children, seal) for each in connection.values() if each.name in ROWS]
    if len(lists) < 2:  # a row is a node; otherwise a node of each list
        return replace(form, named=lists[0]) if lists else form

    def of_several(rows: list[Any]) -> list[Any]:
        columns = [name([row[place] for row in rows]) for place, name in enumerate(lists)]
        return [list(row) for row in zip(*columns, strict=True)]

    return replace(form, named=of_several)


def _asks_for_previous(connection: Mapping[str, Selected]) -> bool:
    return any(
        inner.name == "hasPreviousPage"
        for each in connection.values()
        for inner in each.children.get("PageInfo", {}).values()
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
