"""Writes an answer as JSON, block by block as its records arrive, without graphql-core's executor."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLError

from api.model.refused import at_root
from api.reads.plan import ROWS, PageField, Plan, RootForm

Opened = Callable[[list[Any]], Awaitable[list[Any]]]
"""Prepares a block of rows to be shown (decrypts CPR numbers, and logs that)."""
Formed = Callable[[Sequence[GraphQLError]], list[dict[str, Any]]]
"""Errors in the form of an answer."""


class Writer:
    """Writes one answer. ``refused``: the root fields that are null, by their place. ``closing``: the end that
    completes the JSON written so far, if nothing more can come; ``root``: the root field that is being written."""

    def __init__(
        self,
        plan: Plan,
        refused: Mapping[int, GraphQLError],
        formed: Formed,
        records: AsyncIterator[Any],
        opened: Opened | None,
    ) -> None:
        self._plan = plan
        self._refused = dict(refused)
        self._formed = formed
        self._records = records
        self._opened = opened
        self._next: Any = None
        self.root: RootForm | None = None
        self.closing = b"}"
        self.extensions = b""
        """The part beside the data, as JSON; empty if there is none."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """The JSON, in pieces of at most a block. Root fields come in the order of the query."""
        await self._advance()
        yield b'{"data":{'
        for place, root in enumerate(self._plan.roots):
            yield b"%b%b:" % (b"," if place else b"", orjson.dumps(root.key))
            self.root = root
            if place in self._refused:
                yield b"null"
            elif root.form == "constant":
                yield orjson.dumps(root.constant)
            elif root.form == "page":
                async for piece in self._page(place, root):
                    yield piece
            elif root.form == "list":
                async for piece in self._list(place):
                    yield piece
            else:
                yield await self._object(place, root)
        self.root = None
        yield b"}" + self.errors() + (b',"extensions":' + self.extensions if self.extensions else b"") + b"}"

    def errors(self, *more: GraphQLError) -> bytes:
        """The part of the answer with its errors, in the order of the root fields; empty if there is none."""
        all_ = [*(self._refused[place] for place in sorted(self._refused)), *more]
        return b',"errors":' + orjson.dumps(self._formed(all_)) if all_ else b""

    async def _advance(self) -> None:
        self._next = await anext(self._records, None)

    async def _block(self, place: int) -> tuple[dict[str, Any] | None, list[Any]] | None:
        """The next record of the root field at this place; None if there is none."""
        record = self._next
        if record is None or record[0] != place:
            return None
        await self._advance()
        head, rows = record[1], record[2]
        if self._opened is not None and rows:
            rows = await self._opened(rows)
        return head, self._plan.roots[place].named(rows)

    async def _object(self, place: int, root: RootForm) -> bytes:
        rows: list[Any] = []
        while (block := await self._block(place)) is not None:
            rows += block[1]
        if len(rows) > 1:
            text = f"key: it fits {len(rows)} things; give the uuid"
            error = GraphQLError(text, extensions={"code": "ambiguous"})
            self._refused[place] = at_root(error, root.node, root.key)
            return b"null"
        return orjson.dumps(rows[0]) if rows else b"null"

    async def _list(self, place: int) -> AsyncIterator[bytes]:
        yield b"["
        self.closing = b"]}"
        some = False
        while (block := await self._block(place)) is not None:
            if block[1]:
                yield (b"," if some else b"") + orjson.dumps(block[1])[1:-1]
                some = True
        self.closing = b"}"
        yield b"]"

    async def _page(self, place: int, root: RootForm) -> AsyncIterator[bytes]:
        first = await self._block(place)
        assert first is not None and first[0] is not None  # even an empty page has a first record
        head, rows = first
        lists = [each for each in root.page if each.name in ROWS]
        kept: list[list[Any]] = [[] for _ in lists]
        written = 0
        yield b"{"
        self.closing = b"}}"
        for index, each in enumerate(root.page):
            yield b"%b%b:" % (b"," if index else b"", orjson.dumps(each.key))
            if each.name not in ROWS:
                yield orjson.dumps(_beside(each, root, head))
            elif written == 0:
                written = 1
                async for piece in self._nodes(place, rows, kept):
                    yield piece
            else:
                yield orjson.dumps(kept[written])
                written += 1
        self.closing = b"}"
        yield b"}"

    async def _nodes(self, place: int, rows: list[Any], kept: Sequence[list[Any]]) -> AsyncIterator[bytes]:
        """The first list of nodes as its blocks arrive; further ones (under other names) are kept until it is
        written."""
        yield b"["
        self.closing = b"]}}"
        some = False
        while True:
            if len(kept) > 1:
                for place_in_row, each in enumerate(kept):
                    if place_in_row:
                        each += [row[place_in_row] for row in rows]
                rows = [row[0] for row in rows]
            if rows:
                yield (b"," if some else b"") + orjson.dumps(rows)[1:-1]
                some = True
            block = await self._block(place)
            if block is None:
                break
            rows = block[1]
        self.closing = b"}}"
        yield b"]"


def _beside(field: PageField, root: RootForm, head: dict[str, Any] | None) -> Any:
    assert head is not None
    if field.name == "totalCount":
        return head["total"]
    if field.name == "__typename":
        return root.type
    values = {
        "hasNextPage": head["more"],
        "hasPreviousPage": head["before"],
        "startCursor": root.sealed(head["begin"]),
        "endCursor": root.sealed(head["last"]),
        "__typename": "PageInfo",
    }
    return {key: values[name] for key, name in field.names.items()}
