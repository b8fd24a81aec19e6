"""Parsing only what is new in a file gives what parsing all of it gives, whatever the file."""

import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.statements.statement import BadRecord
from importers.opus import employment, mapping, pieces
from importers.opus.mapping import File
from importers.opus.memory import Memory, Row
from importers.opus.recalling import look_with, remember
from importers.opus.settings import Filters, OpusSettings
from importers.opus.survey import Survey, look
from importers.opus.tree import KeptTree
from importers.source import RawRecord, SourceError
from tests.importers.known import InMemory
from tests.importers.opus.files import (
    ALMA,
    CILLE,
    MANAGER,
    MONDAY,
    SMALL,
    TUESDAY,
    UNITS,
    WORKER,
    Series,
    document,
    employee,
    function,
    stub,
    unit,
)
from tests.importers.opus.test_fuzzing import mutated

# A person with three employments, one that is to come and one that will have ended, one with a function, a stub.
STAFF = [
    MANAGER,
    WORKER,
    employee(102, function(), cpr=CILLE, firstName="Cille", userId="CIL", email="c@b.example"),
    employee(103, cpr=ALMA, firstName="Alma M.", lastName="Testrup", changed="2024-03-01"),
    employee(104, cpr=ALMA, firstName="Alma", lastName="Testrup", leaveDate=MONDAY.isoformat(), userId="ALMA"),
    employee(105, entryDate=TUESDAY.isoformat(), positionId="501", position="Kok &amp; bager", positionShort="Kok"),
    stub(106),
]
STAFF_ROW = Row(
    *("999", "10000", "1001", "1010", "Kok", "Kok", "2026-11-01", "KOK10000", 739921, 0, 0, ""),
    *("8" * 32, 1, "9" * 32, "a" * 32, "b" * 32),
)
FILTERED = OpusSettings(
    folder=Path("nowhere"), filters=Filters(position_names=("bager",)), closed_name_patterns=("^#",)
)


def _file(*elements: str) -> bytes:
    return document(*elements).encode()


def _told(survey: Survey, known: InMemory) -> dict[str, Any]:
    """All that a file comes to, in its order."""
    file = File(survey, known, first=True)
    records = [*mapping.records(file), *employment.records(file)]
    return {
        "records": [(each.kind, each.key, each.fingerprint) for each in records],
        "statements": [_statement(each) for each in records],
        "problems": survey.problems,
        "stubs": set(survey.stubs),
        "filtered": survey.filtered,
        "faulty": survey.faulty,
        "newcomers": list(survey.newcomers()),
        "live": [(key, seen.unit, seen.login, seen.functions) for key, seen in survey.live.items()],
        "roots": survey.tree.roots,
        "closed": survey.closed_units,
    }


def _statement(record: RawRecord) -> object:
    try:
        return record.map(None)
    except BadRecord as bad:
        return bad.problem


def _has_another(key: str, cpr: str) -> bool:
    return key.endswith("104")


class Twice:
    """Files that follow one another, each read in both ways. ``parsed``: how many employees the last one had parsed."""

    def __init__(self, folder: Path, chosen: OpusSettings, known: InMemory | None = None) -> None:
        self._path = folder / "ZLPE20240304_delta.xml"
        self._settings = chosen
        self._known = known or InMemory()
        self._employments: set[str] = set()
        self.parsed = 0

    def take(self, content: bytes, day: Any = MONDAY) -> None:
        self._path.write_bytes(content)
        try:
            plain = look(self._path, day, self._settings, self._employments, KeptTree({}), _has_another)
        except SourceError as refused:
            with pytest.raises(type(refused)) as raised:
                self._recalling(day)
            assert str(raised.value) == str(refused)
            return
        try:
            expected = _told(plain, self._known)
        finally:
            plain.aside.close()
        memory, survey = self._recalling(day)
        try:
            self.parsed = sum(seen.recalled is None for _, seen in survey.live.items())
            assert _told(survey, self._known) == expected
            remember(memory, File(survey, self._known))
        finally:
            survey.aside.close()
        self._employments |= {key.text() for key in survey.live}

    def _recalling(self, day: Any) -> tuple[Memory, Survey]:
        memory = Memory(self._known, self._settings)
        return memory, look_with(
            memory, self._known, self._path, day, self._settings, self._employments, KeptTree({}), _has_another
        )


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    return Twice(tmp_path, OpusSettings(folder=tmp_path))


