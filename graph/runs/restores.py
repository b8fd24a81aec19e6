"""A restore of a back-up that was found: it waits in the graph until a person has confirmed it.

What finds one looks outside the graph too (``reconnect.work.restores``). Several processes may look, while a person
confirms: what is noted replaces exactly what was read before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

import neo4j

from graph.as_of import not_over
from graph.change_log import now
from graph.errors import ChangeRejected
from graph.runs.cursors import locked_cursor, read_cursor, replace_cursor, write_locked_cursor
from graph.time import today

LINEAGE, RESTORE = "lineage", "restore"
"""Cursors: which graph it is, and when a worker last worked on it; the restore that was found last."""
Why = Literal["behind", "unknown", "silent", "declared"]
_WHY: Mapping[Why, str] = {
    "behind": "changes that it had are missing",
    "unknown": "Redis, which remembers how far it was, does not know it",
    "silent": "no worker has worked on it for more than a day",
    "declared": "a person has said so",
}
_STILL_OPEN = f"""
UNWIND $uuids AS uuid
MATCH (p:Person {{uuid: uuid}})
WHERE NOT EXISTS {{ (p)-[:JOINED_INTO]->() }}
    AND NOT EXISTS {{ MATCH (p)-[s:STATE]->(v) WHERE v.stopped AND {not_over("s")} }}
RETURN p.uuid AS uuid, coalesce(p.name, p.given_name + ' ' + p.surname, p.uuid) AS name
ORDER BY name, uuid
"""


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that nobody has confirmed yet. ``stopped``: UUIDs of people whose STOP is lost, as far as is known."""

    id: str
    found: datetime
    why: Why
    stopped: tuple[str, ...]

    @property
    def text(self) -> str:
        """What has happened, and what to do."""
        return (
            f"The graph seems to have been restored from a back-up ({_WHY[self.why]}). Nothing is opened at targets "
            "until a person has looked: reconnect restored (or confirmRestore)."
        )


def waiting(driver: neo4j.Driver) -> Restore | None:
    """The restore that waits for a person."""
    return of_cursor(read_cursor(driver, RESTORE))


def of_cursor(cursor: Mapping[str, str]) -> Restore | None:
    """The restore of this cursor; None if there is none, or it is confirmed."""
    if not cursor or cursor["confirmed"]:
        return None
    why = cast("Why", cursor["why"])
    return Restore(cursor["id"], datetime.fromisoformat(cursor["found"]), why, tuple(cursor["stopped"].split()))


def note(driver: neo4j.Driver, known: Mapping[str, str], restore: Restore, by_witness: str) -> bool:
    """Note a restore that was found in place of what was ``known``, and whether it was still that. ``by_witness``: what
    it was found by, by which another process finds that it is the same."""
    kept = {
        "id": restore.id,
        "found": restore.found.isoformat(),
        "why": restore.why,
        "stopped": " ".join(restore.stopped),
        "confirmed": "",
        "by": "",
        "witness": by_witness,
    }
    return replace_cursor(driver, RESTORE, known, kept)


def still_open(driver: neo4j.Driver, stopped: Sequence[str]) -> list[tuple[str, str]]:
    """(UUID, name) of those of the people who are there, and are not stopped any more."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return session.execute_read(_still_open, stopped)


def _still_open(tx: neo4j.ManagedTransaction, stopped: Sequence[str]) -> list[tuple[str, str]]:
    rows = tx.run(_STILL_OPEN, uuids=list(stopped), today=today())
    return [(row["uuid"], row["name"]) for row in rows]


def confirm(
    driver: neo4j.Driver,
    id_: str,
    by: str,
    reason: str = "",
    *,
    leave_open: bool = False,
    also: Callable[[neo4j.ManagedTransaction], None] | None = None,
) -> None:
    """A person has looked: targets are supplied again as usual. ``also``: what is written with it, or not at all.

    Raises ChangeRejected: unknown_restore (it does not wait: another one was found meanwhile, or it was confirmed),
    still_open (people were stopped, and are not any more; not with ``leave_open``).
    """

    def work(tx: neo4j.ManagedTransaction) -> None:
        kept = locked_cursor(tx, RESTORE)
        known = of_cursor(kept)
        if known is None or known.id != id_:
            raise ChangeRejected("unknown_restore", f"there is no restore with id {id_!r} that waits to be confirmed")
        if not leave_open and (left := _still_open(tx, known.stopped)):
            people = "1 person was stopped, and is" if len(left) == 1 else f"{len(left)} people were stopped, and are"
            raise ChangeRejected(
                "still_open",
                f"{people} not any more. Stop them again, or leave them open. Nothing was confirmed.",
                things=tuple(sorted(("Person", uuid) for uuid, _ in left)),
            )
        moment = now().isoformat()
        write_locked_cursor(tx, RESTORE, {**kept, "confirmed": moment, "by": by, "reason": reason})
        if "alive" in (own := locked_cursor(tx, LINEAGE)):
            write_locked_cursor(tx, LINEAGE, {**own, "alive": moment})
        if also is not None:
            also(tx)

    with driver.session() as session:
        session.execute_write(work)
