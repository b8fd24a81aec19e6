"""The list's form, pure: cells, rows, and what holds together (positions.md §4, §7; pitfalls 1, 8 to 10, 14)."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.time import Period
from importers.positions.listing import Listing, listing
from importers.positions.settings import PositionsSettings
from importers.positions.table import CATEGORY_COLUMNS, POSITION_COLUMNS, Form, Table, read, read_json
from importers.source import SourceError
from tests.importers.positions.town import HEADER, TODAY, row, text, workbook

OPEN = PositionsSettings()
EXAMPLE = text(
    row("P010", payroll="sd:XY:1530 opus:10034", match="pædagog", level="5", agreement="376", start="2024-01-01"),
    row("P090", "Kontorfunktionær", "ADM", stk="264-05 2640601", start="2015-01-01", end="2025-01-01"),
)


def table(content: str | bytes, form: Form = "csv", told: PositionsSettings = OPEN) -> Table:
    raw = content.encode() if isinstance(content, str) else content
    return read(raw, form, "positions", POSITION_COLUMNS, told)


def listed(*rows: str, categories: str | None = None) -> Listing:
    beside = None if categories is None else read(categories.encode(), "csv", "c", CATEGORY_COLUMNS, OPEN)
    return listing(table(text(*rows)), beside, TODAY)


def rules(of: Listing) -> list[tuple[str, str, str]]:
    return [(each.key, each.field, each.rule) for each in of.problems]


def cells(code: object, **more: object) -> tuple[object, ...]:
    told = {"code": code, "title": "Pædagog", "category": "PAED", **more}
    return tuple(told.get(each) for each in POSITION_COLUMNS)


def test_codes_that_a_spreadsheet_made_numbers_are_named_by_their_cell() -> None:
    """Pitfall 1."""
    book = workbook(cells("0045", agreement="005"), cells(45), cells("P3", agreement=5), cells("P4", level=5))
    made = listing(table(book, "xlsx"), None, TODAY)
    assert {code: rows[0].level for code, rows in made.positions.items()} == {"0045": None, "P4": 5}
    assert [each.text.split(":")[1].strip() for each in made.problems] == ["cell A3", "cell E4"]
    assert made.unidentified, "nobody can say which position row 3 is"
    numbers = orjson.dumps({"positions": [{"code": 45, "title": "a", "category": "b"}]})
    told = read_json(numbers, "j", OPEN).positions
    assert told is not None
    assert "positions[0].code" in listing(told, None, TODAY).problems[0].text


def test_the_forms_tell_the_same() -> None:
    parsed = [dict(each.cells) for each in table(EXAMPLE).rows]
    book = workbook(*(tuple(each.get(column) for column in POSITION_COLUMNS) for each in parsed))
    assert [dict(each.cells) for each in table(book, "xlsx").rows] == parsed
    lists = read_json(orjson.dumps({"positions": parsed}), "j", OPEN)
    assert lists.positions is not None
    assert [dict(each.cells) for each in lists.positions.rows] == parsed
    dated = listing(table(workbook(cells("P1", **{"from": date(2024, 1, 1)})), "xlsx"), None, TODAY)
    assert dated.positions["P1"][0].period.start == date(2024, 1, 1)


def test_an_end_at_the_end_of_the_calendar_is_none() -> None:
    made = listed(row("P1", start="2024-01-01", end="9999-12-31"))
    assert [each.period for each in made.positions["P1"]] == [Period(date(2024, 1, 1))]


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda told: "\ufeff" + told,
        lambda told: told.replace("\n", "\r\n"),
        lambda told: told + "\n\n;;;;;;;;;;;;\n",
        lambda told: told.replace("code;title", " Code ; TITLE "),
    ],
)
def test_csv_as_programs_write_it(spoiled: Callable[[str], str]) -> None:
    """Pitfall 14: BOM, CR LF, empty last lines."""
    assert [each.cells for each in table(spoiled(EXAMPLE)).rows] == [each.cells for each in table(EXAMPLE).rows]


def test_quoted_separators_and_other_encodings() -> None:
    """Pitfall 14."""
    assert table(text(row("P1", '"Leder; ""vikar"""'))).rows[0].cell("title") == 'Leder; "vikar"'
    with pytest.raises(SourceError, match="encoding"):
        table(EXAMPLE.encode("iso-8859-1"))
    latin = PositionsSettings(encoding="iso-8859-1")
    assert table(EXAMPLE.encode("iso-8859-1"), told=latin).rows[0].cell("title") == "Pædagog"
    excel = PositionsSettings(encoding="windows-1252")
    assert table(text(row("P1", "Løn – og €")).encode("cp1252"), told=excel).rows[0].cell("title") == "Løn – og €"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'\xef\xbb\xbf{"positions": [{"code": "P1", "title": "Et", "category": "A", "leader": true}]}', ""),
        (b'{"positions": [{"code": "P1", "code": "P2", "title": "Et", "category": "A"}]}', "'code' occurs twice"),
        (b'{"positions": [], "positions": []}', "'positions' occurs twice"),
        (b'[{"code": "P1"}]', "expected an object with a list under 'positions'"),
        (b'{"positions": {"code": "P1"}}', "'positions' is not a list"),
        (b'{"positions": [' + b"[" * 100_000, "not JSON"),
        ('{"positions": []}'.encode("utf-16"), "not JSON"),
    ],
)
def test_json_as_programs_write_it(content: bytes, told: str) -> None:
    if told:
        with pytest.raises(SourceError, match=told):
            read_json(content, "j", OPEN)
    else:
        found = read_json(content, "j", OPEN).positions
        assert found is not None
        assert found.rows[0].cells == {"code": "P1", "title": "Et", "category": "A", "leader": "yes"}


