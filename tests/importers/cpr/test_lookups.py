"""Lookups (SF1520) from the stand-in into the graph: whom, how it is logged, and what becomes of the answers."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from neo4j.exceptions import ServiceUnavailable

from graph.change_log import Origin
from graph.corrections.distinct_persons import mark_as_different
from graph.corrections.possible_duplicates import PossibleDuplicate, possible_duplicates
from graph.runs.problems import kept_problems
from graph.statements.statement import DatedValue
from graph.time import Period
from importers.cpr import asking, soap
from importers.cpr.errors import LogUnwritable, Misconfigured, NoAnswer
from importers.cpr.lookup import Entry
from sample.certificates import Authority
from sample.cpr_service.register import Address, Name
from tests.graph.organisation import employment, person
from tests.graph.snapshot import last_write
from tests.importers.cpr.register import AGREEMENT, ALMA, BIRK, CILLE, DORTE, EGON, NEW_ALMA, NEWEST_ALMA, RING, Office

HOME = {"street": "Strandvejen 7, 2. th", "supplement": "c/o Jensen", "postal_code": "9999", "city": "Klitkøbing"}


# -- whom -------------------------------------------------------------------------------------------------------------


def test_pitfall_11_only_persons_with_a_tie_are_asked_about_and_once(office: Office) -> None:
    """Numbers that fail modulus 11 are asked for; the replacement number (day 64) and Egon, who has left, are not."""
    office.run()
    assert sorted(office.service.asked()) == sorted([ALMA, BIRK, CILLE])
    assert {DORTE, EGON}.isdisjoint(office.service.asked())
    office.service.calls.clear()
    assert office.run().changes == 0
    assert len(office.service.asked()) <= 1  # a tenth of them a day


def test_a_repeat_on_the_same_day_looks_up_and_writes_nothing(office: Office) -> None:
    office.run()
    before = last_write(office.driver)
    office.service.calls.clear()
    report = office.run()
    assert (report.run, office.service.calls) == (None, [])
    assert last_write(office.driver) == before


def test_a_tenth_is_refreshed_a_day_and_days_without_a_run_are_caught_up(office: Office) -> None:
    office.run()
    office.service.calls.clear()
    for _ in range(10):
        office.days_later(1).run()
    assert sorted(office.service.asked()) == sorted([ALMA, BIRK, CILLE])
    office.service.calls.clear()
    office.all_tenths()
    assert sorted(office.service.asked()) == sorted([ALMA, BIRK, CILLE])


def test_who_has_left_is_not_asked_about_any_more(office: Office) -> None:
    office.run()
    office.pay(without="e-cille")
    office.service.calls.clear()
    office.days_later(600).all_tenths()
    assert CILLE not in office.service.asked()


def test_both_contexts_are_sent_as_configured(office: Office) -> None:
    office.run()
    assert b"AuthorityContext" in office.service.requests[-1]
    office.more["agreement"] = AGREEMENT | {"user": AGREEMENT["user"].upper()}
    office.days_later(10).run()
    assert b"InvocationContext" in office.service.requests[-1]
    assert AGREEMENT["user"].encode() in office.service.requests[-1]


# -- the log ----------------------------------------------------------------------------------------------------------


def test_every_lookup_is_logged_with_who_asked_and_the_services_log_fits_ours(office: Office) -> None:
    office.register.forget(CILLE)
    office.run("kim")
    logged = office.log()
    assert {each["person"] for each in logged} == {office.uuid(each) for each in (ALMA, BIRK, CILLE)}
    assert {(each["by"], each["purpose"]) for each in logged} == {("kim", "first lookup")}
    assert sorted(each["code"] for each in logged) == ["PNRNotFound", "ok", "ok"]
    assert {each["id"] for each in logged} == {call.entry for call in office.service.calls}
    assert {call.user for call in office.service.calls} == {"kim"}


def test_without_log_no_lookup(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """§8.2: the entry can't be written (its constraint refuses it), so the call is not made."""
    monkeypatch.setattr("graph.cpr.lookup_log.uuid4", lambda: "always the same")
    with pytest.raises(LogUnwritable, match="no person is looked up"):
        office.run()
    assert len(office.service.calls) == 1
    assert len(office.log()) == 1