def test_equal_bytes_are_not_parsed_again(twice: Twice) -> None:
    twice.take(_file(*UNITS, *STAFF))
    assert twice.parsed == 6
    twice.take(_file(*UNITS, *STAFF))  # from now on the employments are known
    twice.take(_file(*UNITS, *STAFF))
    assert twice.parsed == 1, "all but the one with a function"


def test_a_change_has_all_employees_of_the_person_parsed(twice: Twice) -> None:
    for staff in (STAFF, STAFF, [*STAFF[:4], STAFF[4].replace("ALMA", "ALTE"), *STAFF[5:]]):
        twice.take(_file(*UNITS, *staff))
    assert twice.parsed == 4  # Alma's three, and the one with a function


@pytest.mark.parametrize(
    "changed",
    [
        [each.replace(ALMA, "3113994321") for each in STAFF],
        [each.replace(ALMA, f"{ALMA[:6]}-{ALMA[6:]}") for each in STAFF],
        [each.replace(ALMA, "0000000000") for each in STAFF],
        [*STAFF[:3], *STAFF[4:]],  # one of a person's employments is gone
        [*STAFF, employee(107, cpr=ALMA, firstName="Alma")],
        [*reversed(STAFF)],
        [*STAFF, STAFF[0]],  # told twice alike
        [*STAFF, STAFF[0].replace("Testrup", "Prøvesen")],
        [STAFF[0].replace("2024-01-02", "2024-03-04"), *STAFF[1:]],  # lastChanged alone
        [each.replace("> <", "><").replace("</lastName>", "</lastName >") for each in STAFF],
        [employee(108, fax="1"), employee(109, entryDate="0000-00-00"), employee(110, cpr="1"), *STAFF],
        [stub(100), *STAFF[1:]],
        ['<employee client="899" id="100" action="leave"></employee>', '<employee id="7" client="x"/>', *STAFF[1:]],
        [*STAFF, unit(9, 1)],  # a unit after the employees
        ["<!-- a comment -->", *STAFF],
        [STAFF[0].replace("Testrup", "<![CDATA[</employee>]]>"), *STAFF[1:]],
        [STAFF[0].replace("Testrup", "Test&#114;up &lt;employee>"), *STAFF[1:]],
        [STAFF[0].replace("Testrup", "&unknown;"), *STAFF[1:]],
        [STAFF[0].replace("<employee ", '<employee xmlns="urn:x" '), *STAFF[1:]],
        [STAFF[0].replace("</employee>", "<employee/></employee>"), *STAFF[1:]],
        [STAFF[0].replace("</employee>", "<kmd/></employee>"), *STAFF[1:]],
        [STAFF[0].replace("<lastName>", "<x:lastName>").replace("</lastName>", "</x:lastName>"), *STAFF[1:]],
        [STAFF[0].replace("Testrup", "a\x0bb"), *STAFF[1:]],
        [*STAFF, "<trailer/>"],
        ["text", *STAFF],
        [STAFF[0] + "]]>", *STAFF[1:]],
        [STAFF[0].replace("Testrup", "x" * (1 << 17)), *STAFF[1:]],
        [STAFF[0].replace("<lastName>", "<a>" * 300).replace("</lastName>", "</a>" * 300), *STAFF[1:]],
    ],
)
def test_both_ways_agree_on_a_file_that_follows_another(twice: Twice, changed: list[str]) -> None:
    twice.take(_file(*UNITS, *STAFF))
    twice.take(_file(*UNITS, *STAFF))
    twice.take(_file(*UNITS, *changed))
    twice.take(_file(*UNITS, *STAFF), TUESDAY)


