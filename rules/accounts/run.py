"""A run of the account rules: evaluate, name, compare, brake, write; closing first.

The result is stated by the source ``rule:accounts``, through the ordinary ``GraphWriter``. Nothing closes because
something could not be evaluated, nor while an import is at work: it writes in several transactions, and who gets
another employment number looks like a leaver between them. Where a run would close more than the brake allows, what
closes waits for an approval, and the rest is written. A person's STOP is no part of this, and waits for nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import neo4j

from graph.as_of import exists, exists_or_will
from graph.change_log import Origin, now
from graph.identity.known_keys import RecordId
from graph.row_blocks import in_blocks
from graph.runs.brakes import Brake, keep_stopped
from graph.runs.brakes import approve as approve_brake
from graph.runs.limits import exceeds, in_words, taken_lately
from graph.runs.problems import kept_problems, problem_id, settle_problems
from graph.runs.run_log import end_run, imports_at_work, note_taken, start_run
from graph.statements.precedence import RULE_PREFIX
from graph.statements.statement import Problem, Ref, Statement, Value
from graph.statements.stored_record import statement_in, to_text
from graph.time import today
from graph.writing.graph_writer import GraphWriter
from rules.accounts.extra import Limited, extra_limits, state_limits
from rules.accounts.facts import AccountRule, Facts, Person
from rules.accounts.naming import name_all, needs_names, taken
from rules.accounts.planning import KIND, Plan, Wanted, plan
from rules.accounts.reading import persons_of, read
from rules.accounts.real_names import RealNames, real_names
from rules.accounts.stating import statement

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


@dataclass(frozen=True, slots=True)
class Ending:
    """An account that closes on a day on which it was to be open. ``login``: the user name that it has."""

    key: str
    day: date
    login: str

    @property
    def person(self) -> str:
        return person_of(self.key)


@dataclass(slots=True)
class Evaluated:
    """``changed``: what is to be stated, closings first; ``extra``: extra accounts that close, or open again;
    ``logins``: the user names of accounts that close, by key; ``titles``: of systems."""

    today: date
    plan: Plan
    changed: list[tuple[Wanted, Statement]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    open_now: int = 0
    extra: list[Limited] = field(default_factory=list)
    logins: dict[str, RealNames] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def endings(self) -> list[Ending]:
        """What closes today, and what is to close earlier than it was."""
        by_rule = [
            Ending(each.key, day, self.login(each.key, each.as_of("login")))
            for each, _ in self.changed
            if (day := each.closes_on(self.today)) is not None
        ]
        closing = (each for each in self.extra if each.closes)
        return [
            *by_rule,
            *(Ending(each.key, self.today, self.login(each.key, each.account.login)) for each in closing),
        ]

    def login(self, key: str, planned: Value | None) -> str:
        """The user name that an account has; the planned one where none is known."""
        known = self.logins.get(key)
        return known.login if known is not None else str(planned or "")

    def line(self, ending: Ending) -> str:
        """What the brake keeps of it, and a person approves."""
        return f"{ending.key} closes" if ending.day == self.today else f"{ending.key} ends on {ending.day}"


@dataclass(slots=True)
class Report:
    """How many accounts were planned anew, changed, closed. ``brake``: what closes waits under this id.

    ``held``: persons whose closings wait, for an approval or for the end of the imports of the sources ``waits_for``.
    ``lines``: of a dry run, what would change.
    """

    opened: int = 0
    changed: int = 0
    closed: int = 0
    problems: list[Problem] = field(default_factory=list)
    brake: str | None = None
    reasons: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    waits_for: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return self.opened + self.changed + self.closed


Step = Callable[[str, int, int | None], None]


def silent(what: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True)
class Known:
    """``texts``: what was stated of planned accounts, by key, as it is kept; ``kept``: the same; ``people``: those of
    them who have no tie any more."""

    facts: Facts
    texts: dict[str, str]
    kept: dict[str, Statement]
    people: dict[str, Person]


def read_all(
    session: neo4j.Session,
    at: date,
    persons: Sequence[str] | None,
    rules: Sequence[AccountRule] | None = None,
    *,
    with_positions: bool = False,
) -> Known:
    """What is known of everybody, or of ``persons``. ``rules``, ``with_positions``: as in ``read``."""
    facts = read(session, at, persons, rules, with_positions=with_positions)
    asked = None if persons is None else {facts.joined.get(each, each) for each in persons}
    former = [] if asked is None else [each for each, person in facts.joined.items() if person in asked]
    texts = _kept(session, None if asked is None else [*asked, *former])
    gone = {facts.joined.get(each, each) for each in map(person_of, texts)} - facts.persons.keys()
    people = persons_of(session, {*gone, *(facts.exceptions.keys() - facts.persons.keys())}, at)
    return Known(facts, texts, {key: statement_in(KIND, key, text) for key, text in texts.items()}, people)


def evaluate(driver: neo4j.Driver, persons: Iterable[str] | None = None, day: date | None = None) -> Evaluated:
    """What the rules make of everybody, or of ``persons``, as of ``day`` (today). Reads only."""
    at = day or today()
    asked = None if persons is None else sorted(set(persons))
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        known = read_all(session, at, asked)
        facts = known.facts
        made = plan(facts, known.kept, known.people)
        found = Evaluated(at, made, open_now=sum(_open(each, at) for each in known.kept.values()))
        found.open_now += session.run(_EXTRA_OPEN, today=at, persons=asked).single(strict=True)["count"]
        found.extra = list(extra_limits(session, facts, asked, _is_planned(made)))
        found.titles = {uuid: each.title or each.key for uuid, each in facts.systems.items()}
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
        if stated is None:
            continue
        # The text differs where the statement does. Where it doesn't, a reference may have led nowhere when it was
        # kept, and is stated again until it leads somewhere.
        if stated != known.kept.get(key) or _text(stated) != known.texts.get(key):
            found.changed.append((wanted, stated))
    closing = {each.key: day for each, _ in found.changed if (day := each.closes_on(at)) is not None}
    found.changed.sort(key=lambda each: (closing.get(each[0].key) != at, each[0].key))
    found.logins = _logins(driver, found, [each for each, _ in found.changed if each.key in closing])
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
    before_writing: Callable[[], None] = lambda: None,
) -> Report:
    """Evaluate, and state what has changed. ``before_writing``: called if there is something to write.

    ``approve``: the id of a stopped run, which ``user`` approves. Raises StaleApproval, ChangeRejected, Stale, and what
    the graph raises where it does not answer: what has been written stays, and the next run goes on.
    """
    asked = None if persons is None else sorted(set(persons))
    brake = Brake(driver, SOURCE, approve, user, "approved with the run")
    brake.require_waiting()
    begun = now()
    found = evaluate(driver, asked)
    report = Report(problems=found.problems)
    endings = found.endings
    if approve is not None and not dry_run:
        approve_brake(driver, approve, user or "command line", brake.reason)
    approved = brake.approved_parts()
    may_close = {line for parts in approved.values() for line in parts}
    doubted = [each for each in endings if found.line(each) not in may_close]
    reasons: list[str] = []
    if endings and (at_work := imports_at_work(driver, begun)):
        doubted, report.waits_for = endings, tuple(at_work)
    else:
        reasons = _too_many(doubted, found, driver, asked, limits or Limits())
    run = "" if dry_run or not (found.changed or found.extra) else start_run(driver, "accounts", SOURCE, dry=False)
    report.reasons = tuple(reasons)
    if reasons and not dry_run:
        lines = sorted(map(found.line, doubted))
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        report.brake = keep_stopped(driver, SOURCE, run, digest, [*reasons, *_summary(driver, found, doubted)], lines)
    waiting = {each.key for each in doubted if report.waits_for or reasons}
    report.held = frozenset(each.person for each in endings if each.key in waiting)
    stated = [(wanted, each) for wanted, each in found.changed if wanted.key not in waiting]
    extra = [each for each in found.extra if each.key not in waiting]
    for wanted, _ in stated:
        _count(report, wanted, found.today)
    report.closed += sum(each.closes for each in extra)
    report.opened += sum(not each.closes for each in extra)
    if dry_run:
        found.logins |= _logins(driver, found, [each for each, _ in found.changed])
        report.lines = tuple(_told(found))
        return report
    state, error = "failed", ""
    taken = {KIND: sum(each.key not in waiting for each in endings)}
    try:
        if run and any(taken.values()):
            note_taken(driver, run, taken)
        origin = Origin(SOURCE, user=user, reason=reason, run=run or None)
        if stated or extra:
            before_writing()
        for start in range(0, len(stated), _AT_ONCE):
            writer.state(SOURCE, [each for _, each in stated[start : start + _AT_ONCE]], origin)
            step("Plan accounts", min(start + _AT_ONCE, len(stated)), len(stated))
        state_limits(writer, origin, extra)
        for digest, parts in approved.items():
            if not report.waits_for and (asked is None or {person_of(each) for each in parts} <= {*asked}):
                brake.spend(digest)
        _keep_problems(driver, found, run, asked)
        state = "stopped" if report.brake else "done"
    except BaseException as failure:
        error = type(failure).__name__
        raise
    finally:
        if run:
            counts = {"opened": report.opened, "changed": report.changed, "closed": report.closed}
            end_run(driver, run, state, counts, error, taken)
    return report


def person_of(text: str) -> str:
    """The person (uuid) of a planned account's key, or of a line that begins with it."""
    return text.partition(":")[0]


