"""What the graph already has from a source, as the source's readings ask for it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import neo4j

from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys, RecordId
from graph.runs.cursors import read_cursor
from graph.statements.statement import Statement
from graph.statements.stored_record import ADDS, from_text

NOT_COMPLETE = ""  # fingerprint of an incomplete record: it is mapped again at the next reading
ABSENT = "absent"  # fingerprint of a record that was missing in a whole reading: settled, until it comes back
_PARTS = 8  # of what a source remembers, that the driver keeps at a time


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys that the index has learnt of a source and kind, which may be a million."""

    index: KnownKeys
    source: str
    kind: str

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.index.kept_in(self.source, self.kind)(key) is not None

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.index.kept_of(self.source, self.kind))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class GraphKnown:
    """``importers.source.Known`` over the graph."""

    def __init__(
        self,
        driver: neo4j.Driver,
        source: str,
        keyring: Keyring,
        index: KnownKeys,
        *,
        user: str | None = None,
        dry_run: bool = False,
        progress: Callable[[str, int, int | None], None] = lambda stage, done, total: None,
    ) -> None:
        self.user, self.dry_run = user, dry_run
        self.progress = progress
        self._driver = driver
        self._source = source
        self._keyring = keyring
        self._index = index
        self.cursor: Mapping[str, str] = read_cursor(driver, source)

    def keys(self, kind: str) -> Collection[str]:
        self._index.learn_all(self._source, [kind])
        return _Keys(self._index, self._source, kind)

    def keys_starting(self, kind: str, prefix: str) -> Iterable[str]:
        rows, _, _ = self._driver.execute_query(
            "MATCH (r:SourceRecord) WHERE r.id STARTS WITH $start RETURN r.key AS key",
            start=RecordId(self._source, kind, prefix).text(),
            routing_=neo4j.RoutingControl.READ,
        )
        return [row["key"] for row in rows]

    def statement(self, kind: str, key: str) -> Statement | None:
        return self.several(kind, [key]).get(key)

    def statements(self, kind: str) -> Iterator[Statement]:
        yield from statements_of(self._driver, self._source, kind)

    def several(self, kind: str, keys: Sequence[str]) -> dict[str, Statement]:
        return {key: each for (_, key), each in self.of_kinds({kind: keys}).items()}

    def of_kinds(self, keys: Mapping[str, Collection[str]]) -> dict[tuple[str, str], Statement]:
        """In one query; in none if there is no key."""
        ids = [RecordId(self._source, kind, key).text() for kind, each in keys.items() for key in each]
        if not ids:
            return {}
        rows, _, _ = self._driver.execute_query(
            """
            UNWIND $ids AS id
            MATCH (r:SourceRecord {id: id})
            RETURN r.kind AS kind, r.key AS key, r.values AS values
            """,
            ids=ids,
            routing_=neo4j.RoutingControl.READ,
        )
        return {(row["kind"], row["key"]): from_text(row["kind"], row["key"], row["values"])[0] for row in rows}

    def fingerprint(self, *raw: bytes) -> str:
        return self._keyring.fingerprint(*raw)

    def person_key(self, cpr: str) -> str:
        return self._keyring.hash(cpr)

    def recalled(self) -> Iterator[tuple[str, bytes]]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS, fetch_size=_PARTS) as session:
            for row in session.run(
                "MATCH (m:SourceMemory {source: $source}) RETURN m.part AS part, m.content AS content",
                source=self._source,
            ):
                yield row["part"], bytes(row["content"])

    def remember(self, parts: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        if self.dry_run or next(iter(parts()), None) is None:
            return

        def work(tx: neo4j.ManagedTransaction) -> None:
            for part, content in parts():
                tx.run(
                    "MERGE (m:SourceMemory {source: $source, part: $part}) SET m.content = $content",
                    source=self._source,
                    part=part,
                    content=content,
                ).consume()

        with self._driver.session() as session:
            session.execute_write(work)


def statements_of(driver: neo4j.Driver, source: str, kind: str, prefix: str = "") -> Iterator[Statement]:
    """All records of a source of a kind, under keys that begin with ``prefix``; read as a stream."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(
            "MATCH (r:SourceRecord) WHERE r.id STARTS WITH $start RETURN r.key AS key, r.values AS values",
            start=RecordId(source, kind, prefix).text(),
        ):
            yield from_text(kind, row["key"], row["values"])[0]


def has_told(driver: neo4j.Driver, source: str, kind: str) -> bool:
    """Whether the source has any record of the kind."""
    rows, _, _ = driver.execute_query(
        "MATCH (r:SourceRecord {source: $source, kind: $kind}) RETURN r.id AS id LIMIT 1",
        source=source,
        kind=kind,
        routing_=neo4j.RoutingControl.READ,
    )
    return bool(rows)


def makes(driver: neo4j.Driver, source: str, kind: str) -> bool:
    """Whether the source states of any thing of the kind that it exists, and does not only add to what others make."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (r:SourceRecord {source: $source, kind: $kind})
        WHERE NOT r.values STARTS WITH $adds
        RETURN r.id AS id
        LIMIT 1
        """,
        source=source,
        kind=kind,
        adds=ADDS,
        routing_=neo4j.RoutingControl.READ,
    )
    return bool(rows)
