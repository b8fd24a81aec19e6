"""One form for every text: composed letters, folded blanks, no controls, no CPR numbers in words."""

import re
from importlib.resources import files

import pytest

from graph.collation import caption
from graph.errors import ChangeRejected
from graph.model import INDEXED, KINDS
from graph.runs.problems import problem_id
from graph.statements.merge import check
from graph.statements.normal_text import by_hand, has_controls, normal, of_source
from graph.statements.rights_check import refuse_blank_items
from graph.statements.statement import DatedLink, DatedValue, Problem, Ref, Statement
from graph.time import Period
from tests.graph.organisation import START, told


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("A\u030aben", "Åben"),
        ("  Aaben\u00a0\u00a0skole\t", "Aaben skole"),
        ("Vej 1\nsal 2", "Vej 1 sal 2"),
        ("Skole\u2028bakken", "Skole bakken"),
        ("Skole\u0085bakken", "Skole bakken"),
        ("Skole\u0007n\ufeff", "Skolen"),
        ("Sko\u200ble\u202e", "Skole"),
        (" \u2028\u0085 ", ""),
        ("Ærø", "Ærø"),
        (" \u3164\u115f\u2800 ", ""),
    ],
)
def test_the_form_that_is_kept(written: str, kept: str) -> None:
    assert normal(written) == kept
    assert normal(kept) == kept


def test_a_source_is_told_what_was_taken_out() -> None:
    stated = Statement(
        "Unit",
        "u",
        values={
            "name": told("Skole\u2028bakken"),
            "short_name": told("A\u030a  B"),
            "status": told(" \n "),
            "tags": told((" a ", "b\u0007")),
            "p_number": told("1003456789"),
        },
        links={"performs": (DatedLink(Period(), Ref("KleNode", " 27.12", "natural")),)},
    )
    kept, problems = of_source(stated)
    assert kept.values == {
        "name": told("Skole bakken"),
        "short_name": told("Å B"),
        "status": (),
        "tags": told(("a", "b")),
        "p_number": told("1003456789"),
    }
    assert kept.links["performs"][0].to.key == "27.12"
    assert sorted((each.field, each.rule, each.severity) for each in problems) == [
        ("name", "control_characters", "notice"),
        ("tags", "control_characters", "notice"),
    ]
    assert of_source(kept) == (kept, ())


def test_what_is_only_written_otherwise_is_not_told_twice() -> None:
    day = Period(START).start.replace(year=2024)
    stated = Statement(
        "Unit", "u", values={"name": (DatedValue(Period(START, day), "Å"), DatedValue(Period(day), "A\u030a"))}
    )
    assert of_source(stated)[0].values["name"] == (DatedValue(Period(START), "Å"),)


@pytest.mark.parametrize("number", ["0202575002", "020257-5002", "02 02 57 5002"])
def test_a_cpr_number_in_words_is_taken_out_of_a_source_and_refused_by_hand(number: str) -> None:
    stated = Statement("Employment", "e", values={"title": told(f"Vikar for {number}"), "number": told(number)})
    kept, (problem,) = of_source(stated)
    assert kept.values == {"title": told("Vikar for XXXXXX-XXXX"), "number": told(number)}
    assert (problem.field, problem.rule) == ("title", "cpr_in_text")
    with pytest.raises(ChangeRejected, match="write the person's name or uuid") as refused:
        by_hand(stated, Statement("Employment", "e"))
    assert (refused.value.code, refused.value.field) == ("cpr_in_text", "title")
    assert number not in str(refused.value) + problem.text
    assert by_hand(stated, stated) == stated, "what was stated before is not in the way of something else"


def test_a_cpr_number_is_taken_out_of_each_text_of_a_list() -> None:
    levels = told(("01 Anviser", "02 Vikar for 020257-5002"))
    kept, (problem,) = of_source(Statement("Employment", "e", values={"invoice_levels": levels}))
    assert kept.values == {"invoice_levels": told(("01 Anviser", "02 Vikar for XXXXXX-XXXX"))}
    assert (problem.field, problem.rule) == ("invoice_levels", "cpr_in_text")
    assert of_source(kept) == (kept, ())