_EXTRA_OPEN = f"""
MATCH (a:PlannedAccount {{extra: true}})-[:OF_PERSON]->(p:Person)
WHERE {exists_or_will("a")} AND ($persons IS NULL OR p.uuid IN $persons)
RETURN count(DISTINCT a) AS count
"""


def _is_planned(made: Plan) -> dict[tuple[str, str], bool]:
    """(person, system) → whether the rules give the person an account there, today or later."""
    planned: dict[tuple[str, str], bool] = {}
    for each in made.wanted.values():
        place = each.person.uuid, each.system
        planned[place] = planned.get(place, False) or bool(each.opens)
    return planned


def _logins(driver: neo4j.Driver, found: Evaluated, accounts: Sequence[Wanted]) -> dict[str, RealNames]:
    """The user names that these, and the extra accounts, have; by key."""
    by_uuid = {each.account.uuid: each.key for each in found.extra}
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        known = real_names(session, (each.key for each in accounts if each.kept is not None), by="key")
        return known | {by_uuid[uuid]: each for uuid, each in real_names(session, by_uuid).items()}


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
    endings: Sequence[Ending],
    found: Evaluated,
    driver: neo4j.Driver,
    persons: Sequence[str] | None,
    limits: Limits,
) -> list[str]:
    """Why the brake stops; empty = it does not. The share is of all accounts, also where few persons were looked at."""
    count = len(endings)
    if not count:
        return []
    before = taken_lately(driver, "accounts", SOURCE, SOURCE, limits)[KIND]
    if count + before <= limits.at_least:
        return []
    total = found.open_now
    if persons is not None:
        query = f"MATCH (n:PlannedAccount) WHERE {exists('n')} RETURN count(n) AS total"
        rows, _, _ = driver.execute_query(query, today=today())
        total = rows[0]["total"]
    total += before
    if not exceeds(limits, count + before, total):
        return []
    later = "" if all(each.day == found.today for each in endings) else ", today or earlier than planned"
    return [f"{count} of {total} open accounts would close{later}{in_words(before, limits)}"]


