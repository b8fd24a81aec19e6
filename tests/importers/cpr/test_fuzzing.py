"""Mutated answers of both SOAP services: only declared errors, or all that the answer tells is taken or shown."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from graph.statements.merge import check
from importers.cpr import answer
from importers.cpr.errors import Misconfigured, NoAnswer, ServiceFault, UnknownNumber, UnreadableAnswer
from importers.cpr.mapping import to_person
from importers.cpr.register_data import RegisteredName, RegisteredPerson
from importers.cpr.soap import answered
from importers.cpr.subscription import Held, filters
from protocols import xml
from sample.cpr_service.app import Service
from sample.cpr_service.misbehaviour import Misbehaviour
from sample.cpr_service.person_xml import RELATIVE
from sample.cpr_service.register import Address, CprPerson, Name, Protection, Register
from tests.importers.cpr.messages import CLIENTS, LOOKUP, SUBSCRIPTION, asked, authority, invocation, number
from tests.importers.cpr.register import ALMA, BIRK, CILLE, TODAY

DECLARED = (ServiceFault, Misconfigured, NoAnswer, UnknownNumber, UnreadableAnswer)
PERSON = CprPerson(
    ALMA,
    Name("Søren", "O'Brién-Weiß", "Åge", date(2019, 6, 1), ("+", "*", "="), "Søren Åge O'Brién-Weiß"),
    status_since=date(2020, 1, 2),
    protection=Protection(date(2026, 1, 2), date(2027, 1, 2), True),
    address=Address("Strandvejen 7", "9999", "Klitkøbing", "c/o Jensen"),
    guardianship=True,
)
SERVICE = Service(Register([PERSON]), CLIENTS, filters={ALMA, BIRK, CILLE})
EXTENDED = Service(Register([PERSON]), CLIENTS, Misbehaviour(everything=True))
ANSWERS = [
    asked(of, LOOKUP, "PersonLookupRequest", authority(), number(whose))
    for of, whose in ((SERVICE, ALMA), (EXTENDED, ALMA), (SERVICE, BIRK))
]
FILTERS = asked(SERVICE, SUBSCRIPTION, "GetAllFilters", invocation(SUBSCRIPTION))
STRANGE = st.sampled_from(["", "2026-02-30", "false", "90", BIRK, "x" * 300, "\u200b", "01-01-2026", "0"]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), max_size=12
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    """A real answer with bytes changed, cut out, doubled; an element removed, doubled, renamed, filled; or its text."""
    status, whole = draw(st.sampled_from(originals))
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        how = draw(
            st.sampled_from(["flip", "cut", "double", "end", "remove", "twice", "rename", "fill", "text", "text"])
        )
        start = draw(st.integers(0, max(0, len(content) - 1)))
        end = start + draw(st.integers(1, 60))
        if how == "flip" and content:
            content[start] = draw(st.integers(0, 255))
        elif how == "cut":
            del content[start:end]
        elif how == "double":
            content[start:start] = content[start:end]
        elif how == "end":
            del content[start:]
        else:
            content = bytearray(_reshaped(bytes(content), how, draw(st.integers(0, 60)), draw(STRANGE)))
    return draw(st.sampled_from([status, status, 200, 500])), bytes(content)


def _reshaped(content: bytes, how: str, which: int, text: str) -> bytes:
    try:
        root = xml.tree(content, len(content))
    except xml.BadXml:
        return content
    chosen = list(root.iter("*"))[which % len(list(root.iter("*")))]
    parent = chosen.getparent()
    if parent is None:
        return content
    if how == "remove":
        parent.remove(chosen)
    elif how == "twice":
        parent.append(etree.fromstring(etree.tostring(chosen, with_tail=False)))
    elif how == "rename":
        chosen.tag = f"{chosen.tag}Ny"
    elif how == "fill":
        etree.SubElement(chosen, "nyt").text = text
    else:
        chosen.text = text
    return etree.tostring(root)


def heard(status: int, content: bytes) -> etree._Element:
    """The element in the body, as it comes out of an HTTP answer."""
    return answered(status, content, "https://cpr.example")


def quiet(text: object) -> None:
    """No number is told; RELATIVE is somebody's whom nobody may look at."""
    assert not [each for each in (ALMA, BIRK, CILLE, RELATIVE) if each in str(text)]


@given(mutated(ANSWERS))
@settings(max_examples=400)
def test_a_broken_answer_is_an_error_or_all_of_it_is_taken_or_shown(told: tuple[int, bytes]) -> None:
    try:
        element = heard(*told)
        person = answer.person(element, ALMA, TODAY, addresses=True, guardianship=True)
    except DECLARED as error:
        quiet(error)
        return
    said = _said(person)
    assert [each for each in _found(element) if each not in said] == []
    mapped = to_person(person, "a uuid", None, TODAY, tied=True)
    assert mapped.statement is not None
    check(mapped.statement)
    quiet(mapped.problems)
    assert RELATIVE not in repr(mapped.statement)


def _found(element: etree._Element) -> set[str]:
    """What name, status and protection hold: texts, and names of what nobody knows."""
    texts = set()
    for path in ("{*}navn/*", "{*}status/{*}status", "{*}adressebeskyttelse/*"):
        for each in element.findall(f"{{*}}persondata/{path}"):
            name, text = xml.local(each), (each.text or "").strip()
            if name.endswith("Ny") or name == "nyt":
                texts.add(name)
            elif name == "beskyttet" and text:
                texts.add(str(text in ("true", "1")))
            elif name != "navnestartdato":
                texts.add(text.lstrip("0") if name == "status" else text)
    return texts


def _said(person: RegisteredPerson) -> str:
    name = person.name or RegisteredName()
    parts = [name.given, name.surname, name.addressing, name.marks, person.status, *person.unread]
    days = [part for each in person.protections or () for part in (each.start, each.end, each.protected)]
    return "\n".join(str(each) for each in (*parts, *days))


@pytest.mark.parametrize("foreign", ["", " ", "7101575001", "101", "Æ"])
def test_a_filter_of_others_on_no_cpr_number_hides_no_subscription(foreign: str) -> None:
    """They set it, a replacement number for example, and only they can end it."""
    answer = etree.fromstring(f"<a><PNR>1101575001</PNR><PNR>{foreign}</PNR></a>")
    assert filters(answer) == Held(frozenset({"1101575001"}), ("PNR",))


@given(mutated([FILTERS]))
@settings(max_examples=200)
def test_a_broken_list_of_filters_is_an_error_or_all_of_it_is_taken_or_shown(told: tuple[int, bytes]) -> None:
    try:
        element = heard(*told)
        held = filters(element)
    except DECLARED as error:
        quiet(error)
        return
    quiet(held)
    for each in element.iterchildren("*"):
        assert (each.text or "").strip() in held.numbers or xml.local(each) in held.others
