"""The contract of a source: what the pipeline asks of it, and what it hands over.

A source is a folder with ``source`` and ``settings``, by which it is found, and a README. Beside them stand a reader
(protocol) and a mapping (to statements). What the folder exports is in ``SourceFolder``. The source's class has a
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
                    RawRecord("Person", row.id, known.fingerprint(row.raw), partial(to_person, row)) for row in rows
                ),
                cursor=cursor_of(rows),
            )

The pipeline compares each record's fingerprint with the one it has kept, and calls ``map`` only where it differs;
so an unchanged source costs reading and nothing else. Readings are applied one after the other, oldest first,
each with what the earlier ones left in ``known``. To add one: docs/add-a-source.md.
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
    """What a raw record means: a statement, or None if there is nothing to state, and what is doubtful in it.

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
    """One thing as the source has it now.

    ``fingerprint`` covers everything that ``map`` depends on (make it with ``Known.fingerprint``).
    ``map(previous)`` gets the statement that was kept for this key (None when new) and may raise BadRecord.
    """

    kind: str
    key: str
    fingerprint: str
    map: Callable[[Statement | None], Mapped]


@dataclass(slots=True)
class Reading:
    """One consistent picture: a file, or the answers of one window.

    ``complete_kinds``: the kinds of which the reading holds everything; known keys of these kinds that are not among
    ``records`` are given to ``absent``, whose answer replaces the kept statement (None = leave it as it is).
    The default ends the thing on ``day``.
    ``cursor`` is stored when everything of the reading is applied, and comes back as ``Known.cursor``. Where nothing
    has changed it is only stored if ``store_cursor_when_unchanged``: a cursor that is just a moment in time sets that
    to False as long as the old one will do, so that an unchanged source costs no write.
    ``problems`` are those of no single record (an unreadable record without key, an unknown element).
    ``recheck_kinds``: kinds of which ``problems`` are all that there are now; what was kept of them before is mended.
    ``incomplete_because``: why the reading may be incomplete, or must not be applied without a user's approval. Any
    reason stops it at the brake, whatever it would write, until a person approves it. Where it would write
    nothing there is nothing to approve: then its cursor is not stored either, so the next reading is doubtful as well.
    ``independent``: the readings after it do not build on it; where the brake stops it, they are taken all the same.
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


class Known(Protocol):
    """What the graph already has from this source, and for whom the run is made."""

    @property
    def user(self) -> str | None:
        """Who asked for the run; None = the program itself, by its schedule."""

    @property
    def dry_run(self) -> bool:
        """Nothing will be applied: what is outside of the graph must be left as it is, too."""

    @property
    def cursor(self) -> Mapping[str, str]:
        """The cursor of the last reading that was applied whole; empty at first."""

    def keys(self, kind: str) -> Collection[str]:
        """Keys of all statements kept of this source and kind, as they are when they are looked at."""

    def keys_starting(self, kind: str, prefix: str) -> Iterable[str]:
        """As ``keys``, of those that begin so; what a delta asks, since it does not look at all of them."""

    def statement(self, kind: str, key: str) -> Statement | None:
        """The kept statement (``cpr`` is not in it)."""

    def several(self, kind: str, keys: Sequence[str]) -> Mapping[str, Statement]:
        """The kept statements of these keys (those that there are), asked for together."""

    def of_kinds(self, keys: Mapping[str, Collection[str]]) -> Mapping[tuple[str, str], Statement]:
        """(kind, key) → kept statement, of these keys of each kind; asked for together, whatever the kinds."""

    def statements(self, kind: str) -> Iterator[Statement]:
        """All kept statements of a kind."""

    def fingerprint(self, *raw: bytes) -> str:
        """Keyed hash of what a record depends on; keyed, because raw records hold CPR numbers."""

    def person_key(self, cpr: str) -> str:
        """The key under which a Person with this CPR number is stated: a keyed hash, the same in every source."""

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """Report that reading goes on, where it takes long before the first record: what, how much, of how much."""

    def recalled(self) -> Iterable[tuple[str, bytes]]:
        """What the source's last reading has kept for itself (``remember``), by part. It may be gone at any time, and
        is gone when a person has been erased."""

    def remember(self, parts: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        """Keep what spares the next reading work, instead of the parts of the same names. It holds no CPR number, and
        nothing but what the source sent last. A dry run keeps nothing. ``parts`` may be called several times."""


class Source(Protocol):
    """A source of master data."""

    name: str

    def readings(self, known: Known) -> Iterator[Reading]:
        """Read what is new since ``known.cursor``. Raises SourceError where the source as a whole can't be read."""
        ...


class SourceError(Exception):
    """The source, or a part of it, can't be read (closed, unreachable, rejected, unreadable). It changes nothing.

    ``retry``: whether and when another try is worth it. Each class sets it for all its errors; one error may differ.
    ``rule``: under which the failure of one part is kept, where the source goes on with the others.
    """

    retry: Retry = SOON
    rule: str = "not_read"

    def __init__(self, text: str, *, retry: Retry | None = None) -> None:
        super().__init__(text)
        if retry is not None:
            self.retry = retry


class NotSetUp(Exception):
    """With these settings, or with this command line, the source can't be made. The text states what to do."""


@dataclass(frozen=True)
class Surroundings:
    """What the program hands to a source when it makes it.

    ``folder``: the file or folder of ``--from``; None = that of the settings.
    ``driver``: opens the graph's store, for sources that look into the graph. ``keyring``: opens the keys of CPR
    numbers. Call them only where the source needs them: the first call may fail.
    """

    folder: Path | None
    driver: "Callable[[], neo4j.Driver]"
    keyring: "Callable[[], Keyring]"

    def refuse_files(self, what: str) -> None:
        """For a service. ``what`` it is, as a sentence without its full stop. Raises NotSetUp where files are named."""
        if self.folder is not None:
            raise NotSetUp(f"{what}; it has no files to read --from.")


class SourceFolder(Protocol):
    """What the folder of a source exports. Loading it loads the settings and nothing else; ``build`` loads the rest.

    ``TITLE``: what the source is called in a sentence. ``NEEDS``: what its settings must hold, in words.
    ``Settings``: a pydantic model, in ``reconnect.toml`` under ``[sources.<folder>]``. Where a setting is required, the
    source is used only if that section is there. A setting ``name`` is the name under which the graph keeps what the
    source states; without it, that is the folder's.
    """

    TITLE: str
    NEEDS: str
    Settings: "type[BaseModel]"

    def build(self, settings: Any, surroundings: Surroundings) -> Source:
        """The source. ``settings``: a ``Settings``. Raises NotSetUp, or SourceError."""
        ...
