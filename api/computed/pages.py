"""A computed list in pages, as lists of things are: ``unmatched`` is also ``unmatchedConnection``.

Who may ask, and what is answered, is the list's own; a page is a part of it. A list that a rule answers is worked out
anew for each page, as a whole, so that ``totalCount`` is its length and the last page its end; one that may be too long
for that is read from the cursor on. A cursor has the key of an answer (``Pages.order``), not its number, so nothing is
passed over when answers before it are gone by the time of the next page, as what was decided.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import orjson

from api.computed.contract import (
    EVERY,
    LARGEST,
    USUAL,
    Answer,
    AnswerType,
    Argument,
    ComputedField,
    Key,
    Pages,
    Part,
    Plain,
    Request,
    answer_type,
)
from api.model.cursor_seal import CursorSeal, bad_cursor
from api.model.cursors import id_in

PAGE_INFO = answer_type(
    "PageInfo",
    "Where a page of a list begins and ends",
    Plain("hasNextPage", "Boolean!", "There are more after this page"),
    Plain("hasPreviousPage", "Boolean!", "There are some before this page"),
    Plain("startCursor", "String", "Cursor of the first on the page; null where it is empty"),
    Plain("endCursor", "String", "Cursor of the last one; pass it as after to read the next page"),
)


def in_pages(field: ComputedField, pages: Pages) -> ComputedField:
    """The field with the same list in pages."""
    return replace(
        field,
        name=f"{field.name}Connection",
        doc=f"{field.doc}; in pages",
        types=_types(field.type, pages),
        answer=lambda request: _page(field, pages, request),
        many=False,
        arguments={
            **field.arguments,
            "first": Argument("Int", f"At most this many on the page, 1 to {LARGEST}; by default {USUAL}"),
            "after": Argument("String", "Read on after this endCursor"),
        },
        enums=(),
        answers="",
        pages=None,
        is_page=True,
    )


def _types(of: str, pages: Pages) -> tuple[AnswerType, ...]:
    total = Plain("totalCount", "Int!", "How many there are on all pages")
    if pages.count is not None:
        total = Plain("totalCount", "Int", f"How many there are on all pages; null = more than {LARGEST}")
    return (
        answer_type(
            f"{of}Connection",
            f"A page of {of}",
            Part("nodes", of, "What is on the page", many=True),
            Part("edges", f"{of}Edge", "What is on the page, each with its cursor", many=True),
            Part("pageInfo", PAGE_INFO.name, "Whether there are more, and where they begin", always=True),
            total,
        ),
        answer_type(
            f"{of}Edge",
            f"{of} on a page",
            Plain("cursor", "String!", "Pass it as after to read on from here"),
            Part("node", of, f"The {of}", always=True),
        ),
    )


def _page(field: ComputedField, pages: Pages, request: Request) -> Sequence[Answer]:
    """Raises GraphQLError (over_limit, bad_cursor), and what the list raises. Cursors are sealed where they are written
    (``api.reads.field_order``)."""
    first, cursor = request.first, request.get("after")
    after = None if cursor is None else CursorSeal.of(request.resources.keyring).opening(_key_in(field.name))(cursor)
    total: int | None
    if pages.count is None:
        every = _in_order(pages, field.answer(replace(request, most=EVERY)))
        rest = every if after is None else [each for each in every if each[0] > after]
        total, is_later = len(every), len(rest) < len(every)
    else:
        found = field.answer(replace(request, most=first + 1, after=after))
        rest = [(pages.order(each), each) for each in found]
        total, is_later = pages.count(request), after is not None
    shown = rest[:first]
    edges = [{"cursor": f"{field.name}|{orjson.dumps(key).decode()}", "node": each} for key, each in shown]
    info = {
        "hasNextPage": len(rest) > first,
        "hasPreviousPage": is_later,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return [{"nodes": [each for _, each in shown], "edges": edges, "pageInfo": info, "totalCount": total}]


def _in_order(pages: Pages, answers: Iterable[Answer]) -> list[tuple[Key, Answer]]:
    """Each with its key. Those that ``Pages.order`` does not tell apart are numbered, so that none is passed over where
    a page ends between them."""
    alike = Counter[Key]()
    keyed = []
    for each in answers:
        key = pages.order(each)
        keyed.append(((*key, alike[key]), each))
        alike[key] += 1
    return sorted(keyed, key=lambda each: each[0])


def _key_in(list_: str) -> Callable[[str], Key]:
    def taken_apart(cursor: str) -> Key:
        key = orjson.loads(id_in(list_)(cursor))
        if not isinstance(key, list):
            raise bad_cursor()
        return tuple(key)

    return taken_apart
