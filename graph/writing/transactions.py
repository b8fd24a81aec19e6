"""Writes differences, one transaction per batch, with their entries in the change log.

A batch was compared outside the transaction, so each thing's version is checked under the log's lock; if another writer
was faster, nothing is written and the caller compares again. The model's invariants are kept here: no unit below itself
on any day (``graph.writing.tree``), no link to a missing thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import neo4j
from neo4j.exceptions import ConstraintError

from graph.change_log import Origin, now, take_numbers, turned_day
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.identity.statement_matching import MatchedStatement, natural_key
from graph.model import KINDS
from graph.writing import cypher as cypher
from graph.writing import renumbering
from graph.writing.amending import Guard, batches
from graph.writing.cycles import refuse_cycle
from graph.writing.difference import Difference, copied
from graph.writing.erasure import erase
from graph.writing.retrying import MatchAgain, Stale
from graph.writing.withholding import strip


@dataclass(frozen=True, slots=True)
class DifferenceWriter:
    """Writes differences. Several may write at once: under the log's lock each sees what the others have written."""

    driver: neo4j.Driver
    keyring: Keyring
    index: KnownKeys

    def reserve(self, matched: Sequence[MatchedStatement]) -> None:
        """Create the bare nodes of new things whose kind refers to itself, so that links among them find both ends."""
        new = [each for each in matched if each.new]
        if not new:
            return
        rows = [
            {
                "uuid": each.uuid,
                "natural": natural_key(each.statement),
                "record": {
                    "id": each.record.text(),
                    "source": each.source,
                    "kind": each.statement.kind,
                    "key": each.statement.key,
                    "hash": "",
                    "values": cypher.NOTHING_TOLD,
                },
            }
            for each in new
        ]
        kind = new[0].statement.kind

        def work(tx: neo4j.ManagedTransaction) -> None:
            take_numbers(tx, 0)
            if self.index.is_outdated(tx):
                raise MatchAgain
            tx.run(cypher.reserve(kind), rows=rows).consume()

        try:
            with self.driver.session() as session:
                session.execute_write(work)
        except ConstraintError as error:
            raise Stale from error
        for each in new:
            each.new = False

    def write(self, batch: Sequence[Difference], origin: Origin) -> list[int | None]:
        """Write differences of one kind in one transaction; the change number of each (None: only recorded).

        Raises Stale (compare again), MatchAgain, Refused (cycle). An empty batch opens no transaction.
        """
        if not batch:
            return []
        kind = batch[0].kind
        with self.driver.session() as session:
            try:
                return session.execute_write(self._write, kind, batch, origin)
            except ConstraintError as error:
                raise Stale from error

    def _write(
        self, tx: neo4j.ManagedTransaction, kind: str, batch: Sequence[Difference], origin: Origin
    ) -> list[int | None]:
        effective = [each for each in batch if each.operation != "recorded"]
        number = take_numbers(tx, len(effective))
        if self.index.is_outdated(tx):
            raise MatchAgain
        versions = [{"uuid": each.uuid, "version": each.version} for each in batch if not each.new]
        if versions and tx.run(cypher.stale(kind), versions=versions).peek() is not None:
            raise Stale
        if kind == "Unit":
            refuse_cycle(tx, effective)
        # The copies show the last turned day, and the day may have turned since the run began.
        shown = turned_day(tx)
        moment = now()
        last = number + len(effective) - 1
        numbers: list[int | None] = []
        learned: list[int] = []
        new: list[cypher.Row] = []
        known: list[cypher.Row] = []
        for each in batch:
            counts = each.operation != "recorded"
            numbers.append(number if counts else None)
            learned.append(number if counts else last)
            node = {"uuid": each.uuid, "version": each.version + 1, **copied(kind, each.after, shown)}
            row = cypher.row(each, node, self.keyring, origin, numbers[-1], learned[-1], moment)
            number += counts
            (new if each.new else known).append(row)
        if new:
            tx.run(cypher.create(kind), rows=new, moment=moment).consume()
        if known:
            tx.run(cypher.update(kind), rows=known, moment=moment).consume()
        for query, rows in renumbering.writes(batch, self.keyring):
            tx.run(query, rows=rows).consume()
        strip(tx, [record for each in batch for record in each.stripped])
        erase(tx, {each.uuid: each.erased for each in batch if each.erased})
        for query, rows in cypher.links(kind, batch, learned):
            made = tx.run(query, rows=rows).single(strict=True)["made"]
            if made != len(rows):
                raise Stale  # the other end has gone since it was looked up
        return numbers

    def write_all(self, found: Sequence[Difference], origin: Origin, guard: Guard | None) -> dict[str, int | None]:
        """Write differences of several kinds in one transaction; the change number of each by uuid."""

        def work(tx: neo4j.ManagedTransaction) -> dict[str, int | None]:
            numbers: dict[str, int | None] = {}
            for batch in batches(found):
                written = self._write(tx, batch[0].kind, batch, origin)
                numbers |= {each.uuid: number for each, number in zip(batch, written, strict=True)}
            if guard is not None:
                guard(tx)
            return numbers

        if not found:
            return {}
        with self.driver.session() as session:
            try:
                return session.execute_write(work)
            except ConstraintError as error:
                raise Stale from error


def points_to_itself(kind: str) -> bool:
    """Whether things of a kind link to each other, so that new ones are reserved before any is written."""
    return any(kind in link.targets for link in KINDS[kind].links)