@pytest.mark.parametrize("letter", ["\u2028", "\u0085", "\x00", "\x1b", "\u200b"])
def test_what_is_no_letter_is_refused_by_hand(letter: str) -> None:
    assert has_controls(letter)
    with pytest.raises(ChangeRejected, match="not letters"):
        by_hand(Statement("Unit", "u", values={"name": told(f"A{letter}B")}), Statement("Unit", "u"))


def test_a_text_longer_than_an_index_holds_is_refused_for_its_record_only() -> None:
    check(Statement("Unit", "u" * 1000, values={"name": told("Å" * 1000), "tags": told(("t" * 5000,))}))
    for long in (Statement("Unit", "u", values={"name": told("n" * 1001)}), Statement("Unit", "u" * 1001)):
        with pytest.raises(ChangeRejected) as refused:
            check(long)
        assert refused.value.code == "too_long"


@pytest.mark.whole
def test_every_text_that_is_indexed_has_a_longest_form() -> None:
    """Neo4j refuses to write a longer one, and the run stops."""
    indexed = {
        (label, name.strip().removeprefix("n."))
        for each in files("graph.migrations").iterdir()
        if each.name.endswith(".cypher")
        for label, names in re.findall(
            r"FOR \(n:(\w+)\) (?:ON|REQUIRE) \(?([^;)]*?)(?: IS UNIQUE|\))", each.read_text()
        )
        for name in names.split(",")
    }
    assert ("Unit", "name") in indexed and ("Role", "key") in indexed
    named = {(kind.name, each.name) for kind in KINDS.values() for each in kind.properties if each.type == "text"}
    assert {name for _, name in indexed & named} | {caption(kind) for kind in KINDS} - {""} <= INDEXED


def test_a_notice_tells_of_a_number_that_stands_there_once_blanks_are_folded() -> None:
    kept, notices = of_source(Statement("Person", "p", values={"name": told("Ib 010190\u0007\u00a01234")}))
    assert kept.values == {"name": told("Ib XXXXXX-XXXX")}
    assert {each.rule for each in notices} == {"control_characters", "cpr_in_text"}


def test_a_problem_of_a_record_whose_key_is_too_long_can_be_kept() -> None:
    one, other = (problem_id("facts", Problem("Person", "Å" * 9000 + end, "key", "too_long", "")) for end in "ab")
    assert one != other
    assert len(one.encode()) < 8000


@pytest.mark.parametrize("kind", ["Unit", "NamePolicy", "ConstraintType"])
def test_a_list_with_a_blank_item_is_refused_by_hand(kind: str) -> None:
    name = {"Unit": "tags", "NamePolicy": "login_patterns", "ConstraintType": "values"}[kind]
    for value in (("",), ("a", " \u2800 "), ("  ",)):
        stated = Statement(kind, "k", values={name: told(value)})
        with pytest.raises(ChangeRejected, match=f"{name}: an item of the list is blank"):
            by_hand(stated, Statement(kind, "k"))


def test_a_rule_with_a_blank_item_is_no_wider_rule_of_a_source() -> None:
    for kind, name in (("ConstraintType", "values"), ("ConstraintSetting", "fixed"), ("NamePolicy", "forbidden")):
        with pytest.raises(ChangeRejected, match=name):
            refuse_blank_items(Statement(kind, "k", values={name: told(("a", "  "))}))
    refuse_blank_items(Statement("NamePolicy", "k", values={"forbidden": told(("a", "b"))}))
    refuse_blank_items(Statement("Person", "k", values={"school_roles": told(("",))}))


def test_a_problem_quotes_no_cpr_number() -> None:
    for number in ("0101901234", "010190-1234", "01 01 90 1234"):
        problem = Problem("Person", "k", "cpr", "reference", f"{{'cpr': '{number}'}} is not the id of a Person")
        assert number not in problem.text and "XXXXXX-XXXX" in problem.text
    uuid = "0f010190-1234-4a00-9200-0000012c0001"
    assert Problem("Unit", "k", "", "no_parent", f"of {uuid}").text == f"of {uuid}"


@pytest.mark.parametrize("name", ["case_number", "common_name", "email"])
def test_words_that_every_reader_sees_hold_no_cpr_number(name: str) -> None:
    kind = "Grant" if name == "case_number" else "PlannedAccount"
    with pytest.raises(ChangeRejected, match="CPR number"):
        by_hand(Statement(kind, "k", values={name: told("010190-1234")}), Statement(kind, "k"))
