"""Resolves source keys, natural keys and CPR hashes to uuids (matching, architecture.md §4 "Merge").

A cache over the graph that is filled a batch at a time, so that neither a reading of everything nor one of ten
records queries the graph once a record.
"""

import marshal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

import neo4j

from graph.as_of import exists
from graph.change_log import identities
from graph.disk_map import DiskMap
from graph.identity.lookup import PERSON_OF_HASH, surviving_query
from graph.model import KINDS
from graph.row_blocks import in_blocks
from graph.statements.statement import Ref
from graph.time import ALWAYS, Period, today

MANY = 5000
"""After more records of one kind than this, all of the kind are loaded in one go."""
_BLOCKS = 2  # of many rows, that the driver keeps at a time


class RecordId(NamedTuple):
    """Source, kind and the source's own key of a record."""

    source: str
    kind: str
    key: str

    def text(self) -> str:
        """As kept in ``SourceRecord.id``."""
        return f"{self.source}|{self.kind}|{self.key}"


class Kept(NamedTuple):
    """A kept record: the thing it is about, and the fingerprint of what it was made from ("" = not complete)."""

    uuid: str
    fingerprint: str


@dataclass(slots=True)
class Holder:
    """A thing with a natural key: the days of its existence, whether it exists today, and its sources."""

    uuid: str
    life: Period
    active: bool
    sources: set[str] = field(default_factory=set)

    @property
    def rank(self) -> tuple[bool, date]:
        """What is in force comes before what has ended or is to come, then what began last."""
        return (self.active, self.life.start)


_SOURCES = """COLLECT {
        MATCH (r:SourceRecord)-[:TELLS]->(n)
        RETURN DISTINCT r.source
    }"""


@cache
def _holders(kind: str) -> str:
    natural = KINDS[kind].natural
    sources = _SOURCES if KINDS[kind].reused else "[]"
    return f"""
    UNWIND $keys AS key
    MATCH (n:{kind} {{{natural}: key}})
    RETURN key, n.uuid AS uuid, n.from AS from, n.to AS to, {exists("n")} AS active, {sources} AS sources
    """


def _in_blocks(query: str, *columns: str) -> str:
    return in_blocks(query, f"[{', '.join(columns)}]")


RECORDS = _in_blocks(
    """
    UNWIND $ids AS id
    MATCH (r:SourceRecord {id: id})-[:TELLS]->(n)
    """,
    "r.source", "r.kind", "r.key", "n.uuid", "coalesce(r.hash, '')",
)  # fmt: skip
ALL_RECORDS = _in_blocks(
    """
    MATCH (r:SourceRecord {source: $source, kind: $kind})-[:TELLS]->(n)
    """,
    "r.key", "n.uuid", "coalesce(r.hash, '')",
)  # fmt: skip
# (hash, uuid, former).
PERSONS_BY_CPR = _in_blocks(
    f"""
    UNWIND $hashes AS hash
    {PERSON_OF_HASH}
    WITH hash, now, before
    WHERE now IS NOT NULL OR before IS NOT NULL
    """,
    "hash", "coalesce(now.uuid, before.uuid)", "now IS NULL",
)  # fmt: skip
# (key, employments, their persons): those in force today, else all that ever were: a number may have been used again.
BY_EMPLOYMENT = _in_blocks(
    f"""
    UNWIND $rows AS row
    MATCH (e:Employment {{number: row.number}})
    WHERE row.institution = '' OR e.institution = row.institution
    OPTIONAL MATCH (p:Person)-[:HAS]->(e)
    WITH row.key AS key, e, p, {exists("e")} AS here
    WITH key,
        collect(DISTINCT CASE WHEN here THEN e.uuid END) AS now, collect(DISTINCT e.uuid) AS ever,
        collect(DISTINCT CASE WHEN here THEN p.uuid END) AS theirs, collect(DISTINCT p.uuid) AS ever_theirs
    """,
    "key",
    "CASE WHEN size(now) > 0 THEN now ELSE ever END",
    "CASE WHEN size(theirs) > 0 THEN theirs ELSE ever_theirs END",
)


def employment_rows(keys: Iterable[str]) -> list[dict[str, str]]:
    """Parameters of ``BY_EMPLOYMENT``, for keys ``<institution>:<number>``."""
    split = ((key, *key.rpartition(":")[::2]) for key in keys)
    return [{"key": key, "institution": institution, "number": number} for key, institution, number in split]


