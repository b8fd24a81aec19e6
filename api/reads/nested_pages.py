"""A list within a thing, in pages: ``childrenConnection(first: …) { edges { … } }`` and its like, as Cypher."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.model.cursors import CURSORS, cursor_of, id_in, key_in, level_in, text_in
from api.model.fields import Paged
from api.reads.compilation import Compilation, row_of
from api.reads.cost import PAGE
from api.reads.limits import some
from api.reads.selection import Selected, read


@dataclass(frozen=True, slots=True)
class Reached:
    """The things that a list leads to. ``clauses`` bind each to ``thing``, and its values of the day to ``values``.

    ``order``: expressions that sort the list, down where ``descending``. The last is a key of the thing.
    """

    thing: str
    values: str
    clauses: str
    order: list[str]
    descending: bool = False

    @property
    def key(self) -> str:
        """The property that is the key."""
        return self.order[-1].rsplit(".", 1)[1]

    @property
    def is_sorted(self) -> bool:
        """The list is sorted by something else before the key."""
        return len(self.order) > 1


def page_of(
    paged: Paged, selected: Selected, reached: Reached, row: Callable[[Selected], str], compilation: Compilation
) -> str:
    """The whole list in its order, and the page of it. ``row``: what a selection asks of a thing, as Cypher."""
    m, v = reached.thing, reached.values
    entry, found = compilation.new_name("entry"), compilation.new_name("found")
    rest, page = compilation.new_name("rest"), compilation.new_name("page")
    first = selected.arguments.get("first")
    size = compilation.parameters.add(PAGE if first is None else first, some)
    cursor = _cursor(paged, reached, entry)
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
            return rows(row(each))
        if each.name == "edges":
            parts = {"cursor": cursor, "__typename": f"'{paged.of}Edge'"}
            (edge,) = each.children.values()
            return rows(row_of(parts.get(part.name) or row(part) for part in read(edge)))
        if each.name == "pageInfo":
            info = {**cases, "__typename": "'PageInfo'"}
            return row_of(info[part.name] for part in read(each.children["PageInfo"]))
        return cases[each.name]

    def rows(one: str) -> str:
        return f"""COLLECT {{
            UNWIND {page} AS {entry}
            WITH {entry}, {entry}.thing AS {m}{"" if v == m else f", {entry}.shown AS {v}"}
            RETURN {one}
        }}"""

    (connection,) = selected.children.values()
    chosen = selected.arguments.get("order")
    in_levels = paged.way.is_tree and chosen is None
    text = level_in if in_levels else text_in("NAME" if chosen is None else chosen.by)
    after = _after(paged, reached, selected.arguments.get("after"), entry, text, compilation)
    shown = "" if v == m else f", shown: {v}"
    down = " DESC" if reached.descending else ""
    # A list of its own first: to collect it in the clauses around would leave no row where it is empty.
    return f"""head(COLLECT {{
        UNWIND [COLLECT {{
            {reached.clauses}
            WITH *, {reached.order[0] if reached.is_sorted else "null"} AS sorted_by
            ORDER BY sorted_by{down}, {reached.order[-1]}{down}
            RETURN {{thing: {m}, by: sorted_by{shown}}}
        }}] AS {found}
        WITH {found}, {after(found)} AS {rest}
        WITH {found}, {rest}, {rest}[..{size}] AS {page}
        RETURN {row_of(value(each) for each in read(connection))}
    }})"""


def _cursor(paged: Paged, reached: Reached, entry: str) -> str:
    """The cursor of an entry (``api.model.cursors``)."""
    if reached.is_sorted:
        return f"toString({entry}.by) + '|' + {entry}.thing.uuid"
    return cursor_of(paged.of, f"{entry}.thing", reached.key)


def _after(
    paged: Paged,
    reached: Reached,
    after: Any,
    entry: str,
    text: Callable[[str], Any],
    compilation: Compilation,
) -> Callable[[str], str]:
    """Makes of the whole list the part after the cursor ``after``. ``text``: takes what sorts the list out of it."""
    if after is None:
        return lambda found: found
    beyond = "<" if reached.descending else ">"
    opening, add = compilation.seal.opening, compilation.parameters.add
    if not reached.is_sorted:
        last = add(after, opening(CURSORS.get(reached.key) or id_in(paged.of)))
        return lambda found: f"[{entry} IN {found} WHERE {entry}.thing.{reached.key} {beyond} {last}]"
    last = add(after, opening(text))
    name = add(after, opening(key_in))
    later = f"{entry}.by = {last} AND {entry}.thing.uuid {beyond} {name}"
    return lambda found: f"[{entry} IN {found} WHERE {entry}.by {beyond} {last} OR ({later})]"
