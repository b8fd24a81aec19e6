"""A run of the account rules: evaluate, name, compare, brake, write; closing first.

The result is stated by the source ``rule:accounts``, through the ordinary ``GraphWriter``. Nothing closes because
something could not be evaluated. Where a run would close more than the brake allows, what closes waits for an approval,
and the rest is written. A person's STOP is no part of this, and waits for nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import neo4j

from graph.as_of import Day, exists, exists_or_will
from graph.change_log import Origin
from graph.identity.known_keys import RecordId
from graph.row_blocks import in_blocks
from graph.runs.brakes import Brake, StoppedByBrake
from graph.runs.limits import exceeds, in_words, taken_lately
from graph.runs.problems import kept_problems, problem_id, settle_problems
from graph.runs.run_log import end_run, start_run
from graph.statements.precedence import MANUAL, RULE_PREFIX
from graph.statements.statement import Problem, Ref, Statement
from graph.statements.stored_record import statement_in, to_text
from graph.time import Period, today, without
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter
from rules.accounts.naming import name_all, needs_names, taken
from rules.accounts.planning import KIND, Plan, Wanted, plan, statement
from rules.accounts.reading import persons_of, read

SOURCE = f"{RULE_PREFIX}accounts"
_AT_ONCE = 500  # statements in a transaction
_KEPT_SHOWN = 200  # lines of a stopped run


@dataclass(frozen=True, slots=True)
class Limits:
    """What may close: of the open accounts at most ``share``, and ``count``; never stops for ``at_least``.

    ``hours``: what runs have closed within so many hours before counts too, unless it was approved; 0: each run by
    itself. Otherwise what closes one account a run would pass.
    """

    share: float = 0.10
    count: int = 500
    at_least: int = 5
    hours: float = 24


@dataclass(slots=True)
class Evaluated:
    """``changed``: what is to be stated, closings first; ``closing``: those of them that close what is open today."""

    today: date
    plan: Plan
    changed: list[tuple[Wanted, Statement]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    open_now: int = 0

    @property
    def closing(self) -> list[Wanted]:
        return [each for each, _ in self.changed if each.closes(self.today)]


@dataclass(slots=True)
class Report:
    """How many accounts were planned anew, changed, closed. ``brake``: what closes waits under this id."""

    opened: int = 0
    changed: int = 0
    closed: int = 0
    problems: list[Problem] = field(default_factory=list)
    brake: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.opened + self.changed + self.closed


Step = Callable[[str, int, int | None], None]


def silent(what: str, done: int, total: int | None) -> None:
    """No progress is shown."""


def evaluate(driver: neo4j.Driver, persons: Iterable[str] | None = None, day: date | None = None) -> Evaluated:
    """What the rules make of everybody, or of ``persons``, as of ``day`` (today). Reads only."""
    at = day or today()
    asked = None if persons is None else sorted(set(persons))
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        facts = read(session, at, asked)
        former = [] if asked is None else [each for each, person in facts.joined.items() if person in asked]
        texts = _kept(session, None if asked is None else [*asked, *former])
        kept = {key: statement_in(KIND, key, text) for key, text in texts.items()}
        owners = {key.partition(":")[0] for key in kept}
        gone = {facts.joined.get(each, each) for each in owners} - facts.persons.keys()
        persons_left = persons_of(session, {*gone, *(facts.exceptions.keys() - facts.persons.keys())}, at)
        made = plan(facts, kept, persons_left)
        found = Evaluated(at, made, open_now=sum(_open(each, at) for each in kept.values()))
        unnamed = [each for each in made.wanted.values() if needs_names(each)]
        if unnamed:
            for wanted, why in name_all(facts, unnamed, taken(session, facts)):
                found.problems.append(Problem(KIND, wanted.key, "login", "no_name", f"{why}; the account has to wait"))
                made.wanted.pop(wanted.key)
    for failed in made.failed:
        text = f"the condition of {failed.rule.name} failed for an employment: {failed.text}; accounts stay as they are"
        key = f"{failed.person}:{failed.system}"
        found.problems.append(Problem(KIND, key, "condition", "condition_failed", text))
    for key, wanted in made.wanted.items():
        stated = statement(wanted, facts)
        if stated is not None and _text(stated) != texts.get(key):
            found.changed.append((wanted, stated))
    found.changed.sort(key=lambda each: (not each[0].closes(at), each[0].key))
    return found


def apply(
    driver: neo4j.Driver,
    writer: GraphWriter,
    persons: Iterable[str] | None = None,
    *,
    user: str | None = None,
    reason: str | None = None,
    limits: Limits | None = None,
    approve: str | None = None,
    dry_run: bool = False,
    step: Step = silent,
) -> Report:
    """Evaluate, and state what has changed.

    ``approve``: the id of a stopped run, which ``user`` approves. Raises StaleApproval, ChangeRejected, Stale, and what
    the graph raises where it does not answer: what has been written stays, and the next run goes on.
    """
    asked = None if persons is None else sorted(set(persons))
    brake = Brake(driver, SOURCE, approve, user, "approved with the run")
    brake.require_waiting()
    found = evaluate(driver, asked)
    report = Report(problems=found.problems)
    closing = found.closing
    reasons = _too_many(closing, found.open_now, driver, asked, limits or Limits())
    run = "" if dry_run or not found.changed else start_run(driver, "accounts", SOURCE, dry=False)
    spend = None
    held: set[str] = set()
    if reasons:
        lines = [f"{each.key} closes" for each in closing]
        digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
        if dry_run:
            report.reasons = () if brake.is_approved(digest) else tuple(reasons)
        else:
            try:
                spend = brake.stop_or_go(digest, reasons, lambda: [*reasons, *_summary(closing)], run, lines)
            except StoppedByBrake as stopped:
                report.brake, report.reasons = stopped.brake, stopped.reasons
                held = {each.key for each in closing}
    stated = [(wanted, each) for wanted, each in found.changed if wanted.key not in held]
    for wanted, _ in stated:
        _count(report, wanted, found.today)
    if dry_run:
        return report
    state, error = "failed", ""
    try:
        origin = Origin(SOURCE, user=user, reason=reason, run=run or None)
        for start in range(0, len(stated), _AT_ONCE):
            writer.state(SOURCE, [each for _, each in stated[start : start + _AT_ONCE]], origin)
            step("Plan accounts", min(start + _AT_ONCE, len(stated)), len(stated))
        report.closed += _close_extra(driver, writer, origin, asked)
        if spend is not None:
            brake.spend(spend)
        _keep_problems(driver, found, run, asked)
        state = "stopped" if report.brake else "done"
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        if run:
            counts = {"opened": report.opened, "changed": report.changed, "closed": report.closed}
            end_run(driver, run, state, counts, error, {KIND: report.closed})
    return report


_LEFT = f"""
MATCH (a:PlannedAccount {{extra: true}})-[:OF_PERSON]->(p:Person)
WHERE a.from IS NOT NULL AND (a.to IS NULL OR a.to > $today) AND ($persons IS NULL OR p.uuid IN $persons)
WITH a, p, head([(a)-[:NEEDS]->(s:ItSystem) | s]) AS needs
WITH a, p, needs, {Day(False, "$today").flag("p", "dead")} OR NOT EXISTS {{
    MATCH (p)-[:HAS]->(t:Employment|Affiliation)
    WHERE {exists_or_will("t")}
}} AS left
WHERE left OR (needs IS NOT NULL AND NOT EXISTS {{
    MATCH (p)<-[:OF_PERSON]-(other:PlannedAccount)-[:AT]->(needs)
    WHERE NOT coalesce(other.extra, false) AND {exists_or_will("other")}
}})
RETURN a.uuid AS uuid, CASE WHEN left
    THEN 'its owner has no employment or affiliation any more'
    ELSE 'its owner has no account in ' + coalesce(needs.title, needs.key) + ' any more' END AS reason
