"""Lists of cases and of processes, as people look through them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from graph.connection import Run
from graph.errors import Unknown
from processes.cases.kept import CaseRow, case_of

State = Literal["running", "stuck", "ended", "stopped"]
STATES: Final[tuple[State, ...]] = ("running", "stuck", "ended", "stopped")
_RECENT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Listed:
    """A case, with the names of its open tasks."""

    case: CaseRow
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A process and its cases. ``days``: the median from start to end of those that ended in the last 90 days.
    Those that a person has ended count nowhere."""

    process: str
    running: int
    stuck: int
    ended: int
    days: float | None


def state_of(case: CaseRow) -> State:
    """``stuck``: a step of it can't be made. ``stopped``: a person has ended it."""
    if not case.is_open:
        return "stopped" if case.is_stopped else "ended"
    return "stuck" if case.incidents else "running"


def cases(
    run: Run,
    *,
    started_by: str | None = None,
    process: str | None = None,
    states: Collection[State] = STATES,
    first: int = 100,
    after: str | None = None,
) -> list[Listed]:
    """Cases, those started last first. ``after``: id of the last case of the page before.

    ``started_by``: only of this person, or of somebody who was joined into the person. Raises Unknown (unknown_case).
    """
    start = None
    if after is not None:
        row = run.run("MATCH (c:Case {id: $id}) RETURN c.started AS started", id=after).single()
        if row is None:
            raise Unknown("unknown_case", f"after: there is no case {after!r}", after)
        start = row["started"].to_native().astimezone(UTC)
    found = "MATCH (c:Case)"
    if started_by is not None:
        found = """
        MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {uuid: $person})
        MATCH (c:Case {started_by: was.uuid})
        """
    rows = run.run(
        f"""
        {found}
        WHERE c.started IS NOT NULL AND ($process IS NULL OR c.process = $process)
          AND ($start IS NULL OR c.started < $start OR (c.started = $start AND c.id > $after))
          AND CASE WHEN c.stopped THEN 'stopped' WHEN NOT c.open THEN 'ended' WHEN c.incidents IS NULL THEN 'running'
              ELSE 'stuck' END IN $states
        WITH c ORDER BY c.started DESC, c.id LIMIT $first
        MATCH (c)-[:RUNS]->(v)
        RETURN c, v.id AS version, v.digest AS digest, v.number AS number, COLLECT {{
            MATCH (t:Task {{state: 'open'}})-[:OF_CASE]->(c)
            RETURN t.name ORDER BY t.made, t.id
        }} AS waits
        ORDER BY c.started DESC, c.id
        """,
        person=started_by,
        process=process,
        states=list(states),
        start=start,
        after=after,
        first=first,
    )
    return [Listed(case_of(row), tuple(row["waits"])) for row in rows]


def overview(run: Run, now: datetime) -> list[Overview]:
    """All processes, by id."""
    rows = run.run(
        """
        MATCH (p:Process)
        OPTIONAL MATCH (c:Case {process: p.id})
        WHERE c.stopped IS NULL
        WITH p, c, CASE WHEN c.ended > $since
            THEN duration.inSeconds(c.started, c.ended).seconds / 86400.0 END AS days
        RETURN p.id AS process,
            sum(CASE WHEN c.open AND c.incidents IS NULL THEN 1 ELSE 0 END) AS running,
            sum(CASE WHEN c.open AND c.incidents IS NOT NULL THEN 1 ELSE 0 END) AS stuck,
            sum(CASE WHEN NOT c.open THEN 1 ELSE 0 END) AS ended,
            percentileCont(days, 0.5) AS days
        ORDER BY process
        """,
        since=now.astimezone(UTC) - _RECENT,
    )
    return [Overview(row["process"], row["running"], row["stuck"], row["ended"], row["days"]) for row in rows]
