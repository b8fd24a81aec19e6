"""Who is who, and what is stated of them (unilogin.md §5; numbers of §8's pitfalls in the docstrings)."""

from dataclasses import replace

import pytest

from graph.identity.matching import decide
from graph.statements.statement import Statement
from importers.pipeline.import_run import run_import
from sample.unilogin_service.state import Group
from tests.graph.organisation import employment, person
from tests.importers.unilogin.school import ALMA, BAKKE, RING, STRAND, Schools, alma, birk, cille, payroll, teacher


def test_a_teacher_in_two_schools_leaves_one(schools: Schools) -> None:
    """Pitfall 1: one person, one account, two affiliations; leaving one school keeps the account."""
    schools.strand.agreed = True
    schools.bakke.members = [cille(), alma()]
    schools.strand.members = [cille(local="other"), birk()]
    schools.run()
    assert schools.accounts()[2] == ("cill226q", "Cille Eksempel", [STRAND, BAKKE], None)
    assert [each[:2] for each in schools.affiliations()] == [
        ("Birk Prøvesen", "Strand"),
        ("Cille Eksempel", "Bakke"),
        ("Cille Eksempel", "Strand"),
    ]
    schools.bakke.leave("cill226q")
    schools.later().run()
    assert schools.accounts()[2] == ("cill226q", "Cille Eksempel", [STRAND], None)
    assert [each[:2] for each in schools.affiliations()] == [("Birk Prøvesen", "Strand"), ("Cille Eksempel", "Strand")]
    assert len(schools.persons()) == 3


def test_the_same_local_id_in_two_institutions(schools: Schools) -> None:
    """Pitfall 2: two different people."""
    schools.strand.agreed = True
    schools.bakke.members = [alma(local="4711")]
    schools.strand.members = [cille(local="4711")]
    schools.run()
    assert [each[:2] for each in schools.accounts()] == [("alma417k", "Alma Testrup"), ("cill226q", "Cille Eksempel")]


def test_the_institutions_system_is_replaced(schools: Schools) -> None:
    """Pitfall 3: all local ids and the source are new, the UserIds the same: nobody ends, nobody is new."""
    schools.bakke.members = [alma(), birk(), cille()]
    schools.run()
    schools.bakke.new_system("NyAdm")
    assert schools.later().run().as_counts() == {}


def test_institution_numbers_are_text(schools: Schools) -> None:
    """Pitfall 4: with a letter, with a leading zero."""
    schools.strand.agreed = True
    schools.strand.members = [cille()]
    schools.bakke.members = [alma()]
    schools.run()
    assert [each[2] for each in schools.accounts()] == [["A01234"], ["012345"]]


def test_a_cpr_number_is_text_and_a_replacement_number_matches_nobody(schools: Schools) -> None:
    """Pitfall 5: ``0202…`` keeps its zero; a replacement number that equals payroll's is not matched with it."""
    schools.bakke.members = [
        birk(),
        teacher("else111a", "Else", "Ukendt", ALMA, cpr_type="CPR_REPLACEMENT_ID"),
    ]
    schools.run()
    assert schools.accounts() == [("1000013b36", "Birk Prøvesen", [BAKKE], None)]
    assert ("user:else111a", "match", "ambiguous_match") in schools.problems()
    assert schools.rows("MATCH (a:Ambiguity) RETURN a.id, a.candidates") == [("unilogin|Person|user:else111a", [])]


@pytest.mark.parametrize("kind", ["CPR_UNVERIFIED", "CPR_REPLACEMENT_ID", "CPR_UNKNOWN_TYPE", None])
def test_without_a_decision_no_person_is_created(schools: Schools, kind: str | None) -> None:
    schools.bakke.members = [alma(), teacher("else111a", "Else", "Ukendt", "0512575005", cpr_type=kind)]
    schools.run()
    assert schools.persons() == ["Alma Testrup", "Birk Prøvesen", "Cille Eksempel"]
    decide(schools.driver, "unilogin|Person|user:else111a", None, "hanne", "a guest from the neighbours")
    schools.later().run()
    assert schools.persons() == ["Alma Testrup", "Birk Prøvesen", "Cille Eksempel", "Else Ukendt"]
    assert schools.accounts()[1] == ("else111a", "Else Ukendt", [BAKKE], None)
    assert schools.affiliations() == [("Else Ukendt", "Bakke", "school staff", ["Lærer"])]
    assert schools.problems() == []


