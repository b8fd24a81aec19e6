"""Which links have to be asked for on each day, so that every statement is tried that the API may make of one.

The statements of most links of a day are the same but for their names. Neo4j needs a third of a second to plan one, so
the names are tried on today, and on other days one link of each shape.
"""

import re
from collections.abc import Callable, Iterable, Mapping

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
    apart: Callable[[Link], str] = lambda link: "",
) -> dict[str, set[Link]]:
    """Of the links of each day, with the question of each: all of the first day, then those whose shape is new.

    ``apart``: links for which it differs are of different shapes.
    """
    seen: set[tuple[str, str]] = set()
    chosen: dict[str, set[Link]] = {}
    for when, asked in links.items():
        is_first = not chosen
        chosen[when] = set()
        for link, question in asked:
            found = (apart(link), shape(question, rights, scope))
            if is_first or found not in seen:
                chosen[when].add(link)
            seen.add(found)
    return chosen
