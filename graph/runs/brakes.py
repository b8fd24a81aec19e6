"""Stopped runs: a difference that is larger than allowed waits until a person approves exactly it.

Imports, exports and the day turn each decide what is too much. What follows is here, once: the difference is kept, the
run stops, a person approves, the next run with the same difference goes on and uses the approval up.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import neo4j

from graph.change_log import now
from graph.errors import GraphError

REST = timedelta(days=7)
"""So long after a run has begun with it, an approval covers what a run that broke off has left."""
MOST_LINES = 200_000
"""Of a larger difference no lines are kept: the rest of one that breaks off needs an approval of its own."""


class StoppedByBrake(GraphError):
    """More would change than the brake allows. Nothing of it was applied; ``brake`` is the id to approve."""

    code = "stopped_by_brake"

    def __init__(self, brake: str, reasons: Sequence[str], text: str = "") -> None:
        super().__init__(
            text or "; ".join(reasons) + f". Check the changes, and approve them as {brake} if they are right."
        )
        self.brake = brake
        self.reasons = tuple(reasons)


class StaleApproval(GraphError):
    """The id does not name a stopped run of this source or target: unknown, another's, or used. Nothing was done."""

    code = "stale_approval"


def brake_id(source: str, digest: str) -> str:
    """The id under which a stopped difference waits. The same difference has the same id in every run."""
    return f"{source}-{digest[:12]}"


@dataclass(slots=True)
class Brake:
    """The brake of one run of ``source`` (a source, ``export:<target>``, or the day turn).

    ``approved``: the id that ``user`` approves with this run, if any; ``reason``: kept with such an approval.
    """

    driver: neo4j.Driver
    source: str
    approved: str | None = None
    user: str | None = None
    reason: str = ""
    used: bool = field(default=False, init=False)
    """Whether ``approved`` has allowed something in this run."""

    def require_waiting(self) -> None:
        """Raises StaleApproval unless ``approved`` (if given) names a difference of ``source`` not applied yet."""
        if self.approved is None:
            return
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (b:Brake {id: $id})
            RETURN b.source AS source, b.state AS state, b.approved_by AS by, toString(date(b.approved)) AS day
            """,
            id=self.approved,
        )
        again = "Run it without an approval to see what it would do now."
        if not rows:
            raise StaleApproval(f"There is no stopped run with id {self.approved}. {again}")
        known = rows[0]
        if known["source"] != self.source:
            raise StaleApproval(f"{self.approved} is a stopped run of {known['source']}, not of {self.source}.")
        if known["state"] == "used":
            raise StaleApproval(
                f"{self.approved} was approved by {known['by']} on {known['day']} and has been used; an approval is "
                f"valid once. {again}"
            )

    def stop_or_go(
        self,
        digest: str,
        reasons: Sequence[str],
        summary: Callable[[], Sequence[str]],
        run: str,
        lines: Collection[str] | None = None,
    ) -> str:
        """The digest of the approval that allows the difference (to ``spend`` once it is applied).

        ``digest`` names exactly this difference. ``lines``, where a difference can be applied in part, name each part
        of it: an approval that covers all of them, or more, allows it. Raises StoppedByBrake.
        """
        if lines is not None and self.approved is None and (covering := self._covering(lines)) is not None:
            return covering
        brake = self._keep(digest, summary, run, lines)
        allowed = self._allowing(digest, lines)
        if allowed is None:
            raise StoppedByBrake(brake, reasons)
        self.used |= self.approved == brake_id(self.source, allowed)
        return allowed

    def begin_or_resume(
        self,
        digest: str,
        reasons: Sequence[str],
        summary: Callable[[], Sequence[str]],
        run: str,
        lines: Collection[str],
    ) -> str:
        """As ``stop_or_go``, where a difference is approved as a whole: a run begins only if exactly ``digest`` is
        approved. If it breaks off, the approval covers what is left: a difference without any other ``lines``, for
        ``REST``. Raises StoppedByBrake."""
        if (resumed := self.resumed(lines)) is not None:
            self.used |= self.approved == brake_id(self.source, resumed)
            return resumed
        brake = self._keep(digest, summary, run, lines if len(lines) <= MOST_LINES else None)
        if not self.is_approved(digest):
            raise StoppedByBrake(brake, reasons)
        self.driver.execute_query("MATCH (b:Brake {id: $id}) SET b.begun = $at", id=brake, at=now())
        self.used |= self.approved == brake
        return digest

    def resumed(self, lines: Collection[str]) -> str | None:
        """The digest of the approval that a run has begun with, and that covers all of ``lines``."""
        return next((digest for digest, parts in self.begun_parts().items() if set(lines) <= parts), None)

    def begun_parts(self) -> dict[str, frozenset[str]]:
        """As ``approved_parts``, of approvals with which a run has begun, and that it has not used up."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (b:Brake {source: $source, state: 'approved'})
            WHERE b.lines IS NOT NULL AND b.begun >= $since
            RETURN b.digest AS digest, b.lines AS lines
            """,
            source=self.source,
            since=now() - REST,
        )
        return {row["digest"]: frozenset(row["lines"]) for row in rows}

    def _keep(self, digest: str, summary: Callable[[], Sequence[str]], run: str, lines: Collection[str] | None) -> str:
        """The id under which the difference waits; approved, if the run's approval is of it."""
        brake = keep_stopped(self.driver, self.source, run, digest, summary(), lines)
        if self.approved == brake:
            approve(self.driver, brake, self.user or "command line", self.reason)
        return brake

    def approve_if_named(self, digest: str) -> None:
        """Approve a difference that waits already, where ``approved`` is its id."""
        brake = brake_id(self.source, digest)
        if self.approved == brake:
            self.used |= approve(self.driver, brake, self.user or self.source, self.reason)

    def is_approved(self, digest: str) -> bool:
        return bool(self.approved_among([digest]))

    def approved_among(self, digests: Collection[str]) -> list[str]:
        """Those of the digests that a person has approved."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (b:Brake {source: $source, state: 'approved'})
            WHERE b.digest IN $digests
            RETURN b.digest AS digest
            """,
            source=self.source,
            digests=list(digests),
        )
        return [row["digest"] for row in rows]

    def approved_parts(self) -> dict[str, frozenset[str]]:
        """The lines of each approved difference that can be applied in part, by digest."""
        rows, _, _ = self.driver.execute_query(
            """
            MATCH (b:Brake {source: $source, state: 'approved'})
            WHERE b.lines IS NOT NULL
            RETURN b.digest AS digest, b.lines AS lines
            """,
            source=self.source,
        )
        return {row["digest"]: frozenset(row["lines"]) for row in rows}

    def spend(self, digest: str) -> None:
        """Use the approval up: it is valid once."""
        self.driver.execute_query(
            """
            MATCH (b:Brake {source: $source, digest: $digest})
            SET b.state = 'used', b.used = $at, b.lines = null, b.begun = null
            """,
            source=self.source,
            digest=digest,
            at=now(),
        )

    def spend_rest(self, moment: datetime) -> None:
        """Use up approvals that were given before this moment: a run that has begun since, and has done everything,
        leaves nothing of what they allow. Otherwise a later difference that they happen to cover would pass."""
        self.driver.execute_query(
            """
            MATCH (b:Brake {source: $source, state: 'approved'})
            WHERE b.approved <= $moment
            SET b.state = 'used', b.used = $at, b.lines = null, b.begun = null
            """,
            source=self.source,
            moment=moment,
            at=now(),
        )

    def unused_approval(self, *, stopped: bool) -> str:
        """Why the run did not use ``approved``; empty where it did, or there is none. ``stopped``: the run was."""
        if self.approved is None or self.used:
            return ""
        if stopped:
            return f"{self.approved}: this approval is for a different set of changes. Nothing was applied."
        return f"{self.approved}: this approval was not needed. The run did not exceed the brake."

    def _allowing(self, digest: str, lines: Collection[str] | None) -> str | None:
        if lines is not None:
            return self._covering(lines)
        return digest if self.is_approved(digest) else None

    def _covering(self, lines: Collection[str]) -> str | None:
        return next((digest for digest, parts in self.approved_parts().items() if set(lines) <= parts), None)


