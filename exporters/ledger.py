"""The ledger: the last delivery of each object to a target (files_and_rest.md §1).

``(:LedgerEntry {id: "target|object|key", target, object, key, hash, state, run, delivered})``. States: *pending* from
before an object is sent until the target has confirmed it, so that the doubt is known after a crash; *delivered*;
*failed* (the target did not accept it); *closed* (removed at the target); *parked* (it can't be delivered, ``reason``
says why). Hashes are keyed, since the hashed values may contain a CPR number.

A file of a target of whole files is an object of its own (``object`` "file", key its name), beside the rows in it.
``place`` is the place of the delivery: it says nothing about another place. Rows belong to the receiver, whatever the
place of its files, so that the brake still sees what a move would remove.

``(:Ledger {target, run})`` names the run that may write. A later run takes it over; the earlier one then stops. Of a
target that takes objects one by one, ``place`` is a digest of the system that has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeVar

import neo4j

from exporters.errors import Overtaken
from exporters.target import Parked
from graph.change_log import now

T = TypeVar("T")
State = Literal["pending", "delivered", "failed", "closed", "parked"]
FILE = "file"
BATCH = 5000


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is known of a file at the target. ``hash``, ``rows``, ``definition`` belong to the last certain delivery (""
    and 0 before the first); ``place``: its place; ``pending``: hash of the file that was being sent when a run broke
    off."""

    name: str
    object: str
    state: State
    hash: str
    pending: str
    rows: int
    definition: str
    place: str


class ClaimedLedger:
    """One target's ledger, to which one run at a time writes. Reading needs no claim; every writing call raises
    Overtaken without one."""

    def __init__(self, driver: neo4j.Driver, target: str) -> None:
        self._driver = driver
        self._target = target
        self._run = ""

    def claim(self, run: str) -> None:
        """From now on only this run writes."""
        self._driver.execute_query("MERGE (l:Ledger {target: $target}) SET l.run = $run", target=self._target, run=run)
        self._run = run

    def _write(self, query: str, **parameters: Any) -> None:
        with self._driver.session() as session:
            session.execute_write(self._claimed, query, parameters)

    def _claimed(self, tx: neo4j.ManagedTransaction, query: str, parameters: dict[str, Any]) -> None:
        # Setting a property takes the node's lock, so that a claim waits until this is written, and is then seen.
        found = tx.run(
            "MATCH (l:Ledger {target: $target, run: $run}) SET l.run = $run RETURN l.run AS run",
            target=self._target,
            run=self._run,
        ).single()
        if found is None:
            raise Overtaken(f"Another run of {self._target} has begun; run {self._run} stops.")
        tx.run(query, target=self._target, run=self._run, **parameters).consume()


def not_given(driver: neo4j.Driver) -> list[tuple[str, Parked]]:
    """Objects that targets refuse or can't get, with the reason: (target, object)."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (e:LedgerEntry)
        WHERE e.state IN ['parked', 'failed'] AND e.object <> $file
        RETURN e.target AS target, e.object AS object, e.key AS key,
            coalesce(e.problem, '') AS problem, coalesce(e.reason, '') AS reason
        ORDER BY target, object, key
        """,
        file=FILE,
        routing_=neo4j.RoutingControl.READ,
    )
    return [(row["target"], Parked(row["object"], row["key"], row["problem"], row["reason"])) for row in rows]


