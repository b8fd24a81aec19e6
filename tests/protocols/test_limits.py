"""Small files that would become millions of things: refused while they are read, whatever their form.

What is looked at is memory, not time: how much of it Python took at most.
"""

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openpyxl
import pytest

from importers.facts import reader
from importers.kle import table as kle
from importers.positions.errors import TooLarge
from importers.positions.settings import PositionsSettings
from importers.positions.table import POSITION_COLUMNS, read, read_json
from importers.source import SourceError
from importers.unilogin.answers import agreements
from protocols import limits, web, xml
from tests.importers.positions.town import workbook

MEGABYTES = 1 << 20
FEW = PositionsSettings(largest_rows=2_000)


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTES
    finally:
        tracemalloc.stop()


def sheet(rows: str, of: bytes | None = None) -> bytes:
    """An XLSX file whose one sheet has these rows."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(of or workbook())) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            content = old.read(each)
            if each == "xl/worksheets/sheet1.xml":
                content = content.replace(b"</sheetData>", rows.encode() + b"</sheetData>")
            new.writestr(each, content)
    return made.getvalue()


CELLS = '<c t="inlineStr"><is><t>x</t></is></c>'


@pytest.mark.parametrize("row", [f"<row>{CELLS}</row>", "<row></row>"])
def test_a_small_workbook_of_a_million_rows(row: str) -> None:
    content = sheet(row * 1_000_000)
    assert len(content) < 300_000
    with at_most(20), pytest.raises(TooLarge):
        read(content, "xlsx", "list", POSITION_COLUMNS, PositionsSettings())


def test_a_workbook_is_read_no_further_than_rows_are_allowed() -> None:
    """Whatever its size says: the rows differ, so that they are packed as those of people are."""
    rows = "".join(f'<row><c t="inlineStr"><is><t>{each * 7919}</t></is></c></row>' for each in range(40_000))
    with at_most(30), pytest.raises(TooLarge, match="more than 2000 rows"):
        read(sheet(rows), "xlsx", "list", POSITION_COLUMNS, FEW)


def test_a_workbook_that_says_it_is_smaller_than_it_is_is_read_to_its_end() -> None:
    """Programs leave the dimension of an older state; what lies beyond it would look as if it were gone."""
    row = "".join(f'<c t="inlineStr"><is><t>{each}</t></is></c>' for each in ("P2", "T", "C"))
    told = read(sheet(f"<row>{row}</row>", workbook(("P1", "T", "C"))), "xlsx", "list", POSITION_COLUMNS, FEW)
    assert [each.cell("code") for each in told.rows] == ["P1", "P2"]


def test_a_workbook_formatted_far_below_its_content_is_read() -> None:
    content = sheet("".join(f'<row r="{each}"></row>' for each in range(3, 30_000)), workbook(("P1", "T", "C")))
    assert len(read(content, "xlsx", "list", POSITION_COLUMNS, FEW).rows) == 1


def test_a_workbook_of_many_parts() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for each in range(2_000):
            new.writestr(f"{each}.xml", "<a/>")
    with pytest.raises(TooLarge, match="2000 parts"):
        read(made.getvalue(), "xlsx", "list", POSITION_COLUMNS, PositionsSettings())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities(encoding: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        new.writestr(
            "xl/workbook.xml", f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a []><a/>'.encode(encoding)
        )
    with pytest.raises(SourceError, match="document type"):
        read(made.getvalue(), "xlsx", "list", POSITION_COLUMNS, PositionsSettings())


def test_xml_of_millions_of_elements() -> None:
    with pytest.raises(xml.BadXml, match="elements"):
        xml.tree(b"<a>" + b"<b/>" * 5_000 + b"</a>", MEGABYTES, most=5_000)
    with pytest.raises(xml.BadXml):
        xml.tree(b"<a>" * 300 + b"</a>" * 300, MEGABYTES)


def test_an_answer_of_stil_with_millions_of_elements_where_none_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.unilogin.answers.MOST_HELD", 1_000)
    inside = b"<x><x><x><x>" + b"<y/>" * 2_000 + b"</x></x></x></x>"
    with pytest.raises(SourceError, match="elements in one part"):
        agreements(io.BytesIO(b"<Envelope><Body>" + inside + b"</Body></Envelope>"))


def test_json_of_millions_of_values(tmp_path: Path) -> None:
    content = b'{"positions": [' + b"[]," * 12_000_000 + b"[]]}"
    with at_most(80), pytest.raises(TooLarge):
        read_json(content, "list", PositionsSettings())
    file = tmp_path / "facts.json"
    file.write_bytes(content)
    with at_most(80), pytest.raises(SourceError, match="values"):
        reader.read(file)


def test_yaml_of_millions_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.facts.loading.MOST_NODES", 1_000)
    file = tmp_path / "facts.yaml"
    file.write_text("units: [" + "[]," * 2_000 + "]")
    with pytest.raises(SourceError, match="more than 1000 values"):
        reader.read(file)
    file.write_text("\n".join(["a: &a [x]", *(f"k{each}: *a" for each in range(2_000))]))
    with pytest.raises(SourceError, match="more than 1000 values"):
        reader.read(file)


def test_csv_of_millions_of_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = ";" * (limits.LONGEST_LINE + 10)
    for broken in (f"{wide}\n", f"id;name\n{wide}\n"):
        (tmp_path / "units.csv").write_text(broken)
        with pytest.raises(SourceError, match="characters"):
            reader.read(tmp_path)
    monkeypatch.setattr("importers.facts.reader.LARGEST_CONTENT", 1_000)
    (tmp_path / "units.csv").write_text("id;name\n" + "a;b\n" * 800)
    with pytest.raises(SourceError, match="more than 1000"):
        reader.read(tmp_path)
    with pytest.raises(TooLarge):
        read(f"code;title;category\n{wide}\n".encode(), "csv", "list", POSITION_COLUMNS, PositionsSettings())
    with pytest.raises(TooLarge):
        read(b"code;title;category\n" + b"\n" * 50_000, "csv", "list", POSITION_COLUMNS, FEW)
    with pytest.raises(SourceError, match="lines"):
        kle.release(b"uuid;number;title\n" + b"\n" * 200_000, "kle.csv", 64 * MEGABYTES)


def _answer(content: bytes, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)


def test_an_answer_that_is_small_only_while_it_is_packed() -> None:
    packed = gzip.compress(b" " * (40 * MEGABYTES))
    http = httpx.Client(transport=httpx.MockTransport(_answer(packed, **{"Content-Encoding": "gzip"})))
    with at_most(20), http.stream("GET", "https://x.test/") as answer, pytest.raises(web.TooLarge):
        web.content(answer, MEGABYTES)


def test_a_packed_answer_is_unpacked_and_one_that_is_cut_off_is_none() -> None:
    packed = gzip.compress(b"all of it")
    for sent, good in ((packed, True), (packed[:-4], False)):
        http = httpx.Client(transport=httpx.MockTransport(_answer(sent, **{"Content-Encoding": "gzip"})))
        with http.stream("GET", "https://x.test/") as answer:
            if good:
                assert web.content(answer, 100) == b"all of it"
            else:
                with pytest.raises(httpx.ReadError):
                    web.content(answer, 100)


def test_the_number_of_rows_that_is_allowed_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(*((f"P{each}", "T", "C") for each in range(2_000)))))
    made = io.BytesIO()
    book.save(made)
    assert len(read(made.getvalue(), "xlsx", "list", POSITION_COLUMNS, FEW).rows) == 2_000