def test_unknown_and_unnamed_columns_are_listed_and_empty_ones_are_not() -> None:
    head, first = f"note;{HEADER};;", "x;" + row("P1", "Et") + ";;y"
    made = listing(table("\n".join((head, first))), None, TODAY)
    assert rules(made) == [("", "note", "unknown_column"), ("P1", "", "wrong_cell")]
    made = listing(table("\n".join((head, first.removesuffix("y")))), None, TODAY)
    assert (rules(made), list(made.positions)) == ([("", "note", "unknown_column")], ["P1"])


def test_a_sheet_as_people_keep_it() -> None:
    """Header in capitals, Excel's dates and yes/no, numbers with a decimal point, empty rows and columns."""
    header = tuple(each.upper() for each in POSITION_COLUMNS)
    book = workbook(
        cells("P1", level=5.0, leader=True, **{"from": datetime(2024, 1, 1), "to": date(2025, 1, 1)}),
        (None,) * len(POSITION_COLUMNS),
        cells("P2", level=5.5),
        cells("P3", **{"from": datetime(2024, 1, 1, 8, 30)}),
        cells("P4", **{"from": 45292}),
        header=header,
    )
    made = listing(table(book, "xlsx"), None, TODAY)
    (first,) = made.positions["P1"]
    assert (first.level, first.leader, first.period) == (5, True, Period(date(2024, 1, 1), date(2025, 1, 1)))
    assert rules(made) == [("P2", "level", "wrong_cell"), ("P3", "from", "wrong_value"), ("P4", "from", "wrong_cell")]
    assert [each.text.partition(":")[0] for each in made.problems] == ["row 4", "row 5", "row 6"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no column"),
        ("code,title,category\n", "separated by ';'"),
        (HEADER + ";code\n", "twice"),
        ("code;title\n", "category"),
        (HEADER + '\nP1;"open', "line"),
        (HEADER + "\nP1;\0", "zero bytes"),
        (HEADER + "\n", "no row"),
        (HEADER + "\n\n;;;;;;;;;;;;\n", "no row"),
    ],
)
def test_what_is_no_list(content: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        table(content)


def test_a_list_without_a_row_is_refused_in_every_form() -> None:
    """As KLE's: what broke off behind its first line must not end everything."""
    with pytest.raises(SourceError, match="no row"):
        table(workbook(), "xlsx")
    with pytest.raises(SourceError, match="no row"):
        read_json(b'{"positions": []}', "list", OPEN)
    with pytest.raises(SourceError, match="no row"):
        listed(row("P1"), categories="code;title;parent\n")


def test_too_much_is_refused() -> None:
    with pytest.raises(SourceError, match="rows"):
        table(EXAMPLE, told=PositionsSettings(largest_rows=1))
    with pytest.raises(SourceError, match="unpacked"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("xl/worksheets/sheet1.xml", b" " * 11_000_000)
        table(packed.getvalue(), "xlsx", PositionsSettings(largest_megabytes=1))


@pytest.mark.parametrize(
    ("cell", "value", "rule"),
    [
        ("level", "10", "wrong_value"),
        ("agreement", "5", "wrong_value"),
        ("stk", "264", "wrong_value"),
        ("disco", "2342", "wrong_value"),
        ("payroll", "ds:XY:1530", "wrong_value"),
        ("payroll", "sd:1530", "wrong_value"),
        ("match", "pædagog|*", "wrong_value"),
        ("leader", "ja", "wrong_value"),
        ("title", "", "missing"),
        ("title", "x" * 201, "too_long"),
        ("start", "01-01-2024", "wrong_value"),
        ("start", "2024-02-30", "wrong_value"),
    ],
)
def test_a_wrong_cell_refuses_its_row_and_the_rest_goes_on(cell: str, value: str, rule: str) -> None:
    made = listed(row("P1", **{"title": "Et", cell: value}), row("P2", "To"))
    assert rules(made) == [("P1", "from" if cell == "start" else cell, rule)]
    assert ("row 2" in made.problems[0].text, set(made.positions), made.refused) == (True, {"P2"}, {"P1"})


def test_titles_may_be_equal() -> None:
    """Pitfall 8."""
    assert rules(listed(row("P1", "Ens"), row("P2", "Ens"))) == []


def test_replacements_that_lead_nowhere() -> None:
    """Pitfall 9."""
    made = listed(
        row("P1", "Et", replaced_by="P9"),
        row("P2", "To", replaced_by="P3"),
        row("P3", "Tre", replaced_by="P2"),
        row("P4", "Fire", replaced_by="P5"),
        row("P5", "Fem", end="2025-01-01"),
    )
    assert [rule for _, _, rule in rules(made)] == ["unknown_replacement", "circle", "circle", "ended_replacement"]
    assert {code: rows[0].replaced_by for code, rows in made.positions.items()} == {
        "P1": "", "P2": "", "P3": "", "P4": "P5", "P5": "",
    }  # fmt: skip


def test_periods_of_one_code() -> None:
    """Pitfall 10: overlapping ones are both refused, adjoining ones are one position with two states."""
    made = listed(
        row("P1", "Et", end="2025-01-02"),
        row("P1", "Ny", start="2025-01-01"),
        row("P2", "To", end="2025-01-01"),
        row("P2", "Nu", start="2025-01-01"),
    )
    assert rules(made) == [("P1", "from", "overlapping_periods")]
    assert [each.title for each in made.positions["P2"]] == ["To", "Nu"]
    assert "P1" not in made.positions


def test_categories_are_a_tree_of_four_levels() -> None:
    tree = "\n".join(
        (
            "code;title;parent",
            "A;a;",
            "B;b;A",
            "C;c;B",
            "D;d;C",
            "E;e;D",
            "X;x;Y",
            "Y;y;X",
            "Z;z;nowhere",
            "A2;a;",
            "A2;b;",
        )
    )
    made = listed(row("P1", "Et", "D"), row("P2", "To", "Q"), categories=tree)
    assert {key: rule for key, _, rule in rules(made)} == {
        "E": "too_deep", "X": "circle", "Y": "circle", "Z": "unknown_category", "A2": "twice", "P2": "unknown_category",
    }  # fmt: skip
    assert made.path("D") == ("D", "C", "B", "A")


# -- mutated files: only the declared errors, and each row is taken or named -------------------------------------------

WORKBOOK = workbook(cells("P1"), cells("P2", level=3), cells("P3", **{"from": date(2024, 1, 1)}))
FUZZ = settings(max_examples=60)


def mutated(content: bytes, places: list[tuple[int, bytes]]) -> bytes:
    made = bytearray(content)
    for place, piece in places:
        at = place % (len(made) + 1)
        made[at : at + len(piece) // 2] = piece
    return bytes(made)


PLACES = st.lists(st.tuples(st.integers(0, 100_000), st.binary(max_size=6)), max_size=5)


def named_or_taken(told: Table) -> None:
    made = listing(told, None, TODAY)
    bad = {each.key for each in made.problems}
    for each in told.rows:
        code = each.cell("code")
        assert code in made.positions or code in bad or each.place in bad


@FUZZ
@given(PLACES)
def test_mutated_csv(places: list[tuple[int, bytes]]) -> None:
    try:
        told = table(mutated(EXAMPLE.encode(), places))
    except SourceError:
        return
    named_or_taken(told)


@FUZZ
@given(PLACES)
def test_mutated_xlsx(places: list[tuple[int, bytes]]) -> None:
    try:
        told = table(mutated(WORKBOOK, places), "xlsx")
    except SourceError:
        return
    named_or_taken(told)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(POSITION_COLUMNS), inner, max_size=6),
    max_leaves=20,
)


@FUZZ
@given(st.lists(_JSON, min_size=1, max_size=5))
def test_any_json(entries: list[object]) -> None:
    lists = read_json(orjson.dumps({"positions": entries}), "j", OPEN)
    assert lists.positions is not None
    named_or_taken(lists.positions)