def _summary(driver: neo4j.Driver, found: Evaluated, endings: Sequence[Ending]) -> list[str]:
    """A line for each account, without the user name of a person with a protected name: it is made of the name."""
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person) WHERE p.uuid IN $uuids AND p.address_protected RETURN p.uuid AS uuid",
        uuids=sorted({each.person for each in endings}),
        routing_=neo4j.RoutingControl.READ,
    )
    protected = {row["uuid"] for row in rows}
    lines = sorted(
        f"{each.key} ({'protected' if each.person in protected else each.login or 'no user name'}) would "
        + ("close" if each.day == found.today else f"end on {each.day}")
        for each in endings
    )
    return lines if len(lines) <= _KEPT_SHOWN else [*lines[:_KEPT_SHOWN], f"… and {len(lines) - _KEPT_SHOWN} more"]


def _told(found: Evaluated) -> Iterator[str]:
    """A line for each account that would change, closings first: what, whose, where, and on which days."""
    for each, _ in found.changed:
        days = ", ".join(f"{one.start}–{one.end or ''}" for one in each.opens) or "no day from today on"
        what = "close" if each.closes(found.today) else "open" if each.kept is None else "change"
        login = each.names.get("login") or found.login(each.key, each.as_of("login")) or "no user name"
        yield f"{what}: {each.person.name} ({login}) in {found.titles.get(each.system, each.system)}: {days}"
    for limited in found.extra:
        login = found.login(limited.key, limited.account.login)
        yield f"{'close' if limited.closes else 'open'}: {login}, an extra account: {limited.reason}"


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