class Ledger(ClaimedLedger):
    """The ledger of a target of whole files."""

    # -- reading ------------------------------------------------------------------------------------------------

    def files(self) -> dict[str, FileEntry]:
        """By object."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {target: $target, object: $file})
            RETURN e.key AS name, e.of AS object, e.state AS state, coalesce(e.hash, '') AS hash,
                coalesce(e.pending, '') AS pending, coalesce(e.rows, 0) AS rows,
                coalesce(e.definition, '') AS definition, coalesce(e.place, '') AS place
            """,
            target=self._target,
            file=FILE,
        )
        return {row["object"]: FileEntry(**row.data()) for row in rows}

    def hashes(self, object_: str) -> dict[str, str]:
        """Hash of every object of a kind that the target has, by key."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {target: $target, object: $object, state: 'delivered'})
            RETURN e.key AS key, e.hash AS hash
            """,
            target=self._target,
            object=object_,
        )
        return {row["key"]: row["hash"] for row in rows}

    def parked(self) -> dict[tuple[str, str], Parked]:
        """What can't be delivered to the target, by object and key."""
        rows, _, _ = self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {target: $target, state: 'parked'})
            RETURN e.object AS object, e.key AS key, e.problem AS problem, e.reason AS reason
            """,
            target=self._target,
        )
        return {(row["object"], row["key"]): Parked(**row.data()) for row in rows}

    # -- writing ------------------------------------------------------------------------------------------------

    def file_pending(self, object_: str, name: str, hash_: str) -> None:
        """The file is about to be sent."""
        self._write_file(object_, name, {"state": "pending", "pending": hash_})

    def file_delivered(
        self, object_: str, name: str, hash_: str, place: str, *, rows: int = 0, definition: str = ""
    ) -> None:
        """The target has the file, at ``place``."""
        self._write_file(
            object_,
            name,
            {
                "state": "delivered",
                "hash": hash_,
                "pending": None,
                "rows": rows,
                "definition": definition,
                "place": place,
                "delivered": now(),
                "reason": None,
            },
        )

    def files_failed(self, files: Iterable[tuple[str, str]], reason: str) -> None:
        """The target failed: the set of files there may be mixed, so the next run sends all of these (object, name)."""
        for object_, name in files:
            self._write_file(object_, name, {"state": "failed", "reason": reason})

    def doubt(self, object_: str) -> None:
        """The file at the target is unknown: an overtaken run has sent it, too. Needs no claim."""
        self._driver.execute_query(
            """
            MATCH (e:LedgerEntry {id: $target + '|' + $file + '|' + $object})
            SET e.state = 'pending', e.pending = null
            """,
            target=self._target,
            file=FILE,
            object=object_,
        )

    def rows_delivered(self, object_: str, hashes: Mapping[str, str], gone: Iterable[str]) -> None:
        """The target has these rows, and no longer those in ``gone``."""
        delivered = [{"key": key, "hash": hash_} for key, hash_ in hashes.items()]
        for batch in batches(delivered, BATCH):
            self._write(
                """
                UNWIND $rows AS row
                MERGE (e:LedgerEntry {id: $target + '|' + $object + '|' + row.key})
                SET e.target = $target, e.object = $object, e.key = row.key, e.hash = row.hash,
                    e.state = 'delivered', e.run = $run, e.delivered = $at, e.problem = null, e.reason = null
                """,
                rows=batch,
                object=object_,
                at=now(),
            )
        for keys in batches(gone, BATCH):
            self._write(
                """
                UNWIND $keys AS key
                MATCH (e:LedgerEntry {id: $target + '|' + $object + '|' + key, state: 'delivered'})
                SET e.state = 'closed', e.hash = null, e.run = $run, e.delivered = $at
                """,
                keys=keys,
                object=object_,
                at=now(),
            )

    def park(self, parked: Iterable[Parked], released: Iterable[Parked]) -> None:
        """What can't be given, with the reason; and what no longer is among it."""
        for batch in batches(({each: getattr(one, each) for each in Parked.__slots__} for one in parked), BATCH):
            self._write(
                """
                UNWIND $rows AS row
                MERGE (e:LedgerEntry {id: $target + '|' + row.object + '|' + row.key})
                SET e += row, e.target = $target, e.state = 'parked', e.run = $run, e.hash = null
                """,
                rows=batch,
            )
        for ids in batches((f"{self._target}|{each.object}|{each.key}" for each in released), BATCH):
            self._write(
                """
                UNWIND $ids AS id
                MATCH (e:LedgerEntry {id: id, state: 'parked'})
                SET e.state = 'closed', e.problem = null, e.reason = null, e.run = $run
                """,
                ids=ids,
            )

    def _write_file(self, object_: str, name: str, values: dict[str, Any]) -> None:
        self._write(
            """
            MERGE (e:LedgerEntry {id: $target + '|' + $file + '|' + $object})
            SET e.target = $target, e.object = $file, e.key = $name, e.of = $object, e.run = $run
            SET e += $values
            """,
            object=object_,
            file=FILE,
            name=name,
            values=values,
        )


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """The items in portions of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