"""


def _close_extra(driver: neo4j.Driver, writer: GraphWriter, origin: Origin, persons: Sequence[str] | None) -> int:
    """Extra accounts of people who have left, or who lack the account that they need, end today, whatever end they were
    given; how many."""
    rows, _, _ = driver.execute_query(_LEFT, today=today(), persons=persons, routing_=neo4j.RoutingControl.READ)
    for row in rows:
        # What began today, or is to come, has no day left: it is withdrawn.
        ending = Amendment("PlannedAccount", row["uuid"], _until_today, None)
        writer.amend_all([ending], Origin(MANUAL, user=origin.user or SOURCE, reason=row["reason"]))
    return len(rows)


def _until_today(kept: Statement) -> Statement:
    return replace(kept, exists=without(kept.exists or (), (Period(today()),)))


def _count(report: Report, wanted: Wanted, day: date) -> None:
    if wanted.closes(day):
        report.closed += 1
    elif wanted.kept is None:
        report.opened += 1
    else:
        report.changed += 1


def _kept(session: neo4j.Session, persons: Sequence[str] | None) -> dict[str, str]:
    """What the rules have stated before, by key, as it is kept."""
    if persons is None:
        query = "MATCH (r:SourceRecord {source: $source, kind: $kind})"
        rows = session.run(in_blocks(query, "[r.key, r.values]"), source=SOURCE, kind=KIND)
    else:
        query = """
            UNWIND $starts AS start
            MATCH (r:SourceRecord)
            WHERE r.id STARTS WITH start
        """
        starts = [RecordId(SOURCE, KIND, f"{each}:").text() for each in persons]
        rows = session.run(in_blocks(query, "[r.key, r.values]"), starts=starts)
    return {key: values for block in rows for key, values in block["rows"]}


class _ByUuid:
    """Rules refer to things by their uuids: each leads to itself."""

    def __getitem__(self, ref: Ref) -> str:
        return ref.key


def _text(stated: Statement) -> str:
    return to_text(stated, _ByUuid())


def _open(kept: Statement, day: date) -> bool:
    return any(each.holds(day) for each in kept.exists or ())


def _too_many(
    closing: Sequence[Wanted], open_now: int, driver: neo4j.Driver, persons: Sequence[str] | None, limits: Limits
) -> list[str]:
    """Why the brake stops; empty = it does not. The share is of all accounts, also where few persons were looked at."""
    count = len(closing)
    if not count:
        return []
    before = taken_lately(driver, "accounts", SOURCE, SOURCE, limits)[KIND]
    if count + before <= limits.at_least:
        return []
    total = open_now
    if persons is not None:
        query = f"MATCH (n:PlannedAccount) WHERE {exists('n')} RETURN count(n) AS total"
        rows, _, _ = driver.execute_query(query, today=today())
        total = rows[0]["total"]
    total += before
    if not exceeds(limits, count + before, total):
        return []
    return [f"{count} of {total} open accounts would close{in_words(before, limits)}"]


def _summary(closing: Sequence[Wanted]) -> list[str]:
    lines = sorted(f"{each.key} ({each.as_of('login') or 'no user name'}) would close" for each in closing)
    return lines if len(lines) <= _KEPT_SHOWN else [*lines[:_KEPT_SHOWN], f"… and {len(lines) - _KEPT_SHOWN} more"]


def _keep_problems(driver: neo4j.Driver, found: Evaluated, run: str, persons: Sequence[str] | None) -> None:
    kept = kept_problems(driver, SOURCE)
    new = {problem_id(SOURCE, each): each for each in found.problems}
    looked_at = {
        (each.kind, each.key) for each in kept.values() if persons is None or each.key.partition(":")[0] in persons
    }
    if any(kept.get(key) != each for key, each in new.items()) or any(
        key not in new and (each.kind, each.key) in looked_at for key, each in kept.items()
    ):
        settle_problems(driver, SOURCE, run, found.problems, looked_at)
