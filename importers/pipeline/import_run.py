"""Import: read → facts → match → merge → difference → brake → apply (architecture.md §4 "Merge").

Everything is compared before anything is written, so that a dry run and the brake see the whole difference. It is
applied in bounded transactions, each with its changes and its source records: a killed import leaves complete batches,
and the next run goes on where it ended, since the written part no longer differs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import neo4j

from graph.batches import Batches
from graph.change_log import Origin
from graph.corrections.possible_duplicates import note_same
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import RecordId
from graph.identity.matching import DEFAULT_MATCH_KEYS, MatchKeys, keep_undecided
from graph.identity.statement_matching import MatchedStatement
from graph.model import KINDS
from graph.planning import replan
from graph.rehearsal import Rehearsal
from graph.runs.brakes import Brake, StoppedByBrake
from graph.runs.cursors import read_cursor, write_cursor
from graph.runs.known import GraphKnown
from graph.runs.limits import taken_lately
from graph.runs.problems import kept_problems, problem_id, settle_problems
from graph.runs.run_log import end_run, note_taken, start_run
from graph.statements.precedence import SourceOrder
from graph.statements.statement import Problem
from graph.time import today
from graph.writing import rights_rules
from graph.writing.cycles import find_refused
from graph.writing.day_turn import catch_up
from graph.writing.difference import Difference
from graph.writing.graph_writer import GraphWriter
from graph.writing.retrying import write_until_current
from importers.pipeline.aside import of_stated
from importers.pipeline.brake import Approvable, BrakeSettings, digest, records_of, stopping, summary, too_many
from importers.pipeline.comparing import Compared, Differences, New, compare, distinct
from importers.pipeline.incoming import IncomingStatements
from importers.pipeline.intake import Intake, Progress, batches, problem_of, silent
from importers.pipeline.report import ImportReport, text_of
from importers.pipeline.unmatched_rules import KIND as RULES
from importers.pipeline.unmatched_rules import unmatched
from importers.pipeline.writing import Writing
from importers.source import Reading, Source
from rules.assignments import RoleRules
from rules.roles import RoleRule

AT_ONCE = 5000  # statements whose things are looked up together


@dataclass
class Import:
    """One run of one source. Use ``run_import``."""

    driver: neo4j.Driver
    source: Source
    keyring: Keyring
    order: SourceOrder
    rules: Sequence[RoleRule]
    limits: BrakeSettings
    user: str | None
    reason: str | None
    dry_run: bool
    approved: str | None
    progress: Progress
    match_keys: MatchKeys

    def __post_init__(self) -> None:
        self.writer = GraphWriter(self.driver, self.keyring, self.order, self.match_keys)
        self.ruling = RoleRules(self.driver, self.writer.index, self.source.name, self.rules)
        self.report = ImportReport(self.source.name, self.dry_run)
        self.brake = Brake(self.driver, self.source.name, self.approved, self.user, "approved with the import")
        self._taken: Counter[str] = Counter()
        # What the run has taken with readings beside this one, none of which builds on another: all of it counts. Of
        # those that follow one another, such as the files of several days, the largest does.
        self._beside: Counter[str] = Counter()

    # A run that finds nothing new writes nothing, not even a note of itself: so the run is noted with its first write.
    def _origin(self) -> Origin:
        if self.report.run is None:
            self.report.run = start_run(self.driver, "import", self.source.name, dry=self.dry_run)
            self.ruling.begin()
        return Origin(self.source.name, user=self.user, reason=self.reason, run=self.report.run)

    def run(self) -> ImportReport:
        known = GraphKnown(
            self.driver,
            self.source.name,
            self.keyring,
            self.writer.index,
            user=self.user,
            # What is rehearsed is undone in the graph only: a source leaves what is outside of it as it is.
            dry_run=self.dry_run or isinstance(self.driver, Rehearsal),
            progress=self.progress,
        )
        state, error, under_way = "failed", "", ""
        try:
            for reading in self.source.readings(known):
                under_way = reading.label
                self.report.readings.append(under_way)
                try:
                    self._take(reading, known)
                except StoppedByBrake as stop:
                    if not reading.independent:
                        raise
                    self._leave_out(reading, stop)
                else:
                    self.report.applied += [] if self.dry_run else [reading.label]
                under_way = ""
                known.cursor = read_cursor(self.driver, self.source.name)
            self._suspect, self._beside = (), Counter()
            self._apply_changed_rules()
            state = "stopped" if self.report.brake else "done"
            self._tell_of_the_approval()
        except StoppedByBrake as stop:
            state = "stopped"
            self.report.brake, self.report.reasons = stop.brake, stop.reasons
            self._tell_of_the_approval()
        except BaseException as failure:
            if not self.dry_run and (where := self.report.broke_off(under_way)):
                failure.add_note(where)
            error = f"{type(failure).__name__}: {text_of(failure)}"
            raise
        finally:
            if self.report.run is not None:
                end_run(self.driver, self.report.run, state, self.report.as_counts(), error, self._taken)
                if not self.dry_run:
                    replan(self.driver, self.report.counts.total())
        return self.report

    def _leave_out(self, reading: Reading, stop: StoppedByBrake) -> None:
        """The reading waits for an approval and the run goes on: the notes about its new things are dropped."""
        self.writer.index.forget()
        self.report.brake = self.report.brake or stop.brake
        self.report.reasons += tuple(f"{reading.label}: {each} (approve {stop.brake})" for each in stop.reasons)

    def _tell_of_the_approval(self) -> None:
        if not self.dry_run:
            self.report.approval = self.brake.unused_approval(stopped=self.report.brake is not None)

    # -- one reading --------------------------------------------------------------------------------------------

    def _take(self, reading: Reading, known: GraphKnown) -> None:
        self._suspect = reading.incomplete_because
        self.report.overdue = reading.overdue
        self._beside = self._taken.copy() if reading.independent else Counter()
        taking = Intake(self.driver, self.source.name, reading, known, self.writer.index, self.progress)
        incoming = taking.incoming()
        incoming.add(
            each for each in self.ruling.of(lambda: incoming.statements("Employment")) if taking.is_sound(each)
        )
        self.report.unchanged += taking.unchanged
        try:
            wrote = self._settle(incoming, taking.problems)
        except StoppedByBrake:
            # A problem in it may be the reason why so much would end: the user who decides sees it.
            self.report.problems += taking.problems
            raise
        self._keep_problems(taking.problems, taking.looked_at)
        if self.dry_run:
            return
        # A doubtful reading is applied only when a user has approved its changes.
        if reading.cursor and (wrote or (reading.store_cursor_when_unchanged and not reading.incomplete_because)):
            cursor = {**reading.cursor}
            if dict(read_cursor(self.driver, self.source.name)) != cursor:
                write_cursor(self.driver, self.source.name, cursor)

    def _apply_changed_rules(self) -> None:
        """Apply new, changed and removed rules to all records of the source."""
        incoming = self.ruling.of_changed_rules()
        if incoming is not None:
            self._settle(IncomingStatements(incoming), self.report.problems)
        if not self.dry_run:
            # After everything else: they read the graph, in which list and payroll are joined.
            if by_list := self.ruling.of_the_list():
                self._settle(IncomingStatements(by_list), self.report.problems)
            if self.ruling.is_due:
                kept = kept_problems(self.driver, self.source.name).values()
                looked_at = {(each.kind, each.key) for each in kept if each.kind == RULES}
                self._keep_problems(list(unmatched(self.driver, self.source.name, self.rules)), looked_at)
            self.ruling.finish()

    # -- compare, brake, apply ----------------------------------------------------------------------------------

    def _settle(self, incoming: IncomingStatements, problems: list[Problem]) -> bool:
        """Compare, brake and apply; again from the start if another writer was faster. Returns whether it wrote."""

        def attempt() -> tuple[bool, list[Problem]]:
            found: list[Problem] = []
            return self._compare_and_apply(incoming, found, lacks_limit=lacks_limit), found

        lacks_limit = any(each.kind == "ConstraintSetting" and each.severity == "bad" for each in problems)
        self._applied = frozenset()
        wrote, found = write_until_current(attempt, lambda stale: self.writer.index.forget())
        problems += found
        return wrote

    def _compare_and_apply(self, incoming: IncomingStatements, problems: list[Problem], *, lacks_limit: bool) -> bool:
        by_kind = self._identified(incoming)
        self._wait_for_decisions(incoming, problems)
        self._leave_out_wrong_rights(by_kind, problems, lacks_limit=lacks_limit)
        compared = {kind: compare(self.writer.comparer, kind, stated) for kind, stated in by_kind.items()}
        self._leave_out_cycles(compared, problems)
        taken = self._stop_or_go(compared)
        # The more of both: where it is compared again, what was written already is no difference any more.
        self._taken |= self._beside + taken
        if self.dry_run:
            self._preview(compared, problems)
            return False
        before = self.report.counts.total()
        writing = Writing(self.writer, self._origin, lambda each: self._count(each, problems), self.progress)
        if taken and (run := self._origin().run) is not None:
            note_taken(self.driver, run, self._taken)
        for each in compared.values():
            writing.apply(each)
        for approved in self._applied:
            self.brake.spend(approved)
        if self._applied:
            self._taken.clear()  # what was approved, and before it, counts no more
        return self.report.counts.total() > before

    def _identified(self, incoming: IncomingStatements) -> dict[str, Batches[MatchedStatement]]:
        by_kind: dict[str, Batches[MatchedStatement]] = {}
        for kind in KINDS:
            stated = of_stated()
            for batch in distinct(self._identified_of(kind, incoming)):
                stated.add(batch)
            if len(stated):
                by_kind[kind] = stated
        return by_kind

    def _identified_of(self, kind: str, incoming: IncomingStatements) -> Iterator[MatchedStatement]:
        for source, group in incoming.of(kind):
            for batch in batches(group.each(), AT_ONCE):
                pairs = [(each.statement, each.fingerprint) for each in batch]
                yield from self.writer.matcher.match(source, pairs)

    def _wait_for_decisions(self, incoming: IncomingStatements, problems: list[Problem]) -> None:
        """Records of this reading that wait: the matcher also knows those that earlier readings of the run left."""
        matcher = self.writer.matcher
        if not (matcher.waiting or matcher.undecided):
            return
        records = (RecordId(each.source, each.statement.kind, each.statement.key) for each in incoming.each())
        here = {each for each in records if each in matcher.waiting or each in matcher.undecided}
        for record, about in matcher.waiting.items():
            if record in here:
                text = f"nothing is known yet of the {about.kind} {about.key!r} that it is about"
                problems.append(Problem(record.kind, record.key, "about", "unknown_reference", text, "notice"))
        undecided = [each for each in matcher.undecided.values() if each.record in here]
        for each in undecided:
            fits = (
                f"{len(each.candidates)} things: {', '.join(each.candidates)}" if each.candidates else "nothing known"
            )
            text = f"fits {fits}. Decide which it is."
            problems.append(Problem(each.record.kind, each.record.key, "match", "ambiguous_match", text))
        if undecided and not self.dry_run:
            keep_undecided(self.driver, undecided)

    def _leave_out_wrong_rights(
        self, by_kind: dict[str, Batches[MatchedStatement]], problems: list[Problem], *, lacks_limit: bool
    ) -> None:
        """A record that breaks a rule between things of rights is a bad record, like one that contradicts itself."""
        stated = [each for kind in rights_rules.CHECKED if kind in by_kind for each in by_kind[kind].each()]
        for source in {each.source for each in stated}:
            mine = [each.statement for each in stated if each.source == source]
            refs = {link.to for each in mine for links in each.links.values() for link in links}
            self.writer.index.learn_refs(refs, source)
        refused = rights_rules.find_refused(self.driver, self.writer.index.resolve, stated, lacks_limit=lacks_limit)
        out = {each.record for each, _ in refused}
        for each, why in refused:
            problems.append(problem_of(each.statement.kind, each.record.key, why))
            if each.new:
                self.writer.index.drop(each.record, each.uuid)
        for kind in {record.kind for record in out} | ({"Grant"} & by_kind.keys()):
            left = of_stated()
            left.add(each for each in stated if each.statement.kind == kind and each.record not in out)
            by_kind[kind] = left

    def _leave_out_cycles(self, compared: dict[str, Compared], problems: list[Problem]) -> None:
        units = list(compared["Unit"].differences()) if "Unit" in compared else []
        out: set[str] = set()
        for refused, uuids in find_refused(units, self.driver):
            out |= uuids
            problems += [problem_of("Unit", each.record.key, refused) for each in units if each.uuid in uuids]
        if out:
            left = of_stated()
            for batch in compared["Unit"].stated:
                for each in batch:
                    if each.uuid in out and each.new:
                        self.writer.index.drop(each.record, each.uuid)
                left.add(each for each in batch if each.uuid not in out)
            # Again, since links to a new unit that is now left out lead nowhere.
            compared["Unit"] = compare(self.writer.comparer, "Unit", left)

    def _stop_or_go(self, compared: dict[str, Compared]) -> Counter[str]:
        """What would end, move or be withdrawn, by kind. Raises StoppedByBrake if that is too much, or if the reading
        is doubtful and would write anything."""
        differences, new = Differences(compared), New(compared)
        hits = stopping(differences)
        reasons = [*self._suspect] if self._suspect and any(True for _ in chain(differences, new)) else []
        taken = Counter(each.kind for each in hits)
        name = self.source.name
        before = self._beside + (taken_lately(self.driver, "import", name, name, self.limits) if hits else Counter())
        if any(count + before.get(kind, 0) > self.limits.at_least for kind, count in taken.items()):
            reasons += too_many(hits, self._totals(taken), self.limits, before)
        begun = self.brake.begun_parts() if hits or reasons else {}
        if not (reasons or begun):
            return taken
        # Who lets a doubtful reading pass allows all that it would write, not only what would end.
        is_doubtful = bool(self._suspect)
        approvable = Approvable(differences if is_doubtful else hits, new, self.keyring.fingerprint, is_doubtful)
        made = records_of(self.driver, name, approvable.linked) if begun else {}
        lines = approvable.lines(frozenset().union(*begun.values()), made)
        # What a run that broke off has left, the approval is for. Once this is applied, nothing of it is.
        self._applied |= {each for each, parts in begun.items() if lines & parts}
        if not reasons:
            return taken
        named = digest(lines)
        if self.dry_run:
            if not self.brake.is_approved(named) and self.brake.resumed(lines) is None:
                self.report.reasons = tuple(reasons)
            return Counter()  # it would wait, or is approved: neither counts for what comes beside it

        def effects() -> list[str]:
            lines = summary(self.driver, hits) if hits else ["Nothing would end, move or be withdrawn."]
            return [*reasons, *lines]

        self._applied |= {self.brake.begin_or_resume(named, reasons, effects, self._origin().run or "", lines)}
        return taken

    _applied: frozenset[str] = frozenset()
    """Digests of the approvals that are used up once what is being applied is written."""
    _suspect: tuple[str, ...] = ()

    def _totals(self, kinds: Iterable[str]) -> dict[str, int]:
        rows, _, _ = self.driver.execute_query(
            """
            UNWIND $kinds AS kind
            RETURN kind, COUNT { MATCH (r:SourceRecord {kind: kind})-[:TELLS]->(thing)
                                 WHERE (r.source = $source OR r.source STARTS WITH 'rule:')
                                     AND thing.from IS NOT NULL AND (thing.to IS NULL OR thing.to > $today)
                                 RETURN DISTINCT thing } AS total
            """,
            today=today(),
            kinds=list(kinds),
            source=self.source.name,
        )
        # What readings beside this one take is still there in a dry run.
        still = self._beside if self.dry_run else Counter[str]()
        return {row["kind"]: row["total"] - still[row["kind"]] for row in rows}

    def _preview(self, compared: dict[str, Compared], problems: list[Problem]) -> None:
        for of_kind in compared.values():
            for stated, found in of_kind:
                known = dict(found)
                new = [each for place, each in enumerate(stated) if each.new and place not in known]
                changes = (*known.values(), *self.writer.comparer.differences(new))
                differences = [each for each in changes if each is not None]
                for difference in differences:
                    self._count(difference, problems)
                self.report.differences.add(differences)

    def _count(self, difference: Difference, problems: list[Problem]) -> None:
        self.report.counts[difference.kind, difference.operation] += 1
        for notice in difference.notices:
            what = (notice.field, notice.rule, notice.text)
            problems.append(Problem(difference.kind, difference.record.key, *what, "notice", notice.persons))

    def _keep_problems(self, problems: list[Problem], looked_at: set[tuple[str, str]]) -> None:
        told = {*self.report.problems}  # by readings before, such as the file of the day before
        self.report.problems += [each for each in problems if each not in told]
        if self.dry_run:
            return
        note_same(self.driver, self.source.name, [each.persons for each in problems if each.persons])
        kept = kept_problems(self.driver, self.source.name)
        found = {problem_id(self.source.name, each): each for each in problems}
        looked_at |= {(each.kind, each.key) for each in problems}
        mended = any(key not in found and (each.kind, each.key) in looked_at for key, each in kept.items())
        if mended or any(kept.get(key) != each for key, each in found.items()):
            settle_problems(self.driver, self.source.name, self._origin().run or "", problems, looked_at)


def run_import(
    driver: neo4j.Driver,
    source: Source,
    keyring: Keyring,
    *,
    order: SourceOrder | None = None,
    rules: Sequence[RoleRule] = (),
    brake: BrakeSettings | None = None,
    user: str | None = None,
    reason: str | None = None,
    dry_run: bool = False,
    approve: str | None = None,
    progress: Progress = silent,
    match_keys: MatchKeys = DEFAULT_MATCH_KEYS,
) -> ImportReport:
    """Import what is new in a source. ``user``, ``reason``: who wants it now, and why.

    ``approve``: id of a stopped run; approves exactly its difference. ``progress(stage, done, total)`` is
    called as work goes on. A stopped import returns ``report.brake``; nothing of that reading is written. Raises
    SourceError if the source can't be read, StaleApproval if ``approve`` is not a stopped run of it, Stale if others
    keep writing the same things.
    """
    run = Import(
        driver,
        source,
        keyring,
        order or SourceOrder(),
        rules,
        brake or BrakeSettings(),
        user,
        reason,
        dry_run,
        approve,
        progress,
        match_keys,
    )
    run.brake.require_waiting()
    if not dry_run:
        catch_up(driver)
    return run.run()
