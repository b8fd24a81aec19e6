"""A computed list in pages, as lists of things are: ``unmatched`` is also ``unmatchedConnection``.

Who may ask, and what is answered, is the list's own; a page is a part of it, and ``totalCount`` its length. A list that
a rule answers is worked out anew for each page.
"""

from collections.abc import Sequence
from dataclasses import replace

from api.computed.contract import (
    LARGEST,
    USUAL,
    Answer,
    AnswerType,
    Argument,
    ComputedField,
    Part,
    Plain,
    Request,
    answer_type,
)
from api.reads.cursor_seal import CursorSeal
from api.reads.cursors import id_in, number_in

PAGE_INFO = answer_type(
    "PageInfo",
    "Where a page of a list begins and ends",
    Plain("hasNextPage", "Boolean!", "There are more after this page"),
    Plain("hasPreviousPage", "Boolean!", "There are some before this page"),
    Plain("startCursor", "String", "Cursor of the first on the page; null where it is empty"),
    Plain("endCursor", "String", "Cursor of the last one; pass it as after to read the next page"),
)


def in_pages(field: ComputedField) -> ComputedField:
    """The field with the same list in pages."""
    return replace(
        field,
        name=f"{field.name}Connection",
        doc=f"{field.doc}; in pages",
        types=_types(field.type),
        answer=lambda request: _page(field, request),
        many=False,
        arguments={
            **field.arguments,
            "first": Argument("Int", f"At most this many on the page, 1 to {LARGEST}; by default {USUAL}"),
            "after": Argument("String", "Read on after this endCursor"),
        },
        enums=(),
        answers="",
        has_pages=False,
        is_page=True,
    )


def _types(of: str) -> tuple[AnswerType, ...]:
    return (
        answer_type(
            f"{of}Connection",
            f"A page of {of}",
            Part("nodes", of, "What is on the page", many=True),
            Part("edges", f"{of}Edge", "What is on the page, each with its cursor", many=True),
            Part("pageInfo", PAGE_INFO.name, "Whether there are more, and where they begin", always=True),
            Plain("totalCount", "Int!", f"How many there are on all pages; {LARGEST} = as many or more"),
        ),
        answer_type(
            f"{of}Edge",
            f"{of} on a page",
            Plain("cursor", "String!", "Pass it as after to read on from here"),
            Part("node", of, f"The {of}", always=True),
        ),
    )


def _page(field: ComputedField, request: Request) -> Sequence[Answer]:
    """Raises GraphQLError (over_limit, bad_cursor), and what the list raises. Cursors are sealed where they are written
    (``api.reads.field_order``)."""
    first, after = request.first, request.get("after")
    start = (
        0 if after is None else number_in(CursorSeal.of(request.resources.keyring).opening(id_in(field.name))(after))
    )
    every = field.answer(replace(request, arguments={**request.arguments, "first": LARGEST}))
    nodes = every[start : start + first]
    edges = [{"cursor": f"{field.name}|{place}", "node": each} for place, each in enumerate(nodes, start + 1)]
    info = {
        "hasNextPage": start + len(nodes) < len(every),
        "hasPreviousPage": start > 0,
        "startCursor": edges[0]["cursor"] if edges else None,
        "endCursor": edges[-1]["cursor"] if edges else None,
    }
    return [{"nodes": nodes, "edges": edges, "pageInfo": info, "totalCount": len(every)}]