class _Closing:
    """A log that can be opened, and not closed."""

    def opened(self, person: str, by: str, purpose: str, service: str) -> str:
        return "entry"

    def closed(self, entry: str, code: str) -> None:
        raise ServiceUnavailable("gone")


def test_a_log_that_cannot_be_closed_hides_no_error_of_the_lookup() -> None:
    with pytest.raises(NoAnswer, match="timed out"), Entry(_Closing(), "p", "kim", "test", "SF1520"):
        raise NoAnswer("timeout", "timed out")
    with pytest.raises(LogUnwritable, match="can't be written"), Entry(_Closing(), "p", "kim", "test", "SF1520"):
        pass


def test_a_dry_run_asks_and_logs_and_writes_nothing(office: Office) -> None:
    report = office.run(dry_run=True)
    assert len(office.log()) == 3
    assert report.dry_run
    assert office.values(ALMA)["name"] == "Alma Testrup"


# -- names ------------------------------------------------------------------------------------------------------------


def test_pitfall_05_cprs_name_holds_before_payrolls_and_a_surname_may_have_two_words(office: Office) -> None:
    office.run()
    told = office.values(ALMA)
    assert (told["given_name"], told["surname"]) == ("Alma Vestergaard", "Holm Nørgård")
    assert told["name"] == told["addressing_name"] == "Alma Vestergaard Holm Nørgård"
    assert "name" not in office.values(ALMA, date(2019, 5, 31))


def test_pitfall_05_letters_and_signs_of_names_come_as_they_are_and_marks_are_shown(office: Office) -> None:
    names = {ALMA: ("Zoë Łucja", "d'Arc", "*"), BIRK: ("René", "Weiß Ørsted", "+"), CILLE: ("Åse", "O'Brién-Bæk", "=")}
    for number, (given, surname, cursor) in names.items():
        office.register.rename(number, Name(given, surname, marks=("", "", cursor)))
    office.run()
    told = {number: (office.values(number)["given_name"], office.values(number)["surname"]) for number in names}
    assert told == {number: (given, surname) for number, (given, surname, _) in names.items()}
    marked = [each.key for each in kept_problems(office.driver, "cpr").values() if each.rule == "name_marked"]
    assert sorted(marked) == sorted([office.uuid(ALMA), office.uuid(BIRK)])


def test_pitfall_05_the_name_on_letters_may_be_cut_and_is_no_source_of_the_parts(office: Office) -> None:
    cut = "Alma Vestergaard Holm Nørgård-Klit"
    office.register.rename(ALMA, Name("Alma Vestergaard", "Holm Nørgård-Klitgaard", addressing=cut))
    office.run()
    told = office.values(ALMA)
    assert (told["surname"], told["addressing_name"], len(cut)) == ("Holm Nørgård-Klitgaard", cut, 34)


def test_a_new_name_holds_from_its_day_and_the_old_one_before(office: Office) -> None:
    office.run()
    office.register.rename(ALMA, Name("Alma", "O'Brién-Weiß", "Østergård", date(2026, 11, 20), ("", "", "*")))
    office.all_tenths()
    assert office.values(ALMA)["surname"] == "O'Brién-Weiß"
    assert office.values(ALMA, date(2026, 11, 19))["surname"] == "Holm Nørgård"
    assert "name_marked" in office.problems()


# -- protection and addresses -----------------------------------------------------------------------------------------


def test_addresses_are_taken_only_where_switched_on(office: Office) -> None:
    office.run()
    assert not HOME.keys() & office.values(ALMA).keys()
    office.more["addresses"] = True
    office.all_tenths()
    assert office.values(ALMA).items() >= HOME.items()


def test_pitfall_08_who_becomes_protected_has_no_address_anywhere(office: Office) -> None:
    office.more["addresses"] = True
    office.run()
    office.register.protect(ALMA, date(2026, 11, 25), date(2027, 11, 25))
    office.all_tenths()
    assert office.values(ALMA)["address_protected"] is True
    found = office.rows(
        """
        MATCH (n)
        WHERE any(name IN keys(n) WHERE toString(n[name]) CONTAINS $street OR toString(n[name]) CONTAINS 'Jensen')
        RETURN labels(n) AS labels, n.uuid AS uuid, n.key AS key
        """,
        street="Strandvejen 7",
    )
    of_others = {office.uuid(BIRK), office.uuid(CILLE), None}
    mine = [each for each in found if each["uuid"] not in of_others or each["key"] == office.uuid(ALMA)]
    assert found
    assert mine == []


