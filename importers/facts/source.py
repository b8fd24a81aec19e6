"""A facts file as a source."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson

from graph.retry import NEXT
from graph.statements.statement import BadRecord, Problem, Statement
from graph.time import today
from importers.facts.entries import key_of
from importers.facts.loading import Doubled
from importers.facts.mapping import SECTIONS, ids, mapped
from importers.facts.reader import Entry, Sections, read
from importers.facts.settings import FactsSettings
from importers.source import Known, Mapped, RawRecord, Reading, SourceError

WHOLE_FILE = "File"
"""Kind of the problems that concern the file as a whole."""


class Facts:
    """Reads the whole file; ``path`` replaces the settings' one."""

    def __init__(self, settings: FactsSettings, path: Path | None = None) -> None:
        self.name = settings.name
        self._path = path or settings.path
        self._whole = settings.whole

    def readings(self, known: Known) -> Iterator[Reading]:
        """One reading. Raises SourceError if the file can't be read."""
        if self._path is None:
            raise SourceError("no facts file: give --from FILE, or path in [sources.facts]", retry=NEXT)
        sections, unknown = read(self._path)
        problems = [_not_taken(each) for each in unknown]
        own = {kind: ids(sections.get(section, ())) for section, kind in SECTIONS.items()}
        records = list(_records(sections, own, known, problems))
        whole = frozenset(self._told(sections, {*unknown}, known, problems)) if self._whole else frozenset[str]()
        yield Reading(
            label=self._path.name,
            day=today(),
            records=records,
            complete_kinds=whole,
            problems=tuple(problems),
            recheck_kinds=frozenset({WHOLE_FILE}),
        )

    def _told(self, sections: Sections, unknown: set[str], known: Known, problems: list[Problem]) -> Iterator[str]:
        """Kinds that the file contains completely: a missing section, or an entry that may be any, ends nothing."""
        for section, kind in SECTIONS.items():
            entries = sections.get(section)
            if entries is not None and all(map(key_of, entries)):
                yield kind
            elif entries is None and section not in unknown and any(True for _ in known.keys(kind)):
                text = (
                    f"there is no section {section!r}: the known things stay. Write an empty section ([]) to end them"
                )
                problems.append(Problem(WHOLE_FILE, section, "", "section_missing", text, "notice"))


def _not_taken(section: str) -> Problem:
    if section not in SECTIONS:
        return Problem(WHOLE_FILE, section, "", "unknown_section", f"no section {section!r}", "notice")
    text = f"the section {section!r} has no readable entries: the known things stay"
    return Problem(WHOLE_FILE, section, "", "section_unreadable", text)


def _records(
    sections: Sections, own: Mapping[str, frozenset[str]], known: Known, problems: list[Problem]
) -> Iterator[RawRecord]:
    # Whether such a name is the file's own decides the meaning of a reference to it (mapping.Entries.ref).
    look_elsewhere = repr(sorted(name for names in own.values() for name in names if ":" in name)).encode()
    for section, kind in SECTIONS.items():
        entries = sections.get(section, [])
        met: Counter[str] = Counter()
        for place, entry in enumerate(entries, start=1):
            key = key_of(entry) or f"{section}[{place}]"
            met[key] += 1
            if met[key] > 1:
                text = f"{key!r} occurs twice in {section}; the first one is used"
                problems.append(Problem(kind, key, "id", "duplicate_id", text))
                continue
            print_of = known.fingerprint(_plain(entry), look_elsewhere)
            yield RawRecord(kind, key, print_of, partial(_map, section, key, entry, own))


def _map(section: str, key: str, entry: Entry, own: Mapping[str, frozenset[str]], previous: Statement | None) -> Mapped:
    try:
        return mapped(section, entry, own)
    except BadRecord as bad:
        if bad.problem.key:
            raise
        raise BadRecord(replace(bad.problem, key=key)) from bad  # an entry without an id is named by its place


def _plain(entry: Entry) -> bytes:
    """The entry's content, whatever the order of its fields and the format of its file."""
    twice = " ".join(entry.twice).encode() if isinstance(entry, Doubled) else b""
    return orjson.dumps(entry, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS) + twice
