"""Which links have to be asked for on each day, so that every statement is tried that the API may make of one.

The statements of most links of a day are the same but for their names. Neo4j needs a third of a second to plan one, so
the names are tried on today, and on other days one link of each shape. Where the caller has a part of the organisation
only, the names are the same, and what a condition on the part says depends on the kind that a link leads to: so one
link of each shape to each kind is tried on today.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from graphql import get_named_type

from api.access.rights import Scope
from api.reads.compiler import Compiler
from api.reads.question import SCHEMA, coerced, question_of
from api.reads.selection import Document, select
from graph.time import today

Link = tuple[str, str]
"""A list, and what is asked for of each thing of it."""
_VARIABLE = re.compile(r"\b([a-z]+)\d+\b")
_TEXT = re.compile(r"'[^']*'")
_NAMED = re.compile(r"([:.])[A-Za-z_]+(?:\|[A-Za-z_]+)*")


def shape(question: str, rights: frozenset[str], scope: Scope | None = None) -> str:
    """The statements of a question without the names of kinds, links, properties and variables, and without texts."""
    asked = question_of(question, None)
    roots = select(asked.operation, Document(SCHEMA, asked.fragments, coerced(asked, None)))
    plan = Compiler(rights, today(), True, scope=scope).plan(roots)
    assert not plan.refused, plan.refused
    text = "\n".join(str(each.text) for each in plan.statements)
    return _NAMED.sub(r"\1", _VARIABLE.sub(r"\1", _TEXT.sub("''", text)))


def one_of_each(
    links: Mapping[str, Iterable[tuple[Link, str]]],
    rights: frozenset[str],
    scope: Scope | None = None,
    apart: Callable[[Link], str] = "{0[0]}.{0[1]}".format,
) -> dict[str, set[Link]]:
    """Of the links of each day, with the question of each: on the first day those that ``apart`` or their shape sets
    apart from those before, by default all; then those whose shape is new."""
    seen: set[tuple[str, str]] = set()
    chosen: dict[str, set[Link]] = {}
    for when, asked in links.items():
        is_first = not chosen
        chosen[when] = set()
        for link, question in asked:
            found = shape(question, rights, scope)
            new = {(apart(link), found)} if is_first else {("", found)}
            if not new <= seen:
                chosen[when].add(link)
            seen |= {*new, ("", found)}
    return chosen


def leads_to(link: Link) -> str:
    """The kind of what a link leads to."""
    name, field = link
    assert SCHEMA.query_type is not None
    nodes = get_named_type(SCHEMA.query_type.fields[name].type).fields["nodes"]  # type: ignore[union-attr]
    return get_named_type(get_named_type(nodes.type).fields[field].type).name