def test_pitfall_08_payrolls_address_of_a_protected_person_is_kept_of_no_day(office: Office) -> None:
    """Whoever told it, and whether before or after: it holds on no day, and again when the protection is over."""
    start, end = date(2026, 11, 20), date(2999, 11, 20)
    told = person("alma", "Alma Testrup", ALMA)
    at_home = replace(
        told, values={**told.values, **{name: (DatedValue(Period(), each),) for name, each in HOME.items()}}
    )
    office.pay(at_home, without="alma")
    assert office.values(ALMA).items() >= HOME.items()
    office.register.protect(ALMA, start, end)
    office.run()
    assert not HOME.keys() & office.values(ALMA).keys()
    moved = replace(told, values={**at_home.values, "street": (DatedValue(Period(), "Vestergade 1"),)})
    office.pay(moved, without="alma")
    for day in (start - timedelta(days=1), start, office.today, end - timedelta(days=1), end):
        assert not HOME.keys() & office.values(ALMA, day).keys()
    copied = office.rows("MATCH (p:Person {uuid: $uuid}) RETURN p.street AS street", uuid=office.uuid(ALMA))
    assert copied == [{"street": None}]
    office.register.protect(ALMA, start, start + timedelta(days=1))
    office.all_tenths()
    office.pay(moved, without="alma")
    assert office.values(ALMA)["street"] == "Vestergade 1"
    assert not HOME.keys() & office.values(ALMA, start - timedelta(days=1)).keys()


def test_pitfall_07_protection_ends_by_itself_on_its_day(office: Office) -> None:
    """The end is planned: nothing is told when it comes, and read on that day the person is not protected."""
    office.register.protect(ALMA, date(2026, 1, 1), date(2026, 12, 24))
    office.register.protect(BIRK, date(2026, 1, 1), office.today)
    office.register.protect(CILLE, date(2026, 1, 1), None, marked=True)
    office.run()
    assert office.values(ALMA, date(2026, 12, 23))["address_protected"] is True
    assert "address_protected" not in office.values(ALMA, date(2026, 12, 24))
    assert "address_protected" not in office.values(BIRK)
    assert office.values(CILLE, date(2030, 1, 1))["address_protected"] is True


# -- status -----------------------------------------------------------------------------------------------------------


def test_pitfall_12_dead_with_employment_is_shown_and_nothing_is_ended(office: Office) -> None:
    office.register.die(BIRK, date(2026, 11, 1))
    office.run()
    assert office.values(BIRK)["dead"] is True
    assert "dead" not in office.values(BIRK, date(2026, 10, 31))
    assert office.problems()["dead_with_tie"].key == office.uuid(BIRK)
    active = office.rows("MATCH (e:Employment {number: 'e-birk'}) RETURN e.active AS active, e.to AS ends")
    assert active == [{"active": True, "ends": None}]
    office.pay(without="e-birk")
    office.days_later(600).run()
    assert "dead_with_tie" not in office.problems()


@pytest.mark.parametrize(
    ("status", "dead", "rule"),
    [(90, True, "dead_with_tie"), ("01", False, None), (1, False, None), (80, False, None), (20, False, None),
     (30, False, "number_annulled"), (70, False, "disappeared"), (42, False, "unknown_status")],
)  # fmt: skip
def test_pitfall_02_status_codes(office: Office, status: int | str, dead: bool, rule: str | None) -> None:
    office.register.become(BIRK, status, date(2026, 11, 1))
    office.run()
    assert office.values(BIRK).get("dead", False) is dead
    assert office.problems().keys() == ({rule} if rule else set())


def test_pitfall_13_a_known_person_whom_cpr_does_not_know_is_flagged_and_nothing_cleared(office: Office) -> None:
    office.run()
    office.register.forget(ALMA)
    office.all_tenths()
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    assert office.problems()["unknown_number"].key == office.uuid(ALMA)
    assert ALMA not in str(office.problems())


# -- numbers ----------------------------------------------------------------------------------------------------------


