"""What a run sets aside between comparing and writing, and its form there."""

import marshal
import pickle
from collections.abc import Sequence

from graph.batches import Batches
from graph.identity.statement_matching import MatchedStatement
from graph.statements.packing import packed, unpacked
from graph.statements.statement import Statement
from graph.writing.difference import Difference
from rules.assignments import IncomingStatement


def of_incoming() -> Batches[IncomingStatement]:
    def pack(batch: Sequence[IncomingStatement]) -> bytes:
        beside = [(each.source, each.fingerprint) for each in batch]
        return marshal.dumps((beside, packed(each.statement for each in batch)))

    def unpack(content: bytes) -> list[IncomingStatement]:
        beside, statements = marshal.loads(content)
        return [
            IncomingStatement(source, statement, fingerprint)
            for (source, fingerprint), statement in zip(beside, unpacked(statements), strict=True)
        ]

    return Batches(pack, unpack)


def of_stated() -> Batches[MatchedStatement]:
    def pack(batch: Sequence[MatchedStatement]) -> bytes:
        beside = [(each.source, each.fingerprint, each.uuid, each.new) for each in batch]
        return marshal.dumps((beside, packed(each.statement for each in batch)))

    def unpack(content: bytes) -> list[MatchedStatement]:
        beside, statements = marshal.loads(content)

        def made(statement: Statement, source: str, fingerprint: str, uuid: str, new: bool) -> MatchedStatement:
            return MatchedStatement(source, statement, fingerprint, uuid, new)

        return [made(statement, *each) for each, statement in zip(beside, unpacked(statements), strict=True)]

    return Batches(pack, unpack)


def of_compared() -> Batches[tuple[int, Difference | None]]:
    def pack(batch: Sequence[tuple[int, Difference | None]]) -> bytes:
        return pickle.dumps(list(batch), pickle.HIGHEST_PROTOCOL)

    return Batches(pack, pickle.loads)


def of_differences() -> Batches[Difference]:
    def pack(batch: Sequence[Difference]) -> bytes:
        return pickle.dumps(list(batch), pickle.HIGHEST_PROTOCOL)

    return Batches(pack, pickle.loads)
