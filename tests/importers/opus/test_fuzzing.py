"""Broken and strange files: an error that says so, or everything of them is taken or shown."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from graph.errors import ChangeRejected
from importers.source import SourceError
from protocols import xml
from tests.importers.opus.files import (
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
    name_of,
    stub,
    unit,
)

WHOLE = document(*SMALL, employee(102, function(), userId="ABC", email="a@b.example"), stub(103)).encode()
NUMBER = re.compile(r"[0-9]+", re.ASCII)


def test_pitfall_36_unknown_elements_beside_units_and_employees_are_reported_once(series: Series) -> None:
    applied = series.next(MONDAY, "<header/>", *UNITS, "<leave/>", MANAGER, "<leave/>", WORKER, "<trailer>9</trailer>")
    assert [(each.field, each.rule) for each in applied.problems] == [
        ("header", "unknown_element"),
        ("leave", "unknown_element"),
        ("trailer", "unknown_element"),
    ]
    assert any("2 times" in each.text for each in applied.problems)
    assert len(list(series.known.keys("Employment"))) == 2


def test_pitfall_36_an_unknown_element_within_a_known_one_is_reported(series: Series) -> None:
    nested = WORKER.replace("<address>", "<address><floor>2</floor>")
    assert [(each.field, each.rule) for each in series.next(MONDAY, *UNITS, nested).problems] == [
        ("employee/address/floor", "unknown_element")
    ]


def test_a_field_that_occurs_twice_is_not_guessed(series: Series) -> None:
    twice = WORKER.replace("</employee>", "<orgUnit>2</orgUnit></employee>")
    renamed = unit(3, 2).replace("</orgUnit>", "<longName>Andet</longName></orgUnit>")
    applied = series.next(MONDAY, *UNITS[:2], renamed, MANAGER, twice)
    assert [(each.kind, each.field, each.rule) for each in applied.problems if each.severity == "bad"] == [
        ("Unit", "longName", "told_twice"),
        ("Employment", "orgUnit", "told_twice"),
    ]
    assert list(series.known.keys("Employment")) == ["899:employment:100"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real file with bytes changed, cut out or doubled; an element removed or doubled; a text replaced."""
    content = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        how = draw(st.sampled_from(["flip", "cut", "double", "end", "element", "twice", "text", "rename"]))
        if not content:
            break
        start = draw(st.integers(0, len(content) - 1))
        end = min(len(content), start + draw(st.integers(1, 60)))
        if how == "flip":
            content[start] = draw(st.integers(0, 255))
        elif how == "cut":
            del content[start:end]
        elif how == "double":
            content[start:start] = content[start:end]
        elif how == "end":
            del content[start:]
        else:
            text = draw(st.one_of(st.text(max_size=12), st.sampled_from(["0000-00-00", "-1", "9" * 40, "1e5", "NaN"])))
            content = bytearray(_reshaped(bytes(content), how, draw(st.integers(0, 200)), text))
    return bytes(content)


def _reshaped(content: bytes, how: str, which: int, text: str) -> bytes:
    try:
        root = xml.tree(content, len(content))
    except xml.BadXml:
        return content
    elements = [each for each in root.iter("*") if each is not root]
    if not elements:
        return content
    chosen = elements[which % len(elements)]
    parent = chosen.getparent()
    assert parent is not None
    if how == "element":
        parent.remove(chosen)
    elif how == "twice":
        parent.append(etree.fromstring(etree.tostring(chosen, with_tail=False)))
    elif how == "rename":
        chosen.tag = "strange"
    else:
        chosen.text = "".join(letter for letter in text if letter.isprintable())
    return etree.tostring(root)


@given(mutated(), st.booleans())
@settings(max_examples=300)
def test_a_broken_file_is_an_error_or_everything_of_it_is_taken_or_shown(content: bytes, known: bool) -> None:
    with TemporaryDirectory() as folder:
        series = Series(Path(folder))
        if known:
            series.next(MONDAY, *SMALL)
        (series.folder / name_of(TUESDAY)).write_bytes(content)
        series.today = TUESDAY
        try:
            applied = series.run()
        except (SourceError, ChangeRejected):  # Refused: the pipeline makes a bad record of it
            return
        shown = {each.key for each in applied.problems} | {each.field for each in applied.problems}
        for element in xml.tree(content, len(content)):
            if element.get("action", "").strip() == "leave":
                continue
            kind = {"orgUnit": "Unit", "employee": "Employment"}.get(str(element.tag))
            if kind is None:
                assert element.tag in shown
                continue
            number, client = (element.get(name, "").strip() for name in ("id", "client"))
            if not (NUMBER.fullmatch(number) and NUMBER.fullmatch(client)):
                assert element.tag in shown
                continue
            key = f"{int(client)}:{'unit' if kind == 'Unit' else 'employment'}:{int(number)}"
            goes_on_as = series.known.cursor.get(f"exchanged {key}", key)  # an employment under a new number
            assert series.known.statement(kind, goes_on_as) is not None or key in shown
