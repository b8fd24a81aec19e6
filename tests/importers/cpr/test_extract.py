"""Files of changes as bytes: what is read, what is refused, what is told by line (no graph)."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importers.cpr.errors import BadFile
from importers.cpr.extract import MOST_LINES, Extract, read
from sample.cpr_service.files import ended, extract, rejected
from sample.cpr_service.register import Address, CprPerson, Name, Protection
from tests.importers.cpr.register import ALMA, BIRK, NEW_ALMA

DAY, BEFORE = date(2026, 11, 24), date(2026, 11, 23)
WHOLE = "Søren Åge Østergaard Holm Nørgård Sen"
SOREN = CprPerson(
    ALMA,
    Name("Søren", "Holm Nørgård", "Åge Østergaard", date(2019, 6, 1), ("", "", "*"), WHOLE),
    ALMA,
    address=Address("Strandvejen 7", "9999", "Klitkøbing", "c/o Jensen"),
    protection=Protection(date(2026, 1, 1), date(2027, 1, 1)),
)
GOOD = extract([SOREN, replace(SOREN, number=BIRK, current=BIRK, protection=None)], DAY, BEFORE)


def told(content: bytes, *, addresses: bool = True) -> Extract:
    return read(content, "lines", addresses=addresses)


def changed(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_pitfall_05_a_file_tells_the_whole_of_each_person() -> None:
    """Pitfall 5: the addressing name is cut at 34 characters; pitfall 6: ISO-8859-1."""
    found = told(GOOD)
    assert (found.produced, found.previous, found.doubts) == (DAY, BEFORE, ())
    soren, birk = (each.registered for each in found.persons)
    assert soren.name is not None
    assert (soren.name.given, soren.name.surname) == ("Søren Åge Østergaard", "Holm Nørgård")
    assert soren.name.addressing == WHOLE[:34].strip()
    assert (soren.name.since, soren.name.marks) == (date(2019, 6, 1), "*")
    assert soren.status == "1"  # pitfall 2: 01 in files
    assert soren.protections is not None
    assert [each.period(DAY) for each in soren.protections] != []
    assert birk.protections == ()  # a missing 0001 is no protection
    assert soren.address is not None
    assert (soren.address.street, soren.address.city) == ("Strandvejen 7", "Klitkøbing")
    assert found.persons[0].events == ("A01",)


def test_addresses_are_not_read_unless_asked_for() -> None:
    assert all(each.registered.address is None for each in told(GOOD, addresses=False).persons)


def test_pitfall_06_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(BadFile, match="UTF-8") as refused:
        told(GOOD.decode("iso-8859-1").encode())
    assert refused.value.rule == "wrong_encoding"


def test_pitfall_16_a_line_that_is_too_short_costs_its_person_and_no_other() -> None:
    lines = GOOD.split(b"\r\n")
    lines[4] = lines[4][:30]
    found = told(b"\r\n".join(lines))
    assert [each.registered.number for each in found.persons] == [BIRK]
    (doubt,) = found.doubts
    assert (doubt.line, doubt.rule, doubt.number) == (5, "short_line", ALMA)
    assert ALMA not in doubt.text


def test_a_line_whose_person_cannot_be_read_may_be_anybodys() -> None:
    """A protection (record 004) that lost its number would look as if it were over."""
    protection = next(each for each in GOOD.split(b"\r\n") if each.startswith(b"004"))
    found = told(changed(protection, protection[:3] + b"??????????" + protection[13:]))
    assert found.persons == ()
    assert {(each.rule, each.number) for each in found.doubts} == {
        ("no_number", ""),
        ("line_without_person", ALMA),
        ("line_without_person", BIRK),
    }


def test_a_line_of_no_type_costs_its_person() -> None:
    protection = next(each for each in GOOD.split(b"\r\n") if each.startswith(b"004"))
    found = told(changed(protection, b"0O4" + protection[3:]))
    assert [each.registered.number for each in found.persons] == [BIRK]
    assert [(each.rule, each.number) for each in found.doubts] == [("unknown_record", ALMA)]


def test_a_middle_name_alone_is_no_given_name() -> None:
    name = next(each for each in GOOD.split(b"\r\n") if each.startswith(b"008"))
    found = told(changed(name, name[:13] + b" " * 50 + name[63:]))
    first = found.persons[0].registered.name
    assert first is not None
    assert (first.given, first.surname) == (None, "Holm Nørgård")


def test_a_file_of_too_many_lines_is_refused_before_it_is_split() -> None:
    with pytest.raises(BadFile, match="more than"):
        told(b"\n" * (MOST_LINES + 1))


def test_pitfall_16_longer_lines_are_new_fields() -> None:
    assert told(GOOD.replace(b"\r\n", b"  new fields\r\n")) == told(GOOD)


@pytest.mark.parametrize(
    ("old", "new"), [(b"00000013", b"00000012"), (b"00000013", b"0000013x"), (b"00000013", b"        ")]
)
def test_pitfall_17_a_wrong_counter_refuses_the_file(old: bytes, new: bytes) -> None:
    with pytest.raises(BadFile) as refused:
        told(changed(old, new))
    assert refused.value.rule == "wrong_counter"


def test_the_counter_may_count_persons() -> None:
    assert len(read(changed(b"00000013", b"00000002"), "persons", addresses=False).persons) == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", GOOD[:-25], GOOD[40:], GOOD + GOOD, b"999"])
def test_a_file_that_is_cut_off_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile) as refused:
        told(content)
    assert refused.value.rule == "cut_off"


def test_pitfall_18_errors_and_deleted_subscriptions_are_reported() -> None:
    found = told(extract([], DAY, None, rejected(ALMA, "0042", "Fejl i nøgle"), ended(BIRK, "X01")))
    assert [(each.rule, each.number) for each in found.doubts] == [("rejected", ALMA), ("subscription_deleted", BIRK)]
    assert "0042: Fejl i nøgle" in found.doubts[0].text
    assert ALMA not in found.doubts[0].text


@pytest.mark.parametrize("key", ["", "0000000000", "01019"])
def test_pitfall_18_a_rejected_key_that_is_no_number_is_nobody_elses_line(key: str) -> None:
    found = told(extract([SOREN], DAY, BEFORE, rejected(key, "0042", "Fejl i nøgle"), ended(key, "X01")))
    assert [each.registered.number for each in found.persons] == [SOREN.number]
    assert [(each.rule, each.number) for each in found.doubts] == [("rejected", ""), ("subscription_deleted", "")]
    assert "0042: Fejl i nøgle" in found.doubts[0].text


def test_former_numbers_and_the_current_one() -> None:
    person = replace(SOREN, number=NEW_ALMA, current=NEW_ALMA, formers=((ALMA, None, date(2026, 11, 1)),))
    (found,) = told(extract([person], DAY, BEFORE)).persons
    assert [(each.number, each.end) for each in found.registered.formers] == [(ALMA, date(2026, 11, 1))]


@settings(max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=12), st.integers(0, 300))
def test_fuzz_a_spoiled_file_is_read_refused_or_told_by_line(at: int, put: bytes, cut: int) -> None:
    """No crash, and nobody disappears without a word: each person is told, doubted, or the file refused."""
    spoiled = GOOD[:at] + put + GOOD[at + cut :]
    try:
        found = told(spoiled)
    except BadFile as refused:
        assert ALMA not in str(refused)
        return
    heard = {each.registered.number for each in found.persons} | {each.number for each in found.doubts}
    assert all(ALMA not in each.text and BIRK not in each.text for each in found.doubts)
    lines = spoiled.decode("iso-8859-1").split("\n")
    named = {line[3:13] for line in lines if line[:3] in ("001", "003", "004", "008", "099")}
    assert all(each in heard or not (each.isascii() and each.isdecimal() and len(each) == 10) for each in named)


@settings(max_examples=50)
@given(st.binary(max_size=400))
def test_fuzz_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadFile):
        told(content)