def test_pitfall_09_a_changed_number_is_the_same_person(office: Office) -> None:
    office.run()
    uuid = office.uuid(ALMA)
    office.register.renumber(ALMA, NEW_ALMA, date(2026, 11, 25))
    office.all_tenths()
    assert office.uuid(NEW_ALMA) == office.uuid(ALMA) == uuid
    # Payroll goes on telling the old number, and later tells the new one: nobody is made of either.
    office.pay()
    office.pay(alma=NEW_ALMA)
    assert office.rows("MATCH (p:Person) RETURN count(p) AS people") == [{"people": 5}]
    assert office.uuid(NEW_ALMA) == office.uuid(ALMA) == uuid
    office.service.calls.clear()
    office.all_tenths()
    assert NEW_ALMA in office.service.asked()
    assert ALMA not in office.service.asked()


def test_pitfall_10_two_changes_in_a_row(office: Office) -> None:
    office.register.renumber(ALMA, NEW_ALMA, date(2020, 1, 1))
    office.register.renumber(NEW_ALMA, NEWEST_ALMA, date(2024, 1, 1))
    uuid = office.uuid(ALMA)
    office.run()
    assert {office.uuid(each) for each in (ALMA, NEW_ALMA, NEWEST_ALMA)} == {uuid}
    assert office.values(NEWEST_ALMA)["surname"] == "Holm Nørgård"
    formers = office.rows("MATCH (f:FormerCpr) RETURN f.from AS start, f.to AS end ORDER BY end")
    assert [each["end"].to_native() for each in formers] == [date(2020, 1, 1), date(2024, 1, 1)]


def test_pitfall_10_a_number_that_another_person_has_is_a_question_and_no_merge(office: Office) -> None:
    office.register.forget(BIRK)
    office.register.renumber(ALMA, BIRK, date(2026, 11, 1))
    alma, birk = office.uuid(ALMA), office.uuid(BIRK)
    office.run()
    asked = office.problems()["same_person"]
    assert asked.key == alma
    assert birk in asked.text
    assert (office.uuid(ALMA), office.uuid(BIRK)) == (alma, birk)
    (asked_of,) = possible_duplicates(office.driver, RING)
    assert asked_of == PossibleDuplicate(tuple(sorted((alma, birk))), "one person's numbers, by cpr")
    mark_as_different(office.driver, [alma, birk], Origin("manual", user="hanne", reason="a mistake of CPR's"))
    office.all_tenths()
    assert list(possible_duplicates(office.driver, RING)) == []


def test_a_circle_of_numbers_ends(office: Office) -> None:
    office.register.renumber(ALMA, NEW_ALMA, date(2026, 11, 1))
    office.register.renumber(NEW_ALMA, ALMA, date(2026, 11, 2))
    office.register.become(ALMA, 60)
    office.run()
    assert len(office.service.calls) < 12


# -- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["fault_500", "fault_200", "unavailable", "gateway", "empty", "hang_up", "cut", "entity", "other_person"]
)
def test_pitfall_14_one_broken_answer_leaves_the_rest_alone(office: Office, wrong: str) -> None:
    office.wrong.of[BIRK] = wrong
    office.run()
    assert office.values(BIRK).keys() & {"given_name", "surname"} == set()  # no half facts
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    assert office.values(CILLE)["surname"] == "Eksempel"
    assert BIRK not in str(office.problems())
    assert all(each["code"] for each in office.log())
    office.wrong.of.clear()
    office.all_tenths()
    assert office.values(BIRK)["surname"] == "Prøvesen"
    assert office.problems() == {}


def test_lookups_without_an_answer_are_listed_each_and_asked_again(office: Office) -> None:
    office.wrong.of = {BIRK: "unavailable", CILLE: "hang_up"}
    for _ in range(2):
        report = office.run()
        unanswered = [each for each in report.problems if each.rule == "unanswered"]
        assert {each.key for each in unanswered} == {office.uuid(BIRK), office.uuid(CILLE)}
        assert {each.severity for each in unanswered} == {"bad"}
        kept = kept_problems(office.driver, "cpr").values()
        assert {each.key for each in kept if each.rule == "unanswered"} == {each.key for each in unanswered}
    office.wrong.of.clear()
    office.run()  # the same day
    assert office.values(BIRK)["surname"] == "Prøvesen"
    assert office.problems() == {}


