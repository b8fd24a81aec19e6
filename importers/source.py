"""The contract between the pipeline and a source.

A source is a folder with ``source`` and ``settings``, by which it is found, and a README. The folder also has a reader
(protocol) and a mapping (to statements). ``SourceFolder`` lists its exports. The source's class has a
``name`` and one method, ``readings``. Example, complete::

    class Staff:
        name = "staff"

        def readings(self, known: Known) -> Iterator[Reading]:
            rows = fetch_rows()
            yield Reading(
                label="staff of today",
                day=today(),
                complete_kinds=frozenset({"Person"}),
                records=(
                    RawRecord("Person", row.id, known.fingerprint(MAPPING, row.raw), partial(to_person, row))
                    for row in rows
                ),
                cursor=cursor_of(rows),
            )

The pipeline compares each record's fingerprint with the kept one, and calls ``map`` only if it differs; so an unchanged
source costs nothing but reading. ``MAPPING`` is the version of the mapping: raised with its meaning, it maps every
record anew. Readings are applied one after the other, oldest first, and ``known`` has the result
of the earlier ones. To add a source: docs/add-a-source.md.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from graph.retry import SOON, Retry
from graph.statements.statement import Problem, Statement
from graph.time import Period

if TYPE_CHECKING:  # the settings are read with every command; these take long to load
    import neo4j
    from pydantic import BaseModel

    from graph.cpr.keyring import Keyring


@dataclass(slots=True)
class Mapped:
    """The meaning of a raw record: a statement, or None if there is nothing to state, and its problems.

    ``gaps``: name of a value or link (or ``exists``) → days without information, because an answer lacked that part, a
    look-up had no answer, or the value is unreadable. What is known of these days stays (``importers.gaps``), and the
    record is mapped again at the next reading, whatever its fingerprint. A value that the source has ended is not a
    gap: it ends.
    """

    statement: Statement | None
    problems: tuple[Problem, ...] = ()
    gaps: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class RawRecord:
    """The source's present record of one thing.

    ``fingerprint`` covers everything that ``map`` depends on (make it with ``Known.fingerprint``).
    ``map(previous)`` gets the kept statement of this key (None when new) and may raise BadRecord.
    """

    kind: str
    key: str
    fingerprint: str
    map: Callable[[Statement | None], Mapped]


@dataclass(slots=True)
class Reading:
    """One consistent picture: a file, or the answers of one window.

    ``complete_kinds``: the kinds that the reading contains completely. Known keys of these kinds that ``records`` lacks
    are passed to ``absent``, whose result replaces the kept statement (None = it stays). The default ends the thing on
    ``day``.
    ``cursor`` is stored when the whole reading is applied, and comes back as ``Known.cursor``. If nothing has changed,
    it is stored only if ``store_cursor_when_unchanged``: a source whose cursor is just a moment sets that to False as
    long as the old one is good enough, so that an unchanged source costs no write.
    ``problems`` belong to no single record (an unreadable record without a key, an unknown element). ``recheck_kinds``:
    kinds whose present problems are all in ``problems``; other kept ones are corrected and removed.
    ``incomplete_because``: why the reading may be incomplete, or must not be applied without a user's approval. Any
    reason stops it at the brake, whatever it would write, until a person approves it. If it would write nothing, there
    is nothing to approve, and its cursor is not stored, so that the next reading is doubtful as well.
    ``independent``: later readings do not build on it; they are applied even if the brake stops it.
    ``overdue``: nothing is there that should have come by now. That is no failure of the run, but the source counts as
    not read, and so becomes silent; only the last reading of a run says so.
    """

    label: str
    day: date
    records: Iterable[RawRecord]
    complete_kinds: frozenset[str] = frozenset()
    absent: Callable[[Statement], Mapped | None] | None = None
    cursor: Mapping[str, str] = field(default_factory=dict)
    store_cursor_when_unchanged: bool = True
    problems: tuple[Problem, ...] = ()
    recheck_kinds: frozenset[str] = frozenset()
    incomplete_because: tuple[str, ...] = ()
    independent: bool = False
    overdue: bool = False


class Known(Protocol):
    """What the graph already has from this source, and the user of the run."""

    @property
    def user(self) -> str | None:
        """The user who started the run; None = the schedule."""

    @property
    def dry_run(self) -> bool:
        """Nothing will be applied: the source must not change anything outside the graph either."""

    @property
    def cursor(self) -> Mapping[str, str]:
        """The cursor of the last reading that was completely applied; empty at first."""

    def keys(self, kind: str) -> Collection[str]:
        """Keys of all kept statements of this source and kind, as they are when they are read."""

    def keys_starting(self, kind: str, prefix: str) -> Iterable[str]:
        """As ``keys``, for those with this prefix; for a delta, which does not read all of them."""

    def statement(self, kind: str, key: str) -> Statement | None:
        """The kept statement (without ``cpr``)."""

    def several(self, kind: str, keys: Sequence[str]) -> Mapping[str, Statement]:
        """The kept statements of these keys, as far as there are any, in one query."""

    def of_kinds(self, keys: Mapping[str, Collection[str]]) -> Mapping[tuple[str, str], Statement]:
        """(kind, key) → kept statement, for these keys of each kind, in one query for all kinds."""

    def statements(self, kind: str) -> Iterator[Statement]:
        """All kept statements of a kind."""

    def fingerprint(self, *raw: bytes) -> str:
        """Keyed hash of the content that a record depends on; keyed, because raw records contain CPR numbers."""

    def person_key(self, cpr: str) -> str:
        """The key under which a Person with this CPR number is stated: a keyed hash, the same in every source."""

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Report progress before the first record, if that takes long: (what, done, total)."""

    def recalled(self) -> Iterable[tuple[str, bytes]]:
        """What the source's last reading has kept for itself (``remember``), by part. It may be lost at any time, and
        is removed when a person is erased."""

    def remember(self, parts: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        """Keep parts that save the next reading work, replacing parts of the same names. They must contain no CPR
        number, and only what the source sent last. A dry run keeps nothing. ``parts`` may be called several times."""


class Source(Protocol):
    """A source of master data."""

    name: str

    def readings(self, known: Known) -> Iterator[Reading]:
        """Read what is new since ``known.cursor``. Raises SourceError if the source as a whole can't be read."""
        ...


class SourceError(Exception):
    """The source, or a part of it, can't be read (closed, unreachable, rejected, unreadable). It changes nothing.

    ``retry``: whether and when another try is worth it. Each class sets it for all its errors; one error may differ.
    ``rule``: the rule under which the failure of one part is kept, if the source goes on with the others.
    """

    retry: Retry = SOON
    rule: str = "not_read"

    def __init__(self, text: str, *, retry: Retry | None = None) -> None:
        super().__init__(text)
        if retry is not None:
            self.retry = retry


class NotSetUp(Exception):
    """The source can't be made with these settings, or with this command line. The text states what to do."""


@dataclass(frozen=True)
class Surroundings:
    """What the program passes to a source when it makes it.

    ``folder``: the file or folder of ``--from``; None = the one in the settings. ``driver``: opens the graph's store,
    for sources that read the graph. ``keyring``: opens the keys of CPR numbers. Call them only if the source needs
    them: the first call may fail.
    """

    folder: Path | None
    driver: "Callable[[], neo4j.Driver]"
    keyring: "Callable[[], Keyring]"

    def refuse_files(self, what: str) -> None:
        """For a service: raises NotSetUp if files are named. ``what``: the source, as a sentence without its full
        stop."""
        if self.folder is not None:
            raise NotSetUp(f"{what}; it has no files to read --from.")


class SourceFolder(Protocol):
    """The exports of a source's folder. Loading it loads only the settings; ``build`` loads the rest.

    ``TITLE``: the source's name in a sentence. ``NEEDS``: the settings that it needs, in words. ``Settings``: a
    pydantic model, in ``reconnect.toml`` under ``[sources.<folder>]``. If a setting is required, the source is used
    only if that section is there. A setting ``name`` is the name under which the graph keeps what the source states; by
    default it is the folder's.
    """

    TITLE: str
    NEEDS: str
    Settings: "type[BaseModel]"

    def build(self, settings: Any, surroundings: Surroundings) -> Source:
        """The source. ``settings``: a ``Settings``. Raises NotSetUp, or SourceError."""
        ...
