"""The files of changes: one reading each, in the order of their production (cpr.md §5 "Gap check")."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from neo4j.exceptions import DriverError, Neo4jError

from graph.statements.statement import Former, Problem
from importers.cpr.asking import Left
from importers.cpr.errors import BadFile, LoginRejected, LogUnwritable, Unreachable, UnreadableFile, without_numbers
from importers.cpr.extract import Changed, Doubt, Extract, read
from importers.cpr.lookup import Log
from importers.cpr.mailbox import Mailbox
from importers.cpr.mapping import Numbers
from importers.cpr.persons import Persons, Tied
from importers.cpr.records import person_record, problems_record
from importers.cpr.renumbering import period, same_person
from importers.cpr.settings import CprSettings, SubscriptionSettings
from importers.source import Known, RawRecord, Reading

SF6002_FILES = "SF6002 files"
_FILE, _BOX = "ChangeFile", "directory"
_REFUSED = "files_refused"  # key in the cursor: the digest of the settings that the server refused


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file that was read and is not applied yet."""

    name: str
    extract: Extract = field(repr=False)


@dataclass
class Changes:
    """The files of one run, on ``day``. ``tied``: by uuid; no other person's data is read."""

    known: Known
    settings: CprSettings
    subscription: SubscriptionSettings
    persons: Persons
    log: Log
    by: str
    tied: Mapping[str, Tied]
    day: date

    def readings(self) -> Iterator[Reading]:
        """The new files, a reading each; a file is deleted on the server once its reading is written. Raises
        LogUnwritable."""
        problems: list[Problem] = []
        refused = ""
        place = self.subscription.files.digest()
        if self.known.user is None and self.known.cursor.get(_REFUSED) == place:
            text = (
                "the login was refused before; it is tried again when the settings change or a user starts the import"
            )
            yield Reading(
                "CPR, files of changes",
                self.day,
                [problems_record(_FILE, _BOX, _problem("server", LoginRejected.rule, text, bad=True))],
            )
            return
        try:
            with Mailbox(self.subscription.files) as box:
                for waiting in self._waiting(box, problems):
                    reading = self._reading(waiting)
                    yield reading
                    if dict(self.known.cursor) == dict(reading.cursor):
                        box.remove(waiting.name)
        except LoginRejected as wrong:
            refused = place
            problems.append(_problem("server", wrong.rule, str(wrong), bad=True))
        except Unreachable as wrong:
            problems.append(_problem("server", wrong.rule, str(wrong), bad=True))
        cursor = {name: each for name, each in self.known.cursor.items() if name != _REFUSED}
        cursor |= {_REFUSED: refused} if refused else {}
        yield Reading(
            "CPR, files of changes",
            self.day,
            [problems_record(_FILE, _BOX, *problems)],
            cursor=cursor if cursor != dict(self.known.cursor) else {},
        )

    # -- which files ------------------------------------------------------------------------------------------------

    def _waiting(self, box: Mailbox, problems: list[Problem]) -> list[_Waiting]:
        """The files to apply, oldest first. The others are listed as problems as long as they are there."""
        complete, incomplete = box.names()
        for name in incomplete:
            problems.append(_problem(name, "no_metadata", "its .metadata is not there yet; it waits"))
        found: list[_Waiting] = []
        for name in complete:
            if name == self.known.cursor.get("file"):
                if not self.known.dry_run:
                    box.remove(name)  # applied by a run that was stopped before it could delete the file
                continue
            try:
                extract = read(box.read(name), self.subscription.counter, addresses=self.settings.addresses)
            except BadFile as wrong:
                problems.append(_problem(name, wrong.rule, f"the file is refused: {wrong}", bad=True))
                continue
            except UnreadableFile as wrong:
                text = f"{wrong}; it and those after it wait for the next run"
                problems.append(_problem(name, wrong.rule, text, bad=True))
                break
            if (last := self._last()) is not None and extract.produced < last:
                text = f"it was produced on {extract.produced}, and a later one (of {last}) is already applied"
                problems.append(_problem(name, "too_late", f"{text}; it is not applied. Remove it by hand.", bad=True))
                continue
            found.append(_Waiting(name, extract))
        return sorted(found, key=lambda each: (each.extract.produced, each.name))

    def _last(self) -> date | None:
        produced = self.known.cursor.get("produced")
        return None if produced is None else date.fromisoformat(produced)

    # -- one file ---------------------------------------------------------------------------------------------------

    def _reading(self, waiting: _Waiting) -> Reading:
        name, extract = waiting.name, waiting.extract
        doubts = list(extract.doubts)
        left = Left.of(self.known.cursor)
        again = set(left.again)
        holders = self.persons.holders([number for each in extract.persons for number in _numbers(each)])
        records: dict[str, RawRecord] = {}
        used: list[tuple[str, str]] = []
        strangers = 0
        same: list[Problem] = []
        for each in extract.persons:
            whose_they_are = dict.fromkeys(holders[number] for number in _numbers(each) if number in holders)
            uuid = next((each for each in whose_they_are if each in self.tied), "")
            if not uuid:
                strangers += 1
            elif uuid in records or each.registered.current not in (None, each.registered.number):
                again.add(uuid)  # two numbers of one person, or a superseded one: the lookup follows it
                same += [same_person(uuid, other) for other in whose_they_are if other != uuid]
            else:
                numbers = self._changed_numbers(each, uuid, holders)
                records[uuid] = person_record(self.known, self.settings, uuid, each.registered, self.day, numbers)
                used.append((uuid, ",".join(each.events) or "ok"))
        told_numbers = [each.number for each in doubts if each.number]
        whose = self.persons.holders(told_numbers) if told_numbers else {}
        again |= {uuid for uuid in whose.values() if uuid in self.tied}
        left = replace(left, again=frozenset(again - records.keys()), everybody=left.everybody or self._is_gap(extract))
        problems = [_doubted(name, each, whose.get(each.number, "")) for each in doubts]
        problems += [replace(each, kind=_FILE, key=name, field=each.key) for each in same]
        if strangers:
            text = f"{strangers} persons in it have no tie here; their data is ignored"
            problems.append(_problem(name, "not_ours", text, key=name))
        if self._is_gap(extract):
            text = f"the file before it (of {extract.previous}) is missing; all subscribed persons are looked up"
            problems.append(_problem(name, "missing_file", text, key=name))
        if used:
            try:
                self.log.used(used, self.by, f"file {name}", SF6002_FILES)
            except (Neo4jError, DriverError) as wrong:
                raise LogUnwritable(
                    f"CPR: the log of lookups can't be written ({type(wrong).__name__}), so {name} is not taken."
                ) from wrong
        cursor = left.put({**self.known.cursor, "file": name, "produced": extract.produced.isoformat()})
        label = f"CPR, file {name} of {extract.produced}: {len(records)} persons"
        return Reading(label, self.day, [*records.values(), problems_record(_FILE, name, *problems)], cursor=cursor)

    def _is_gap(self, extract: Extract) -> bool:
        last = self._last()
        return last is not None and extract.previous != last

    def _changed_numbers(self, changed: Changed, uuid: str, holders: Mapping[str, str]) -> Numbers:
        registered = changed.registered
        if not registered.formers:
            return Numbers()
        others = sorted({holders[number] for number in _numbers(changed) if number in holders} - {uuid})
        formers = tuple(Former(each.number, period(each.start, each.end, self.day)) for each in registered.formers)
        return Numbers(registered.number, formers, tuple(same_person(uuid, each) for each in others))


def _numbers(changed: Changed) -> list[str]:
    """The person's records in the file, joined under the uuid that came first."""
    registered = changed.registered
    return [
        registered.number,
        *([registered.current] if registered.current else []),
        *(each.number for each in registered.formers),
    ]


def _doubted(name: str, doubt: Doubt, uuid: str) -> Problem:
    whose = f" (Person {uuid})" if uuid else ""
    return _problem(f"line {doubt.line}", doubt.rule, f"{without_numbers(doubt.text)}{whose}", key=name)


def _problem(field_: str, rule: str, text: str, *, key: str = _BOX, bad: bool = False) -> Problem:
    return Problem(_FILE, key, field_, rule, text, "bad" if bad else "notice")
