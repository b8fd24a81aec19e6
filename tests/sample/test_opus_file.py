"""The sample's Opus files are as payroll's (opus.md §1 to §4)."""

import re
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from sample import write_opus, write_opus_days
from sample.municipality import Municipality
from sample.opus_file import write_file

TODAY = date(2026, 11, 24)
UNIT = """
    startDate endDate parentOrgUnit shortName longName street zipCode city phoneNumber cvrNr eanNr seNr pNr
    costCenter orgType orgTypeTxt
"""
EMPLOYEE = """
    entryDate leaveDate cpr firstName lastName address postalCode city country workPhone workContract
    workContractText positionId position positionShort isManager superiorLevel subordinateLevel orgUnit email
    userId payGradeText numerator denominator initialEntry entryIntoGroup function
"""


@pytest.fixture(scope="module")
def municipality() -> Municipality:
    return Municipality("S", 42, TODAY)


@pytest.fixture(scope="module")
def root(municipality: Municipality, tmp_path_factory: pytest.TempPathFactory) -> etree._Element:
    path = write_file(municipality, tmp_path_factory.mktemp("opus"))
    return etree.parse(str(path)).getroot()


def test_the_name_tells_the_time(tmp_path: Path) -> None:
    assert write_opus(tmp_path, "XS", 1, TODAY).name == "ZLPE20261124224100_delta.xml"


def test_units_come_first_and_the_root_has_no_parent(root: etree._Element) -> None:
    assert root.tag == "kmd" and not root.attrib
    tags = [each.tag for each in root]
    assert tags == sorted(tags, reverse=True)
    assert [unit.get("id") for unit in root.iterfind("orgUnit") if not unit.findtext("parentOrgUnit")] == ["1000"]


@pytest.mark.parametrize(("tag", "order"), [("orgUnit", UNIT), ("employee", EMPLOYEE)])
def test_elements_are_known_and_in_schema_order(root: etree._Element, tag: str, order: str) -> None:
    for record in root.iterfind(tag):
        places = [order.split().index(str(child.tag)) for child in record]
        assert places == sorted(set(places))


def test_live_ones_are_told_whole_and_left_ones_as_stubs(root: etree._Element, municipality: Municipality) -> None:
    live = {each.get("id"): each for each in root.iterfind("employee") if each.get("action") is None}
    stubs = {each.get("id"): each for each in root.iterfind("employee") if each.get("action") == "leave"}
    expected = {str(each.number) for each in municipality.employments() if each.spell(TODAY) is not None}
    assert set(live) == expected
    assert all(len(stub) == 0 and stub.get("lastChanged") is None for stub in stubs.values())
    assert len(live) + len(stubs) == sum(1 for _ in municipality.employments())
    units = {unit.get("id") for unit in root.iterfind("orgUnit")}
    assert {each.findtext("orgUnit") for each in live.values()} <= units


def test_protected_people_have_no_address(root: etree._Element) -> None:
    protected = root.findall("employee/address[@protected='true']")
    assert protected
    assert all(not address.text for address in protected)


def test_a_known_end_is_the_last_day(root: etree._Element, municipality: Municipality) -> None:
    ends = {
        str(each.number): spell.end
        for each in municipality.employments()
        if (spell := each.spell(TODAY)) is not None and spell.end is not None
    }
    assert ends
    for each in root.iterfind("employee"):
        if each.get("id") in ends:
            told, end = each.findtext("leaveDate"), ends[str(each.get("id"))]
            assert told is not None and (end - date.fromisoformat(told)).days == 1


def test_hours_are_decimal(root: etree._Element) -> None:
    assert all(re.fullmatch(r"\d{1,2}\.\d{3}", text.text or "") for text in root.iterfind("employee/numerator"))


def test_a_series_has_one_file_a_working_day(tmp_path: Path) -> None:
    paths = write_opus_days(tmp_path, 6, "XS", 42, TODAY)
    days = [path.name[4:12] for path in paths]
    assert days == ["20261124", "20261125", "20261126", "20261127", "20261130", "20261201", "20261202"]
    assert len({path.read_bytes() for path in paths}) == len(paths)
    assert sorted(tmp_path.iterdir()) == paths


def test_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    one, other = (write_opus_days(tmp_path / name, 3, "XS", 5, TODAY) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
