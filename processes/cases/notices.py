"""What people are still to hear of tasks: that one waits for them, is late, was handed to them, or asks them something.

Who has a task follows from the organisation, so it is asked here as everywhere; the task keeps of whom it is known that
they were told, and what. Before anything is sent it is noted as being sent, by whoever locks the case first, so that
several workers don't tell it twice; afterwards as told. Where a worker is killed in between, nobody knows whether the
mail left: after ``LEASE`` it is sent again. So each thing is told at least once: a second mail does no harm, and who
hears of nothing does not look.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import neo4j
from structlog.stdlib import get_logger

from graph.connection import Run
from graph.errors import Unknown
from graph.identity.lookup import survivors
from graph.statements.written_numbers import only_digits
from processes.cases import kept
from processes.cases.tasks import UNANSWERED, Look, looks

Why = Literal["new", "late", "handed", "asked"]
AT_ONCE = 100
"""Tasks that are routed together."""
LEASE = timedelta(minutes=10)
"""No mail is under way for longer: after that the worker that sends it is taken to be gone."""
_log = get_logger("processes.cases.notices")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person is to hear of a task. ``process``: what it is called.

    ``what``: which thing it is: of those with a number (how often the task was escalated) the highest counts; of each
    question and each handing over there is one.
    """

    person: str
    task: str
    name: str
    process: str
    what: str

    @property
    def why(self) -> Why:
        if self.what.startswith("handed"):
            return "handed"
        if self.what.startswith("asked"):
            return "asked"
        return "new" if self.what == "0" else "late"

    @property
    def entry(self) -> str:
        return f"{self.person} {self.what}"


def waiting(run: Run, *, everything: bool) -> dict[str, str]:
    """Open tasks of which somebody may have to hear, with the mark of what has happened to each (``settle``).

    ``everything``: all open tasks, since the organisation may give one to somebody else without anything happening to
    it.
    """
    which = "" if everything else "AND t.to_tell IS NOT NULL"
    query = f"MATCH (t:Task) WHERE t.state = 'open' {which} RETURN t.id AS id, t.to_tell AS mark ORDER BY t.made, t.id"
    return {row["id"]: row["mark"] or "" for row in run.run(query)}


def notices(run: Run, ids: Sequence[str], now: datetime) -> Iterator[Notice]:
    """What people are still to hear of some tasks. A task that can't be looked at holds up no other."""
    for start in range(0, len(ids), AT_ONCE):
        yield from _apart(run, ids[start : start + AT_ONCE], now)


def _apart(run: Run, ids: Sequence[str], now: datetime) -> list[Notice]:
    """Of these together; where one of them can't be looked at, of each by itself."""
    try:
        return list(_of(run, ids, now))
    except UNANSWERED:
        raise
    except Exception as wrong:
        if len(ids) > 1:
            return [notice for each in ids for notice in _apart(run, [each], now)]
        _log.warning("task can't be looked at", task=ids[0], error=type(wrong).__name__)
        return []


def _of(run: Run, ids: Sequence[str], now: datetime) -> Iterator[Notice]:
    some = looks(run, kept.tasks(run, ids), now)
    told = _told(run, ids, now)
    asked = {each.task.question.of for each in some if each.task.question is not None}
    handed = {each.task.asked.handed[1] for each in some if each.task.asked.handed is not None}
    people = {entry.partition(" ")[0] for entries in told.values() for entry in entries}
    called = survivors(run, "Person", people | asked | handed)
    names = {case: kept.process_name(run, kept.case(run, case)) for case in {each.task.case for each in some}}
    for seen in some:
        known = [_of_today(entry, called) for entry in told.get(seen.task.id, ())]
        for person, what in _to_tell(seen, called):
            notice = Notice(person, seen.task.id, seen.task.name, names[seen.task.case], what)
            if not _is_told(known, notice):
                yield notice


def begin(driver: neo4j.Driver, wanted: Sequence[Notice], now: datetime) -> list[Notice]:
    """Note that these are being sent; only of what this gives, since another worker may be telling the rest."""

    def work(tx: neo4j.ManagedTransaction) -> list[Notice]:
        found = []
        for notice in sorted(wanted, key=lambda each: (each.task, each.what)):
            try:
                task = kept.lock_of_task(tx, notice.task)
            except Unknown:  # its case was erased, or deleted, meanwhile
                continue
            entries = _told(tx, [task.id], now).get(task.id, [])
            if task.state == "open" and not _is_told(entries, notice):
                tx.run(_BEGIN, task=task.id, entry=notice.entry, at=now.astimezone(UTC).isoformat()).consume()
                found.append(notice)
        return found

    with driver.session() as session:
        return session.execute_write(work)