def test_who_was_not_answered_and_has_left_is_no_longer_listed(office: Office) -> None:
    office.wrong.of = {CILLE: "unavailable"}
    office.run()
    office.pay(without="e-cille")
    office.run()
    assert office.problems() == {}


@pytest.mark.parametrize("wrong", ["fault_500", "other_person"])
def test_a_lookup_that_gave_nothing_is_asked_again_in_the_next_run(office: Office, wrong: str) -> None:
    """Also of whom everything is known already, and whose turn it is not."""
    office.run()
    office.wrong.of[BIRK] = wrong
    assert any(each.severity == "bad" for each in office.days_later(10).run().problems)
    office.register.rename(BIRK, Name("Birk", "Nygift"))
    office.wrong.of.clear()
    office.run()
    assert office.values(BIRK)["surname"] == "Nygift"
    assert office.problems() == {}


def test_pitfall_14_a_time_out_is_asked_again_in_the_next_run(office: Office) -> None:
    office.run()
    office.register.rename(BIRK, Name("Birk", "Nygift"))
    office.more["timeout_seconds"] = 0.2
    office.wrong.of[BIRK], office.wrong.seconds = "silent", 0.6
    office.days_later(10).run()
    assert {"timeout"} <= {each["code"] for each in office.log()}
    office.wrong.of.clear()
    office.more.clear()
    office.run()  # the same day: not its turn, but the answer is still missing
    assert office.values(BIRK)["surname"] == "Nygift"


def test_pitfall_14_after_calls_without_answers_the_run_ends(office: Office) -> None:
    office.wrong.always = "unavailable"
    office.more["give_up_after"] = 2
    office.run()
    assert len(office.service.calls) == 2
    assert office.problems().keys() == {"service_silent", "unanswered"}
    assert "(1 persons)" in office.problems()["service_silent"].text
    office.wrong.always = None
    office.run()
    assert office.problems() == {}


def test_pitfall_15_an_expired_certificate_is_one_message_and_no_call(office: Office) -> None:
    office.clock += timedelta(days=365 * 12)
    with pytest.raises(Misconfigured, match="expired on"):
        office.run()
    assert office.service.calls == []
    assert office.log() == []


def test_pitfall_15_a_certificate_that_expires_soon_is_warned_of(office: Office) -> None:
    office.more["warn_days"] = 365 * 11
    office.run()
    assert office.problems().keys() == {"certificate_expires"}
    office.more.clear()
    office.run()
    assert office.problems() == {}


def test_an_agreement_that_is_refused_ends_the_run_with_one_message(office: Office) -> None:
    office.more["cvr"] = "29180000"
    with pytest.raises(Misconfigured, match="MunicipalityCVR"):
        office.run()
    assert office.service.calls == []
    assert [each["code"] for each in office.log()] == ["Misconfigured"] * 2, "a second person's makes it everybody's"


def test_a_fault_about_access_is_one_persons_if_others_are_answered(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soap, "_ABOUT_ACCESS", re.compile("something went wrong"))
    office.wrong.of[BIRK] = "fault_500"
    for _ in range(2):
        office.run()
        assert {each.key for each in office.problems().values()} == {office.uuid(BIRK)}
        assert office.values(ALMA)["surname"] == "Holm Nørgård"
    office.wrong.of.clear()
    office.run()
    assert office.values(BIRK)["surname"] == "Prøvesen" and office.problems() == {}


