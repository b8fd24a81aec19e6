"""From an answer's bytes to typed values, or to an error: nothing between."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from importers.source import SourceError
from importers.unilogin import answers
from importers.unilogin.answers import Export, PersonAnswer
from importers.unilogin.errors import Unreadable
from protocols import xml
from sample.unilogin_service.app import Service
from sample.unilogin_service.export_xml import export
from sample.unilogin_service.misbehaviour import Misbehaviour
from sample.unilogin_service.state import Group, Institution, Member, State
from tests.importers.unilogin.school import BAKKE, START_OF_TEST, alma, birk, cille, teacher

EXAMPLE = (Path(__file__).parent / "examples" / "export-response.xml").read_bytes()
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def wrapped(content: bytes) -> bytes:
    declared = content.partition(b"?>")[2] if content.startswith(b"<?xml") else content
    return b'<s:Envelope xmlns:s="%s"><s:Header/><s:Body>%s</s:Body></s:Envelope>' % (SOAP.encode(), declared)


def read(content: bytes) -> Export:
    return answers.export(BytesIO(wrapped(content)), BAKKE)


def test_the_example_of_the_format_page() -> None:
    """Pitfall 12: elements of ``common``, ``common/3`` and ``fullmyndighed`` mixed."""
    told = read(EXAMPLE)
    assert (told.number, told.year, str(told.day), told.pupils) == (BAKKE, 2026, "2026-11-24", 0)
    assert told.persons == [
        PersonAnswer(
            "SkoleAdm", "4711", True, "livo417k", "Liva", "Østergaard", "1203800018", "CPR_VERIFIED", False, "", "",
            "employee", ("Lærer", "Ledelse"), "LØ", "Lærer, afdelingsleder",
        ),
        PersonAnswer(
            "SkoleAdm", "4712", True, "1000013c77", "Bo", "Lund", "6103910018", "CPR_REPLACEMENT_ID", True, "B", "L",
            "external", ("Praktikant",), "", "",
        ),
    ]  # fmt: skip
    assert "1203800018" not in repr(told)


def test_what_is_not_used_is_not_read() -> None:
    school = Institution(BAKKE, "Bakkeskolen", [alma(email="alma@privat.example", mobile="12345678")])
    content = etree.tostring(export(school, {}, Misbehaviour(), START_OF_TEST))
    assert b"privat.example" in content and b"12345678" in content
    assert all(text not in repr(read(content)) for text in ("privat.example", "12345678"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'exportDateTime="2026-11-24T06:00:00+01:00"', b'exportDateTime="yesterday"'),
        (b'exportDateTime="2026-11-24T06:00:00+01:00"', b'exportDateTime="9999-12-31T23:59:59-11:00"'),
        (b"<c:InstitutionNumber>A01234<", b"<c:InstitutionNumber>A01235<"),
        (b"<c:InstitutionName>", b"<c:InstitutionNumber>A01234</c:InstitutionNumber><c:InstitutionName>"),
        (b"UNILoginExportFullMyndighed", b"UNILoginExportFull"),
        (b"</fm:Institution>", b""),
        (b"Liva", b"\xff\xfe"),
        (b"Liva", b"&unknown;"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for(before: bytes, after: bytes) -> None:
    assert before in EXAMPLE
    with pytest.raises(Unreadable):
        read(EXAMPLE.replace(before, after))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        b'<!DOCTYPE e [<!ENTITY a "b">]><e/>',
        b'<!DOCTYPE e [<!ENTITY a "' + b"x" * 999 + b'"><!ENTITY b "' + b"&a;" * 999 + b'">]><e>&b;</e>',
        b'<!DOCTYPE e SYSTEM "file:///etc/passwd"><e/>',
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_what_is_no_answer_at_all(content: bytes) -> None:
    for reading in (answers.agreements, answers.hello, lambda body: answers.export(body, BAKKE)):
        with pytest.raises(Unreadable):
            reading(BytesIO(content))


@pytest.mark.parametrize("flag", ["true", "1", "yes", ""])
def test_protection_that_can_t_be_read_is_protection(flag: str) -> None:
    told = read(EXAMPLE.replace(b'protected="false"', b'protected="%s"' % flag.encode()))
    assert told.persons[0].protected


def test_ten_thousand_persons_are_not_held_as_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall 18: while the answer is read, the tree never has more than a few of its elements."""
    members = [teacher(f"u{place:06d}", "Liva", "Østergaard", occupation="Lærer") for place in range(10_000)]
    body = wrapped(etree.tostring(export(Institution(BAKKE, "Stor", members), {}, Misbehaviour(), START_OF_TEST)))
    held: list[int] = []
    forget = xml.drop

    def counting(element: etree._Element) -> None:
        forget(element)
        if len(held) % 100 == 0:
            held.append(sum(1 for _ in element.getroottree().iter()))
        else:
            held.append(0)

    monkeypatch.setattr(xml, "drop", counting)
    told = answers.export(BytesIO(body), BAKKE)
    assert len(told.persons) == 10_000
    assert 0 < max(held) < 2_000, f"of {body.count(b'</')} elements"


# -- fuzzing ----------------------------------------------------------------------------------------------------------


def answer_of_everything() -> bytes:
    school = Institution(
        BAKKE,
        "Bakkeskolen",
        [
            alma(roles=("Lærer", "Leder"), initials="AT", occupation="Lærer", groups=("T7",)),
            birk(protected=True, alias=("B", "P"), kind="Extern", roles=("Ekstern",)),
            cille(cpr_type="CPR_REPLACEMENT_ID"),
            Member(None, "L9"),
            Member(cille().person, "L10", "Student"),
        ],
        [Group("T7", "Team", "Team")],
    )
    return wrapped(etree.tostring(export(school, {}, Misbehaviour(), START_OF_TEST)))


WHOLE = answer_of_everything()
FAULT = bytes(Service(State()).answer(b"<no/>").body)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real answer with bytes changed, cut out, doubled; an element removed or doubled; texts swapped."""
    content = bytearray(draw(st.sampled_from([WHOLE, FAULT])))
    for _ in range(draw(st.integers(1, 4))):
        how = draw(st.sampled_from(["flip", "cut", "double", "element", "twice", "text", "end"]))
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
            content = bytearray(_reshaped(bytes(content), how, draw(st.integers(0, 200)), draw(st.text(max_size=12))))
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
    else:
        chosen.text = "".join(letter for letter in text if letter.isprintable())
    return etree.tostring(root)


@given(mutated())
@settings(max_examples=600)
def test_a_broken_answer_is_an_error_or_complete(content: bytes) -> None:
    """Only SourceError comes out; and where it is taken, every person element of it is a person or a counted pupil."""
    for reading in (answers.agreements, answers.hello):
        try:
            reading(BytesIO(content))
        except SourceError:
            continue
    try:
        told = answers.export(BytesIO(content), BAKKE)
    except SourceError:
        return
    root = xml.tree(content, len(content))
    path = "{*}Body/{*}eksporterXmlFuldMyndighedResponse/{*}xml/{*}UNILoginExportFullMyndighed/{*}Institution/"
    assert len(told.persons) + told.pupils == len(root.findall(path + "{*}InstitutionPerson"))
    assert told.number in (None, BAKKE)