def end(driver: neo4j.Driver, begun: Sequence[Notice], *, told: bool) -> None:
    """They were told, or it was not sent after all: then the next look tries again."""
    entries = [{"task": each.task, "entry": each.entry} for each in begun]
    driver.execute_query(_END, begun=entries, told=told)


def being_sent(run: Run, tasks: Collection[str], now: datetime) -> set[str]:
    """Those of some tasks of which a worker is telling somebody now, or was killed doing so and not long ago."""
    query = "UNWIND $ids AS id MATCH (t:Task {id: id}) WHERE t.sending IS NOT NULL RETURN id, t.sending AS sending"
    return {row["id"] for row in run.run(query, ids=sorted(tasks)) if any(_under_way(row["sending"], now))}


def settle(driver: neo4j.Driver, marks: Mapping[str, str], left: Collection[str]) -> None:
    """Nothing is left to tell of these tasks but of some, unless something has happened to one since its mark was
    read."""
    driver.execute_query(
        "UNWIND $marks AS each MATCH (t:Task {id: each.id}) WHERE t.to_tell = each.mark REMOVE t.to_tell",
        marks=[{"id": id_, "mark": mark} for id_, mark in marks.items() if mark and id_ not in left],
    )
    driver.execute_query(
        "UNWIND $left AS id MATCH (t:Task {id: id, state: 'open'}) SET t.to_tell = coalesce(t.to_tell, randomUUID())",
        left=sorted(left),
    )


def _to_tell(seen: Look, called: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Who is to hear what of a task, told already or not. Whoever has claimed it knows of it."""
    task = seen.task
    handed = None if task.asked.handed is None else called.get(task.asked.handed[1])
    if seen.claimed is not None and seen.claimed == handed and task.claim is not None:
        yield handed, f"handed {task.claim.at.isoformat()}"
    if seen.claimed is None or task.asked.escalations:
        for each in seen.route.candidates:
            yield each.person, str(task.asked.escalations)
    if task.question is not None and task.question.of in called:
        yield called[task.question.of], f"asked {task.question.at.isoformat()}"


def _told(run: Run, tasks: Sequence[str], now: datetime) -> dict[str, list[str]]:
    """What is told of some tasks, or being told."""
    query = "UNWIND $ids AS id MATCH (t:Task {id: id}) RETURN id, t.told AS told, t.sending AS sending"
    found = {
        row["id"]: [*(row["told"] or ()), *_under_way(row["sending"] or (), now)]
        for row in run.run(query, ids=list(tasks))
    }
    return {task: entries for task, entries in found.items() if entries}


def _under_way(sending: Sequence[str], now: datetime) -> Iterator[str]:
    """The entries of what is being sent. ``sending``: each with the moment at which it was begun."""
    for each in sending:
        entry, _, begun = each.rpartition(" ")
        if datetime.fromisoformat(begun) + LEASE > now:
            yield entry


_BEGIN = """
MATCH (t:Task {id: $task})
SET t.sending = [each IN coalesce(t.sending, []) WHERE NOT each STARTS WITH $entry + ' '] + [$entry + ' ' + $at]
"""
"""The case is locked."""
_END = """
UNWIND $begun AS each
MATCH (t:Task {id: each.task})-[:OF_CASE]->(c:Case)
SET c.locked = t.id
WITH t, collect(each.entry) AS entries
SET t.told = CASE WHEN $told THEN coalesce(t.told, []) + entries ELSE t.told END,
    t.sending = [one IN coalesce(t.sending, []) WHERE NOT any(entry IN entries WHERE one STARTS WITH entry + ' ')]
"""


def _of_today(entry: str, called: Mapping[str, str]) -> str:
    """The entry, of the person into whom the one that it names was joined since."""
    person, _, what = entry.partition(" ")
    return f"{called.get(person, person)} {what}"


def _is_told(entries: Collection[str], notice: Notice) -> bool:
    if notice.entry in entries:
        return True
    levels = [what for person, _, what in (each.partition(" ") for each in entries) if person == notice.person]
    return only_digits(notice.what) and any(only_digits(what) and int(what) >= int(notice.what) for what in levels)