def keep_stopped(
    driver: neo4j.Driver,
    source: str,
    run: str,
    digest: str,
    summary: Sequence[str],
    lines: Collection[str] | None = None,
) -> str:
    """Keep a stopped difference until it is approved; its id. One that comes back after its approval was used waits
    again."""
    rows, _, _ = driver.execute_query(
        """
        MERGE (b:Brake {id: $id})
        ON CREATE SET b.source = $source, b.digest = $digest
        WITH b, coalesce(b.state, 'used') = 'used' AS anew
        FOREACH (_ IN CASE WHEN anew THEN [1] ELSE [] END |
            SET b.state = 'waiting', b.learnt = $at, b.approved_by = null, b.reason = null, b.approved = null
        )
        SET b.run = $run, b.summary = $summary, b.lines = $lines
        RETURN b.id AS id
        """,
        id=brake_id(source, digest),
        source=source,
        digest=digest,
        run=run,
        at=now(),
        summary=list(summary),
        lines=None if lines is None else sorted(lines),
    )
    found: str = rows[0]["id"]
    return found


def approve(driver: neo4j.Driver, brake: str, user: str, reason: str) -> bool:
    """Approve exactly the stopped difference with this id. False where none waits under it."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (b:Brake {id: $id})
        WHERE b.state IN ['waiting', 'approved']
        SET b.state = 'approved', b.approved_by = $user, b.reason = $reason, b.approved = $at
        RETURN b.id AS id
        """,
        id=brake,
        user=user,
        reason=reason,
        at=now(),
    )
    return bool(rows)


def stopped_so_far(driver: neo4j.Driver, source: str) -> int:
    """How often the brake has stopped something in the source's run that is under way. A dry run stops nothing."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (run:Run {name: $source, state: 'running', dry: false})
        MATCH (brake:Brake {source: $source, run: run.id, state: 'waiting'})
        RETURN count(brake) AS brakes
        """,
        source=source,
    )
    return int(rows[0]["brakes"])