def test_candidates_are_found_by_name_and_by_an_unverified_number(schools: Schools) -> None:
    schools.bakke.members = [
        teacher("aaaa1111", "alma", "testrup", cpr_type=None),
        teacher("bbbb2222", "Else", "Ukendt", ALMA, cpr_type="CPR_UNVERIFIED"),
    ]
    schools.run()
    found = schools.rows("MATCH (p:Person {name: 'Alma Testrup'}) RETURN p.uuid")[0][0]
    assert schools.rows("MATCH (a:Ambiguity) RETURN a.candidates") == [([found],), ([found],)]
    decide(schools.driver, "unilogin|Person|user:aaaa1111", str(found), "hanne", "it is her")
    schools.later().run()
    assert schools.accounts() == [("aaaa1111", "Alma Testrup", [BAKKE], None)]
    assert schools.employment("e-alma")[0] == ["Lærer"]


def test_a_login_that_is_known_needs_no_number(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    schools.run()
    schools.bakke.members = [alma(cpr="", cpr_type=None, roles=("Konsulent",))]
    schools.later().run()
    assert schools.problems() == []
    assert schools.employment("e-alma")[0] == ["Konsulent"]


def test_records_without_person_and_without_role(schools: Schools) -> None:
    """Pitfall 6: reported and skipped, and the rest goes on; who is known and has no role stays as known."""
    schools.bakke.members = [alma(), cille()]
    schools.run()
    schools.bakke.members = [alma(), cille(kind=""), replace(alma(local="L9"), person=None), birk()]
    schools.later().run()
    assert schools.problems() == [(BAKKE, "SkoleAdm/L9", "no_person"), (BAKKE, "cill226q", "no_role")]
    assert [each[0] for each in schools.accounts()] == ["1000013b36", "alma417k", "cill226q"]
    assert [each[0] for each in schools.affiliations()] == ["Cille Eksempel"]
    schools.bakke.members = [alma(), cille(), birk()]
    schools.later().run()
    assert schools.problems() == []


def test_an_unknown_role_and_group_type(schools: Schools) -> None:
    """Pitfall 7: the fact is kept as text and reported."""
    schools.bakke.members = [alma(roles=("Lærer", "Skovvogter")), cille(kind="Extern", roles=("Gæst",))]
    schools.bakke.groups = [Group("K1", "Klubben", "Klub")]
    schools.wrong.unchecked = True
    schools.run()
    assert schools.employment("e-alma")[0] == ["Lærer", "Skovvogter"]
    assert schools.affiliations() == [("Cille Eksempel", "Bakke", "external", ["Gæst"])]
    assert [each[1:] for each in schools.problems()] == [
        ("Klub", "unknown_group_type"),
        ("alma417k", "unknown_role"),
        ("cill226q", "unknown_role"),
    ]


def test_a_substitute_alone_is_an_affiliation(schools: Schools) -> None:
    """Pitfall 8: STIL makes no employment."""
    before = schools.rows("MATCH (e:Employment) RETURN count(e)")
    schools.bakke.members = [cille(roles=("Vikar",))]
    schools.run()
    assert schools.affiliations() == [("Cille Eksempel", "Bakke", "school staff", ["Vikar"])]
    assert schools.rows("MATCH (e:Employment) RETURN count(e)") == before


def test_payrolls_employment_begins_and_ends(schools: Schools) -> None:
    """The facts move from the affiliation to the employment and back; STIL ends no employment."""
    schools.bakke.members = [cille(initials="CE")]
    schools.run()
    assert len(schools.affiliations()) == 1
    run_import(schools.driver, payroll(employment("e-cille-2", "cille", "classes")), RING)
    schools.later().run()
    assert schools.affiliations() == []
    assert schools.employment("e-cille-2") == (["Lærer"], "CE", None)
    schools.bakke.leave("cill226q")
    schools.bakke.members = [alma()]
    schools.later().run(least_share=0)
    assert schools.employment("e-cille-2") == (None, None, None)
    assert schools.rows("MATCH (e:Employment {number: 'e-cille-2'}) RETURN e.active") == [(True,)]
    schools.bakke.members = [alma(), cille(initials="CE")]
    schools.later().run()
    ended = Statement("Employment", "e-cille-2", exists=())
    run_import(schools.driver, payroll(ended), RING)
    schools.later().run()
    assert [each[0] for each in schools.affiliations()] == ["Cille Eksempel"]


def test_two_userids_in_one_export_for_one_person(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    schools.run()
    schools.bakke.members = [alma(), teacher("second22", "Alma", "Testrup", ALMA)]
    schools.later().run()
    assert [each[0] for each in schools.accounts()] == ["alma417k"]
    assert {each[2] for each in schools.problems()} == {"two_user_ids"}


def test_the_userid_changes(schools: Schools) -> None:
    """Pitfall 15: with a verified number the old login is an earlier value of the same account …"""
    schools.bakke.members = [cille(), alma()]
    schools.run()
    schools.bakke.change("cill226q", user="1000099c01")
    schools.later().run()
    assert schools.accounts()[0] == ("1000099c01", "Cille Eksempel", [BAKKE], None)
    logins = schools.rows(
        "MATCH (:Person {name: 'Cille Eksempel'})-[:OWNS]->(a)-[s:STATE]->(x) "
        "RETURN DISTINCT x.login, toString(s.from) ORDER BY toString(s.from)"
    )
    assert logins == [("cill226q", "2026-11-24"), ("1000099c01", "2026-11-25")]


def test_the_userid_changes_and_the_number_is_not_verified(schools: Schools) -> None:
    """Pitfall 15: … otherwise somebody decides, and then it is the same account too."""
    schools.bakke.members = [cille(), alma()]
    schools.run()
    schools.bakke.change("cill226q", user="1000099c01", cpr_type="CPR_UNVERIFIED")
    schools.later().run()
    assert ("user:1000099c01", "match", "ambiguous_match") in schools.problems()
    assert schools.accounts()[1] == ("cill226q", "Cille Eksempel", None, "2027-02-23")
    uuid = schools.rows("MATCH (p:Person {name: 'Cille Eksempel'}) RETURN p.uuid")[0][0]
    decide(schools.driver, "unilogin|Person|user:1000099c01", str(uuid), "hanne", "it is her new login")
    schools.later().run()
    assert schools.accounts()[0] == ("1000099c01", "Cille Eksempel", [BAKKE], None)
    assert len(schools.accounts()) == 2


def test_two_people_with_one_userid(schools: Schools) -> None:
    """Pitfall 16: both to the list, neither is taken; who was known stays as known."""
    schools.bakke.members = [cille(), alma(), birk()]
    schools.run()
    schools.bakke.members = [cille(roles=("TAP",)), birk(user="cill226q"), alma()]
    schools.later().run()
    assert schools.problems() == [(BAKKE, "cill226q", "same_user_id")]
    assert schools.affiliations() == [("Cille Eksempel", "Bakke", "school staff", ["Lærer"])]
    assert [each[2] for each in schools.accounts()] == [[BAKKE]] * 3


def test_one_person_in_two_records(schools: Schools) -> None:
    schools.bakke.members = [cille(roles=("Lærer",)), cille(roles=("TAP",), source="Other")]
    schools.run()
    assert schools.affiliations() == [("Cille Eksempel", "Bakke", "school staff", ["Lærer", "TAP"])]
    assert schools.problems() == []


def test_a_userid_that_comes_with_another_verified_number(schools: Schools) -> None:
    schools.bakke.members = [cille(), alma()]
    schools.run()
    schools.bakke.members = [birk(user="cill226q"), alma()]
    schools.later().run()
    assert schools.problems() == [(BAKKE, "cill226q", "user_id_of_another")]
    assert schools.accounts()[1] == ("cill226q", "Cille Eksempel", [BAKKE], None)


@pytest.mark.parametrize("number", ["010157500", "abcdefghij", "01015750011"])
def test_a_verified_number_that_is_invalid(schools: Schools, number: str) -> None:
    schools.bakke.members = [alma(), teacher("else111a", "Else", "Ukendt", number)]
    schools.wrong.unchecked = True
    schools.run()
    assert (BAKKE, "else111a", "wrong_cpr") in schools.problems()
    assert "Else Ukendt" not in schools.persons()


def test_a_number_is_one_however_it_is_written(schools: Schools) -> None:
    schools.bakke.members = [teacher("alma417k", "Alma", "Testrup", f"{ALMA[:6]}-{ALMA[6:]}")]
    schools.wrong.unchecked = True
    schools.run()
    assert schools.problems() == []
    assert [each[1] for each in schools.accounts()] == ["Alma Testrup"]


def test_groups_without_dates_and_ids_that_no_group_has(schools: Schools) -> None:
    """Pitfall 19: ignored."""
    schools.bakke.members = [alma(groups=("T7", "nowhere"))]
    schools.run()
    assert schools.problems() == []


# -- protection ---------------------------------------------------------------------------------------------------


def protected(schools: Schools) -> list[tuple[object, ...]]:
    return schools.rows(
        """
        MATCH (p:Person {name: 'Cille Eksempel'})-[s:STATE]->(x)
        WHERE s.from <= $day AND (s.to IS NULL OR s.to > $day)
        RETURN x.address_protected, x.alias_given_name, x.alias_surname
        """
    )


@pytest.mark.parametrize("alias", [None, ("C", "E")])
def test_protection_with_and_without_alias_and_lifted(schools: Schools, alias: tuple[str, str] | None) -> None:
    """Pitfall 11."""
    schools.bakke.members = [cille(protected=True, alias=alias), alma()]
    schools.run()
    assert protected(schools) == [(True, *(alias or (None, None)))]
    schools.bakke.change("cill226q", protected=False, alias=None)
    schools.later().run()
    assert protected(schools) == [(None, None, None)]


def test_protection_is_not_lifted_by_leaving_the_last_school(schools: Schools) -> None:
    schools.strand.agreed = True
    schools.bakke.members = [cille(protected=True), alma(), birk()]
    schools.strand.members = [cille(protected=True), birk()]
    schools.run()
    schools.strand.leave("cill226q")
    schools.later().run()
    schools.bakke.leave("cill226q")
    schools.later().run()
    assert protected(schools) == [(True, None, None)]


def test_payrolls_name_wins(schools: Schools) -> None:
    schools.bakke.members = [alma(given_name="Almira")]
    run_import(schools.driver, payroll(person("extra", "Extra")), RING)
    schools.run()
    assert "Alma Testrup" in schools.persons()


def test_missing_people_stay_while_more_records_are_unmatched(schools: Schools) -> None:
    """A record that has lost its Person is there, and may be anybody's."""
    schools.bakke.members = [alma(), birk(), replace(cille(), person=None)]
    schools.run()
    schools.bakke.members = [alma(), replace(birk(), person=None), replace(cille(), person=None)]
    for _ in range(2):
        report = schools.later().run()
        assert "may_be_there" in [each.rule for each in report.problems]
        assert {each[0] for each in schools.accounts() if each[2]} == {"alma417k", "1000013b36"}
    schools.bakke.members = [alma(), replace(cille(), person=None)]
    schools.later().run()
    assert [each[0] for each in schools.accounts() if each[2]] == ["alma417k"]


def test_names_and_roles_that_are_not_sent_stay(schools: Schools) -> None:
    schools.bakke.members = [alma()]
    schools.run()
    before = schools.persons()
    nameless = replace(alma(), person=replace(alma().person, given_name=""), roles=())  # type: ignore[type-var]
    schools.bakke.members = [nameless]
    assert schools.later().run().changes == 0
    assert schools.persons() == before