@pytest.mark.parametrize(
    "content",
    [
        _file(*UNITS, *STAFF).replace(b"utf-8", b"iso-8859-1"),
        _file(*UNITS, *STAFF).decode().replace("utf-8", "utf-16").encode("utf-16"),
        b"\xef\xbb\xbf" + _file(*UNITS, *STAFF),
        _file(*UNITS, *STAFF).replace("ø".encode(), b"\xf8"),
        _file(*UNITS, *STAFF).replace(b"1.0", b"1.1"),
        _file(*UNITS, *STAFF).replace(b"<kmd>", b'<kmd xmlns="urn:x">'),
        _file(*UNITS, *STAFF).replace(b"<kmd>", b'<!DOCTYPE kmd [<!ENTITY a "b">]><kmd>'),
        _file(*UNITS, *STAFF).replace(b"<kmd>", b"<kmd><kmd>"),
        _file(*UNITS, *STAFF).replace(b"<kmd>", b"<kmd><!-- "),
        _file(*UNITS, *STAFF).replace(b"<employee id", b"<!-- --><employee id", 1),
        _file(*UNITS, *STAFF) + b"<!-- end </kmd>",
        _file(*UNITS),
    ],
)
def test_both_ways_agree_on_a_file_of_another_form(twice: Twice, content: bytes) -> None:
    twice.take(_file(*UNITS, *STAFF))
    twice.take(content)


def test_a_file_longer_than_a_block(twice: Twice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 7)
    for _ in range(3):
        twice.take(_file(*UNITS, *STAFF, *(stub(number) for number in range(200, 260))))
    assert twice.parsed == 1


def test_the_units_and_the_settings_count_too(tmp_path: Path) -> None:
    twice = Twice(tmp_path, FILTERED)
    for units in (UNITS, UNITS, [*UNITS[:2], unit(3, 2, longName="# lukket")], UNITS[:2], UNITS):
        twice.take(_file(*units, *STAFF))


def test_nothing_is_remembered_under_settings_that_have_changed(tmp_path: Path) -> None:
    """Else they would come back with the settings, and tell of a file that is long past."""
    known = InMemory()
    twice = Twice(tmp_path, OpusSettings(folder=tmp_path), known)
    for _ in range(2):
        twice.take(_file(*UNITS, *STAFF))
    assert len(Memory(known, OpusSettings(folder=tmp_path)).rows) == 5
    Twice(tmp_path, FILTERED, known).take(_file(*UNITS, MANAGER))
    assert len(Memory(known, OpusSettings(folder=tmp_path)).rows) == 0


def test_a_number_that_is_invalid_is_never_recalled(twice: Twice) -> None:
    wrong = [each.replace(CILLE, "3113994321") for each in STAFF if "105" not in each]
    for _ in range(3):
        twice.take(_file(*UNITS, *wrong, employee(111, cpr="3113994321", firstName="Cille")))
    assert twice.parsed == 2


@given(st.lists(st.sampled_from([*STAFF, *(each.replace("Birk", "Bo") for each in STAFF)]), max_size=8), mutated())
@settings(max_examples=150)
def test_both_ways_agree_on_broken_and_strange_files(staff: list[str], content: bytes) -> None:
    with TemporaryDirectory() as folder:
        twice = Twice(Path(folder), OpusSettings(folder=Path(folder)))
        for each in (_file(*SMALL), _file(*UNITS, *STAFF), _file(*UNITS, *staff), content):
            twice.take(each)
            twice.take(each, TUESDAY)


def test_what_was_not_taken_is_looked_at_again(series: Series) -> None:
    """Remembered, but kept otherwise: a statement is made of it all the same."""
    series.next(MONDAY, *UNITS, *STAFF)
    series.next(TUESDAY, *UNITS, *STAFF)
    kept = {key: statement for key, (statement, _) in series.known.kept.items()}
    series.known.kept = {key: (statement, "") for key, statement in kept.items()}
    applied = series.next(MONDAY.replace(day=7), *UNITS, *STAFF)
    assert (applied.changed, applied.mapped) == ([], len(kept))


def test_what_is_remembered_takes_no_more_memory_than_its_text(tmp_path: Path) -> None:
    """A row is some 250 bytes; orjson's own bytes hold 4 kB each, which was 200 MB for 50,000 employees."""
    rows = 5_000
    packed = STAFF_ROW.packed()
    tracemalloc.start()
    try:
        Memory(InMemory(), OpusSettings(folder=tmp_path)).parts(
            (f"{number:032x}"[::-1], STAFF_ROW.packed()) for number in range(rows)
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < rows * (len(packed) + 32) * 2