class KnownKeys:
    """Answers from what is loaded; ``learn_…`` loads from the graph what is not known yet."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver
        # ``changes.identities`` before the first look at the graph; None = it has not been looked at.
        self._identities: int | None = None
        # (source, kind) → key → record; None = there is none.
        self._records: defaultdict[tuple[str, str], DiskMap[Kept | None]] = defaultdict(lambda: DiskMap(_packed, _kept))
        self._asked: Counter[tuple[str, str]] = Counter()  # how many records were looked up by key
        self._whole: set[tuple[str, str]] = set()  # (source, kind) of which all records are known
        self._naturals: dict[tuple[str, str], list[Holder]] = {}
        self._cprs: DiskMap[str | None] = DiskMap(marshal.dumps, marshal.loads)
        self._formers: set[str] = set()
        # By kind and uuid, or number (``_of``).
        self._uuids: DiskMap[str | None] = DiskMap(marshal.dumps, marshal.loads)
        self._employments: DiskMap[str | None] = DiskMap(marshal.dumps, marshal.loads)

    def learn_all(self, source: str, kinds: Iterable[str]) -> None:
        """Load all records of a source of these kinds, once."""
        for kind in kinds:
            if (source, kind) in self._whole:
                continue
            self._whole.add((source, kind))
            known = self._records[source, kind]
            has_some = len(known) > 0
            for block in self._blocks(ALL_RECORDS, source=source, kind=kind):
                # What was noted since is newer.
                rows = [each for each in block["rows"] if known.get(each[0]) is None] if has_some else block["rows"]
                known.update((key, Kept(uuid, fingerprint)) for key, uuid, fingerprint in rows)

    def learn_records(self, ids: Iterable[RecordId]) -> None:
        wanted: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for source, kind, key in ids:
            wanted[source, kind].append(key)
        self._learn_keys(wanted)

    def learn_keys(self, source: str, wanted: Mapping[str, Iterable[str]]) -> None:
        """As ``learn_records``, of one source: its keys by kind."""
        self._learn_keys({(source, kind): keys for kind, keys in wanted.items()})

    def _learn_keys(self, wanted: Mapping[tuple[str, str], Iterable[str]]) -> None:
        new: dict[tuple[str, str], set[str]] = {}
        for each, keys in wanted.items():
            if each in self._whole:
                continue
            known = self._records[each]
            if unknown := {key for key in keys if key not in known}:
                new[each] = unknown
        asked: list[str] = []
        for (source, kind), keys in new.items():
            self._asked[source, kind] += len(keys)
            if self._asked[source, kind] > MANY:
                self.learn_all(source, [kind])
            if (source, kind) not in self._whole:
                for key in keys:
                    self._records[source, kind][key] = None
                asked += [RecordId(source, kind, key).text() for key in keys]
        for block in self._blocks(RECORDS, ids=asked) if asked else ():
            for source, kind, key, uuid, fingerprint in block["rows"]:
                self._records[source, kind][key] = Kept(uuid, fingerprint)

    def learn_cprs(self, hashes: Iterable[str]) -> None:
        new = [each for each in hashes if each not in self._cprs]
        if not new:
            return
        for each in new:
            self._cprs[each] = None
        for block in self._blocks(PERSONS_BY_CPR, hashes=new):
            for cpr_hash, uuid, former in block["rows"]:
                self._cprs[cpr_hash] = uuid
                if former:
                    self._formers.add(cpr_hash)

    def learn_naturals(self, keys: Iterable[tuple[str, str]]) -> None:
        by_kind: dict[str, list[str]] = {}
        for kind, key in keys:
            if (kind, key) not in self._naturals:
                self._naturals[kind, key] = []
                by_kind.setdefault(kind, []).append(key)
        for kind, wanted in by_kind.items():
            for row in self._rows(_holders(kind), keys=wanted):
                start, end = row["from"], row["to"]
                life = Period(ALWAYS if start is None else start.to_native(), None if end is None else end.to_native())
                holder = Holder(row["uuid"], life, row["active"], set(row["sources"]))
                self._naturals[kind, row["key"]].append(holder)

    def learn_refs(self, refs: Iterable[Ref], source: str) -> None:
        """Load all that ``resolve`` will need."""
        records: set[RecordId] = set()
        naturals: set[tuple[str, str]] = set()
        cprs: set[str] = set()
        uuids: dict[str, list[str]] = {}
        employments: set[tuple[str, str]] = set()
        for ref in refs:
            if ref.by == "employment":
                employments.add((ref.kind, ref.key))
            elif ref.by == "natural":
                naturals.add((ref.kind, ref.key))
            elif ref.by == "cpr":
                cprs.add(ref.key)
            elif ref.by == "uuid":
                if _of(ref.kind, ref.key) not in self._uuids:
                    uuids.setdefault(ref.kind, []).append(ref.key)
            else:
                records.add(_record(ref, source))
        self.learn_records(records)
        self.learn_naturals(naturals)
        self.learn_cprs(cprs)
        self._learn_employments(employments)
        for kind, wanted in uuids.items():
            for each in wanted:
                self._uuids[_of(kind, each)] = None
            for row in self._rows(f"UNWIND $uuids AS uuid {surviving_query(kind)}", uuids=wanted):
                self._uuids[_of(kind, row["asked"])] = row["uuid"]

    def _learn_employments(self, refs: Iterable[tuple[str, str]]) -> None:
        new = [each for each in refs if _of(*each) not in self._employments]
        if not new:
            return
        for each in new:
            self._employments[_of(*each)] = None
        for block in self._blocks(BY_EMPLOYMENT, rows=employment_rows({key for _, key in new})):
            for key, employments, persons in block["rows"]:
                for kind, uuids in (("Employment", employments), ("Person", persons)):
                    if _of(kind, key) in self._employments and len(uuids) == 1:
                        self._employments[_of(kind, key)] = uuids[0]

    def resolve(self, ref: Ref, source: str) -> str | None:
        """The uuid that a reference leads to; None if nothing fits it (yet)."""
        if ref.by == "uuid":
            return self._uuids.get(_of(ref.kind, ref.key))
        if ref.by == "natural":
            return self.natural(ref.kind, ref.key)
        if ref.by == "cpr":
            return self._cprs.get(ref.key)
        if ref.by == "employment":
            return self._employments.get(_of(ref.kind, ref.key))
        kept = self.kept(_record(ref, source))
        return kept.uuid if kept else None

    def kept(self, record: RecordId) -> Kept | None:
        return self._records[record.source, record.kind].get(record.key)

    def kept_in(self, source: str, kind: str) -> Callable[[str], Kept | None]:
        """As ``kept``, for the keys of one source and kind. It holds until the next ``forget``."""
        return self._records[source, kind].get

    def kept_of(self, source: str, kind: str) -> Iterator[tuple[str, Kept]]:
        """Key and kept record, of all that was learnt of this source and kind. Nothing may be learnt meanwhile."""
        return ((key, kept) for key, kept in self._records[source, kind].items() if kept)

    def person(self, cpr_hash: str) -> str | None:
        return self._cprs.get(cpr_hash)

    def is_former(self, cpr_hash: str) -> bool:
        """Whether the number was changed, so that no person has it today."""
        return cpr_hash in self._formers

    def natural(self, kind: str, key: str) -> str | None:
        """The thing with a natural key: the one in force, else the last one."""
        holders = self._naturals.get((kind, key))
        return max(holders, key=lambda each: each.rank).uuid if holders else None

    def natural_of(self, kind: str, key: str, source: str, life: Sequence[Period] | None) -> str | None:
        """The thing that a new record of a source is about, by its natural key.

        Where keys are used again (``Kind.reused``) the thing must exist on one of the days of the record, and must have
        no other record of the source.
        """
        if not KINDS[kind].reused:
            return self.natural(kind, key)
        fits = [
            each
            for each in self._naturals.get((kind, key), ())
            if source not in each.sources and (life is None or any(each.life.overlap(days) for days in life))
        ]
        return max(fits, key=lambda each: each.rank).uuid if fits else None

    def note(self, record: RecordId, uuid: str, fingerprint: str, *, cpr: str | None = None) -> None:
        """Remember what is about to be, or has been, written."""
        self._records[record.source, record.kind][record.key] = Kept(uuid, fingerprint)
        if cpr is not None and self._cprs.get(cpr) is None:
            self._cprs[cpr] = uuid

    def note_natural(self, kind: str, key: str, holder: Holder) -> None:
        """As ``note``, of the thing that has a natural key, or gets it."""
        holders = self._naturals.setdefault((kind, key), [])
        known = next((each for each in holders if each.uuid == holder.uuid), None)
        if known is None:
            holders.append(holder)
        else:
            known.sources |= holder.sources

    def drop(self, record: RecordId, uuid: str) -> None:
        """A new thing that was noted will not be written after all."""
        self._records[record.source, record.kind][record.key] = None
        for holders in self._naturals.values():
            holders[:] = [each for each in holders if each.uuid != uuid]
        if record.kind == "Person":
            for key in [key for key, found in self._cprs.items() if found == uuid]:
                self._cprs[key] = None

    def forget(self) -> None:
        """Start again: another writer has written meanwhile."""
        self._records.clear()
        self._asked.clear()
        self._whole.clear()
        self._naturals.clear()
        self._cprs.clear()
        self._formers.clear()
        self._uuids.clear()
        self._employments.clear()
        self._identities = None

    def is_outdated(self, tx: neo4j.ManagedTransaction) -> bool:
        """Whether records have been moved to other things since the first look. Call it while the log is locked."""
        return self._identities is not None and self._identities != identities(tx)

    def _rows(self, query: str, **parameters: object) -> Sequence[neo4j.Record]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            if self._identities is None:
                self._identities = identities(session)
            return list(session.run(query, {**parameters, "today": today()}))

    def _blocks(self, query: str, **parameters: object) -> Iterator[neo4j.Record]:
        """As ``_rows``, of rows with many values each (``_in_blocks``): one after the other, not all at once."""
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS, fetch_size=_BLOCKS) as session:
            if self._identities is None:
                self._identities = identities(session)
            yield from session.run(query, {**parameters, "today": today()})


def _of(kind: str, key: str) -> str:
    return f"{kind}|{key}"


def _packed(kept: Kept | None) -> bytes:
    return marshal.dumps(kept and tuple(kept))


def _kept(packed: bytes) -> Kept | None:
    found = marshal.loads(packed)
    return None if found is None else Kept(*found)


def _record(ref: Ref, source: str) -> RecordId:
    if ref.by == "other":
        source, _, key = ref.key.partition(":")
        return RecordId(source, ref.kind, key)
    return RecordId(source, ref.kind, ref.key)
