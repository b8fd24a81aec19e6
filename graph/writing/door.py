"""The one door through which the graph is written.

``differences`` reads and compares, ``write`` writes a batch in one transaction, with its changes in the log. The
batch was compared outside the transaction, so each thing's version is checked under the log's lock; if somebody else
was faster, nothing is written and the caller compares again. What passes here keeps the model's invariants: periods
that don't overlap (``merge``), no unit below itself on any day (``tree``), no link to what isn't there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

import neo4j
from neo4j.exceptions import ConstraintError

from graph.change_log import Origin, now, take_numbers, turned_day
from graph.cpr.keyring import Keyring
from graph.errors import ChangeRejected
from graph.identity.known_keys import Holder, KnownKeys, RecordId
from graph.identity.matching import DEFAULT_MATCH_KEYS, MatchKeys, Undecided, decisions, match
from graph.model import KINDS
from graph.retry import SOON
from graph.statements.merge import ResolvedStatement, Thing, check
from graph.statements.precedence import MANUAL, SourceOrder
from graph.statements.statement import Ref, Statement
from graph.statements.stored_record import from_text, to_text
from graph.time import Period, today, union
from graph.writing import cypher as cypher
from graph.writing import renumbering
from graph.writing.amending import Amendment, Guard, amended, batches, refuse_absent
from graph.writing.cycles import refuse_cycle
from graph.writing.difference import Difference, Notice, copied, operation
from graph.writing.erasure import erase
from graph.writing.loading import KeptRecord, Loaded, load
from graph.writing.withholding import WITHHELD, merged_and_withheld, strip

ATTEMPTS = 8  # how often a batch is compared again when others write the same things at the same time


class Stale(Exception):
    """Somebody else wrote one of the things after it was compared. Nothing was written; compare again."""

    retry = SOON


class MatchAgain(Stale):
    """People have decided meanwhile which things records are of. Nothing was written; begin with matching."""


@dataclass(slots=True)
class MatchedStatement:
    """A statement on its way in: of which source, for which thing (a new uuid where it is new)."""

    source: str
    statement: Statement
    fingerprint: str
    uuid: str
    new: bool

    @property
    def record(self) -> RecordId:
        return RecordId(self.source, self.statement.kind, self.statement.key)


@dataclass(frozen=True, slots=True)
class Written:
    """What a change by hand has led to. ``change`` is None where nothing that holds has changed; ``recorded``: what is
    claimed by hand has changed all the same."""

    uuid: str
    version: int
    change: int | None
    recorded: bool = False


class GraphWriter:
    """Compares statements with the graph, and writes. Keep one per run: it caches what keys stand for."""

    def __init__(
        self,
        driver: neo4j.Driver,
        keyring: Keyring,
        order: SourceOrder | None = None,
        match_keys: MatchKeys = DEFAULT_MATCH_KEYS,
    ) -> None:
        self.driver = driver
        self.match_keys = match_keys
        self.undecided: dict[RecordId, Undecided] = {}
        self.waiting: dict[RecordId, Ref] = {}
        self.keyring = keyring
        self.order = order or SourceOrder()
        self.index = KnownKeys(driver)
        with driver.session() as session:
            # What the copies show is of the last turned day; which day it is, the clock says.
            self.shown = turned_day(session)

    # -- matching ---------------------------------------------------------------------------------------------

    def identify(self, source: str, told: Sequence[tuple[Statement, str]]) -> list[MatchedStatement]:
        """Which thing each (statement, fingerprint) is of.

        Those that fit several, or that only people may place, are left out, in ``undecided``; those about a thing
        that is not known yet, in ``waiting``.
        """
        for each, _ in told:
            self.undecided.pop(RecordId(source, each.kind, each.key), None)
            self.waiting.pop(RecordId(source, each.kind, each.key), None)
        self.index.learn_records(RecordId(source, each.kind, each.key) for each, _ in told)
        self.index.learn_cprs(self.keyring.hash(each) for each in renumbering.told(one for one, _ in told))
        self.index.learn_naturals(
            (each.kind, natural) for each, _ in told if (natural := natural_key(each)) is not None
        )
        self.index.learn_refs({each.about for each, _ in told if each.about is not None}, source)
        unknown = [each for each, _ in told if self._known(source, each) is None]
        unknown = [each for each in unknown if each.about is None]
        matches = match(self.driver, source, [each for each in unknown if each.among is None], self.match_keys)
        matches.undecided += [
            Undecided(RecordId(source, each.kind, each.key), tuple(sorted(each.among)))
            for each in unknown
            if each.among is not None
        ]
        decided = decisions(self.driver, [RecordId(source, each.kind, each.key) for each in unknown]) if unknown else {}
        self.undecided.update({each.record: each for each in matches.undecided if each.record not in decided})
        stated = []
        for statement, fingerprint in told:
            record = RecordId(source, statement.kind, statement.key)
            if record in self.undecided:
                continue
            kept = self.index.kept(record)
            cpr = self.keyring.hash(statement.cpr) if statement.cpr else None
            uuid = self._known(source, statement)
            if uuid is None and statement.about is not None:
                # Asked here and not before: it may be about what an earlier one of the same batch has stated.
                self.waiting[record] = statement.about
                continue
            if uuid is None:
                uuid = decided[record] if record in decided else matches.found.get(record)
            made = MatchedStatement(source, statement, fingerprint, uuid or str(uuid4()), new=uuid is None)
            self.index.note(record, made.uuid, kept.fingerprint if kept else "", cpr=cpr)
            natural = natural_key(statement)
            if natural is not None:
                self.index.note_natural(statement.kind, natural, self._holder(made))
            stated.append(made)
        return stated

    def _known(self, source: str, statement: Statement) -> str | None:
        """By the source's own key, else by what it says it is about, the CPR number, the natural key."""
        kept = self.index.kept(RecordId(source, statement.kind, statement.key))
        if kept is not None:
            return kept.uuid
        if statement.about is not None:
            return self.index.resolve(statement.about, source)
        if statement.cpr and (person := self.index.person(self.keyring.hash(statement.cpr))) is not None:
            return person
        natural = natural_key(statement)
        return None if natural is None else self.index.natural_of(statement.kind, natural, source, statement.exists)

    def _holder(self, stated: MatchedStatement) -> Holder:
        """The statement's thing as the holder of its natural key, as far as the statement tells."""
        told = union(stated.statement.exists or ())
        life = Period(told[0].start, told[-1].end) if told else Period()
        return Holder(stated.uuid, life, any(each.holds(today()) for each in told), {stated.source})

    # -- comparing --------------------------------------------------------------------------------------------

    def differences(self, stated: Sequence[MatchedStatement]) -> Iterator[Difference]:
        """What each statement would change. Statements of one kind; checked already (``merge.check``)."""
        by_source: dict[str, list[MatchedStatement]] = {}
        self.index.learn_cprs(self.keyring.hash(each) for each in renumbering.told(one.statement for one in stated))
        for each in stated:
            by_source.setdefault(each.source, []).append(each)
        for source, batch in by_source.items():
            self.index.learn_refs(
                {told.to for each in batch for tolds in each.statement.links.values() for told in tolds}, source
            )
        loaded = (
            load(self.driver, stated[0].statement.kind, [each.uuid for each in stated if not each.new])
            if stated
            else {}
        )
        for each in stated:
            difference = self._difference(each, loaded.get(each.uuid))
            if difference is not None:
                yield difference

    def _difference(self, stated: MatchedStatement, loaded: Loaded | None) -> Difference | None:
        statement = stated.statement
        kind = KINDS[statement.kind]
        resolved: dict[Ref, str | None] = {}
        notices: list[Notice] = []
        for name, tolds in statement.links.items():
            for told in tolds:
                if told.to not in resolved:
                    resolved[told.to] = self.index.resolve(told.to, stated.source)
                    if resolved[told.to] is None:
                        unknown = f"no {told.to.kind} is known as {told.to.key!r}"
                        notices.append(Notice(name, "unknown_reference", unknown))
        numbers = renumbering.due(statement, stated.uuid, loaded.cpr_hash if loaded else None, self.index, self.keyring)
        notices += numbers.notices
        candidates = [ResolvedStatement(stated.source, statement, resolved)]
        others: list[KeptRecord] = []
        own: KeptRecord | None = None
        for kept in loaded.records if loaded is not None else ():
            if (kept.source, kept.key) == (stated.source, statement.key):
                own = kept
            else:
                others.append(kept)
                candidates.append(ResolvedStatement(kept.source, *from_text(statement.kind, kept.key, kept.text)))
        left = merged_and_withheld(kind, candidates, self.order, today())
        if 0 in left.stripped and stated.source == MANUAL:
            notices += [Notice(name, "withheld", WITHHELD) for name in sorted(left.names & statement.values.keys())]
        text = to_text(left.candidates[0].statement, resolved)
        # What points to nothing yet, or is withheld, is asked again in each run, even if its record stays the same.
        fingerprint = "" if notices or 0 in left.stripped else stated.fingerprint
        same_record = own is not None and own.text == text and own.fingerprint == fingerprint
        stripped = left.records(kind.name, others)
        before, after = loaded.thing if loaded is not None else Thing(), left.after
        what = operation(kind.name, before, after, today())
        if what is None and numbers.cpr is not None and loaded is not None and loaded.cpr_hash is not None:
            what = "changed"  # of which nothing can be shown
        if what is None and same_record and numbers.cpr is None and not (numbers.formers or stripped):
            return None
        return Difference(
            kind=kind.name,
            uuid=stated.uuid,
            version=loaded.version if loaded else 0,
            operation=what or "recorded",
            record=stated.record,
            record_text=text,
            fingerprint=fingerprint,
            before=before,
            after=after,
            new=loaded is None,
            cpr=numbers.cpr,
            formers=numbers.formers,
            erased=statement.erased | left.names,
            notices=tuple(notices),
            kept=own,
            stripped=stripped,
        )

    # -- writing ----------------------------------------------------------------------------------------------

    def reserve(self, stated: Sequence[MatchedStatement]) -> None:
        """Make the bare nodes of new things whose kind points to itself, so that links among them find both ends."""
        new = [each for each in stated if each.new]
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
        moment = now()
        numbers: list[int | None] = []
        new: list[cypher.Row] = []
        known: list[cypher.Row] = []
        for each in batch:
            counts = each.operation != "recorded"
            numbers.append(number if counts else None)
            row = cypher.row(each, self._node(each), self.keyring, origin, number if counts else None, moment)
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
        for query, rows in cypher.links(kind, batch):
            made = tx.run(query, rows=rows).single(strict=True)["made"]
            if made != len(rows):
                raise Stale  # the other end has gone since it was looked up
        return numbers

    def _node(self, each: Difference) -> dict[str, object]:
        return {"uuid": each.uuid, "version": each.version + 1, **copied(each.kind, each.after, self.shown)}

    # -- both, for few statements -------------------------------------------------------------------------------

    def state(self, source: str, statements: Sequence[Statement], origin: Origin) -> list[Written]:
        """Take statements of one source in, in one transaction a kind. Raises ChangeRejected, Conflict."""
        written = []
        for kind in KINDS:
            told = [(each, "") for each in statements if each.kind == kind]
            if told:
                for each, _ in told:
                    check(each)
                written += self._settle(lambda told=told: self.identify(source, told), origin)  # type: ignore[misc]
        return written

    def amend(
        self,
        kind: str,
        uuid: str | None,
        edit: Callable[[Statement], Statement],
        origin: Origin,
        expected_version: int | None = None,
    ) -> Written:
        """Change what people have stated by hand of one thing (a new one where ``uuid`` is None).

        ``edit`` gets the manual statement kept so far (``exists=None``, empty, if there is none) and gives the new
        one. Raises ChangeRejected, Unknown (no such thing, a reference to nothing), Conflict (``expected_version`` is
        past).
        """
        return self.amend_all([Amendment(kind, uuid, edit, expected_version)], origin)[0]

    def amend_all(self, amendments: Sequence[Amendment], origin: Origin, guard: Guard | None = None) -> list[Written]:
        """Several changes by hand, all or none. ``guard``: see there."""

        def stated() -> list[MatchedStatement]:
            found = []
            for each in amendments:
                uuid, statement = amended(self.driver, self.order, each, str(uuid4()))
                found.append(MatchedStatement(MANUAL, statement, "", uuid, each.uuid is None))
            return found

        return self._settle(stated, origin, strict=True, guard=guard)

    def _settle(
        self,
        make: Callable[[], list[MatchedStatement]],
        origin: Origin,
        *,
        strict: bool = False,
        guard: Guard | None = None,
    ) -> list[Written]:
        for attempt in range(ATTEMPTS):
            stated = make()
            found = self._compared(stated)
            if strict:
                for each in found.values():
                    if each.notices:
                        told = "; ".join(f"{notice.field}: {notice.text}" for notice in each.notices)
                        raise ChangeRejected(each.notices[0].rule, told)
                refuse_absent(self.driver, found.values())
            try:
                if any(each.new for each in stated) and points_to_itself(stated[0].statement.kind):
                    self.reserve(stated)
                    found = self._compared(stated)
                numbers = self._write_all(list(found.values()), origin, guard)
            except Stale:
                if attempt + 1 == ATTEMPTS:
                    raise
                self.index.forget()
                continue
            return [
                Written(
                    each.uuid,
                    found[each.uuid].version + 1 if each.uuid in found else self._version(each),
                    numbers.get(each.uuid),
                    each.uuid in found,
                )
                for each in stated
            ]
        raise AssertionError("the loop returns or raises")

    def _compared(self, stated: Sequence[MatchedStatement]) -> dict[str, Difference]:
        by_kind: dict[str, list[MatchedStatement]] = {}
        for each in stated:
            by_kind.setdefault(each.statement.kind, []).append(each)
        return {each.uuid: each for batch in by_kind.values() for each in self.differences(batch)}

    def _write_all(self, found: Sequence[Difference], origin: Origin, guard: Guard | None) -> dict[str, int | None]:
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

    def _version(self, stated: MatchedStatement) -> int:
        return load(self.driver, stated.statement.kind, [stated.uuid])[stated.uuid].version


def natural_key(statement: Statement) -> str | None:
    """The natural key that a statement gives its thing, if its kind has one."""
    natural = KINDS[statement.kind].natural
    if natural is None:
        return None
    tolds = statement.values.get(natural, ())
    return str(tolds[-1].value) if tolds else None


def points_to_itself(kind: str) -> bool:
    """Whether things of a kind link to each other: then new ones are reserved before any is written."""
    return any(kind in link.targets for link in KINDS[kind].links)