def test_pitfall_14_who_is_never_answered_keeps_nobody_from_the_refresh(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as are enough to give a run up, in whatever order; those who got no answer come last."""
    office.more["give_up_after"] = 2
    office.wrong.of = {BIRK: "fault_500", CILLE: "unavailable"}
    office.run()
    office.run()
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    office.register.rename(ALMA, Name("Alma", "Nygift"))
    office.days_later(10).run()
    assert office.values(ALMA)["surname"] == "Nygift"
    assert "service_silent" not in office.problems()
    # Their silences count too, though more are needed: the service may have gone meanwhile.
    monkeypatch.setattr(asking, "_PATIENCE", 1)
    office.days_later(10).run()
    assert "service_silent" in office.problems()


def test_an_unregistered_and_a_foreign_certificate_end_the_run(office: Office, tmp_path: Path) -> None:
    start = office.clock - timedelta(days=1)
    for stranger in (office.authority.issue("stranger", start), Authority(tmp_path, "Other CA").issue("other", start)):
        office.more |= {"certificate": stranger.certificate, "private_key": stranger.key}
        with pytest.raises(Misconfigured, match="certificate"):
            office.run()
    assert office.service.calls == []


def test_an_answer_that_never_ends_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too large is not read to its end, and costs one person."""
    monkeypatch.setattr("importers.cpr.soap.LARGEST", 4_000)
    office.wrong.spoiled["Cille"] = "Cille" * 1_000
    office.run()
    assert "too_large" in {each["code"] for each in office.log()}
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    assert "surname" not in office.values(CILLE)


def test_an_invalid_number_does_not_stop_the_others(office: Office) -> None:
    office.wrong.spoiled[f"<gaeldendePersonnummer>{BIRK}<"] = "<gaeldendePersonnummer>12345678901<"
    office.run()
    assert office.problems()["unreadable_answer"].field == "gaeldendePersonnummer"
    assert office.problems()["unreadable_answer"].key == office.uuid(BIRK)
    assert office.values(CILLE)["surname"] == "Eksempel"


def test_an_element_that_occurs_twice_is_not_guessed(office: Office) -> None:
    office.register.protect(BIRK, date(2026, 1, 2), marked=True)
    office.wrong.spoiled["<adressebeskyttelse>"] = "<adressebeskyttelse/><adressebeskyttelse>"
    office.run()
    assert office.problems()["unreadable_answer"].field == "adressebeskyttelse"
    assert "surname" not in office.values(BIRK)


def test_unknown_elements_are_reported_once(office: Office) -> None:
    """And the rest is taken; whose answer holds them no longer, is let go."""
    office.wrong.spoiled["</navn>"] = "<slaegtsnavn>Klit</slaegtsnavn></navn>"
    office.run()
    assert office.problems().keys() == {"unknown_element"}
    assert "slaegtsnavn" in office.problems()["unknown_element"].text
    assert "Klit" not in str(office.problems())
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    office.wrong.spoiled.clear()
    office.all_tenths()
    assert office.problems() == {}


# -- what answers leave out and hold ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["navn", "status", "adressebeskyttelse", "adresse", "aktuelAdresse", "relationer"])
def test_pitfall_03_what_an_answer_leaves_out_clears_nothing(office: Office, part: str) -> None:
    office.more["addresses"] = True
    office.register.protect(BIRK, date(2026, 1, 1), marked=True)
    office.register.move(CILLE, Address("Gl. Kongevej 1", "9998", "Ålborg"))
    office.run()
    before = {each: office.values(each) for each in (ALMA, BIRK, CILLE)}
    office.wrong.left_out = frozenset({part})
    office.all_tenths()
    assert {each: office.values(each) for each in (ALMA, BIRK, CILLE)} == before


def test_pitfall_04_relatives_and_all_else_that_nobody_asked_for_is_not_kept(office: Office) -> None:
    office.wrong.everything = True
    office.run()
    assert office.values(ALMA)["surname"] == "Holm Nørgård"
    found = office.rows(
        """
        MATCH (n)
        WHERE any(name IN keys(n)
          WHERE toString(n[name]) =~ '(?s).*(Tiloversen|Gøgler|\\\\b5100\\\\b|Et notat|0202650026).*')
        RETURN n
        """
    )
    assert found == []


def test_guardianship_is_only_told_where_it_is_switched_on(office: Office) -> None:
    office.register.add(replace(office.register.persons[BIRK], guardianship=True))
    office.run()
    assert office.problems() == {}
    office.more["guardianship"] = True
    office.all_tenths()
    assert office.problems().keys() == {"guardianship"}


def test_a_new_person_is_looked_up_at_once(office: Office) -> None:
    office.run()
    office.service.calls.clear()
    number = "0606575006"
    office.pay(person("frida", "Frida Nyansat", number), employment("e-frida", "frida", "north"))
    office.run()
    assert number in office.service.asked()
    assert office.problems()["unknown_number"].key == office.uuid(number)


def test_a_refresh_of_a_clock_that_was_ahead_holds_up_no_later_one(office: Office) -> None:
    office.run()
    office.days_later(60).run()
    office.days_later(-60)
    office.service.calls.clear()
    for _ in range(10):
        office.days_later(1).run()
    assert sorted(office.service.asked()) == sorted([ALMA, BIRK, CILLE])
