"""Subscriptions (SF6002) and files of changes, by SOAP and SFTP from the stand-ins into the graph."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import asyncssh
import pytest

from graph.corrections.possible_duplicates import possible_duplicates
from graph.cpr.lookup_log import CprLog
from importers.cpr.lookup import SF6002
from importers.cpr.soap import Connection
from importers.cpr.subscription import Subscription
from sample.cpr_service.files import USER, Box, ended, extract, name_of, rejected, sftp
from sample.cpr_service.register import CprPerson, Name
from tests.graph.organisation import employment, person
from tests.importers.cpr.register import AGREEMENT, ALMA, BIRK, CILLE, DORTE, EGON, NEW_ALMA, RING, Office

MONDAY = date(2026, 11, 23)
NEW_EGON = "0605575003"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    folder = tmp_path_factory.mktemp("box")
    with sftp(folder, tmp_path_factory.mktemp("keys")) as box:
        yield box


@pytest.fixture
def box(served: Box, office: Office) -> Box:
    """An empty directory; everybody with a tie is subscribed and looked up."""
    for each in served.folder.iterdir():
        each.unlink()
    served.produced = None
    office.more["subscription"] = {
        "url": office.running.subscription_url,
        "agreement": AGREEMENT,
        "files": {"host": "127.0.0.1", "port": served.port, "user": USER, "host_key": served.host_key,
                  "private_key": str(served.private_key)},
    }  # fmt: skip
    office.run()
    office.service.calls.clear()
    return served


def of(office: Office, *numbers: str) -> list[CprPerson]:
    return [office.register.persons[each] for each in numbers]


def test_who_has_a_tie_is_subscribed_and_who_has_left_no_more(office: Office, box: Box) -> None:
    """Nobody with a replacement number, and nobody who left before, was ever subscribed."""
    assert office.service.filters == {ALMA, BIRK, CILLE}
    office.pay(without="e-cille")
    office.days_later(600).run("kim")
    assert office.service.filters == {ALMA, BIRK}
    assert {DORTE, EGON}.isdisjoint(each.number for each in office.service.calls)
    last = [each for each in office.log() if each["service"] == SF6002][-1]
    assert (last["person"], last["purpose"], last["code"], last["by"]) == (
        office.uuid(CILLE), "end subscription", "REMOVED", "kim",
    )  # fmt: skip


def test_with_a_subscription_there_is_no_refresh(office: Office, box: Box) -> None:
    office.days_later(10).run()
    assert office.service.asked() == []


def test_a_dry_run_changes_no_subscription_and_deletes_no_file(office: Office, box: Box) -> None:
    office.service.filters.clear()
    box.put(of(office, ALMA), MONDAY)
    office.run(dry_run=True)
    assert office.service.filters == set()
    assert name_of(MONDAY) in box.names


def test_pitfall_19_results_of_subscribing(office: Office, box: Box) -> None:
    office.service.filters.clear()
    office.service.filters.add(ALMA)
    office.register.forget(BIRK)
    office.wrong.no_filter = True
    office.service.other_filters = "<MunicipalityCode>101</MunicipalityCode>"
    office.run()
    assert office.service.filters == {ALMA, CILLE}
    assert office.problems()["other_filter"].field == "MunicipalityCode"
    assert any(each.rule == "unknown_number" for each in office.problems().values())
    with Connection(office.settings()) as connection:
        service = Subscription(connection, office.settings().subscription, CprLog(office.driver), "system")
        assert service.add(ALMA, "")  # ALREADY_EXISTED
        assert not service.add(BIRK, "")  # NON_EXISTING_PNR
        service.remove(BIRK, "")  # the same, and no error


def test_pitfall_20_two_workers_make_one_filter(office: Office, box: Box) -> None:
    office.service.filters.clear()
    settings = office.settings()

    def work() -> None:
        with Connection(settings) as connection:
            Subscription(connection, settings.subscription, CprLog(office.driver), "system").add(ALMA, "")

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert office.service.asked("AddPNRSubscription") == [ALMA, ALMA]
    assert office.service.filters == {ALMA}


def test_a_file_changes_the_person_is_logged_and_deleted(office: Office, box: Box) -> None:
    """Pitfall 6: Søren comes as it was written."""
    office.register.rename(ALMA, Name("Søren", "Ny Østergård", "", MONDAY))
    box.put(of(office, ALMA), MONDAY)
    office.run()
    assert office.values(ALMA)["name"] == "Søren Ny Østergård"
    assert box.names == []
    assert office.service.asked() == []
    used = [each for each in office.log() if each["service"] == "SF6002 files"]
    assert [(each["person"], each["code"]) for each in used] == [(office.uuid(ALMA), "A01")]
    kept = office.rows("MATCH (n) WHERE any(k IN keys(n) WHERE toString(n[k]) CONTAINS '0202650026') RETURN n")
    assert kept == []


def test_a_protection_that_the_file_no_longer_tells_is_lifted(office: Office, box: Box) -> None:
    office.register.protect(BIRK, MONDAY, date(2027, 11, 23))
    box.put(of(office, BIRK), MONDAY)
    office.run()
    assert office.values(BIRK)["address_protected"] is True
    office.register.lift(BIRK)
    box.put(of(office, BIRK), MONDAY + timedelta(days=1))
    office.run()
    assert "address_protected" not in office.values(BIRK)


def test_pitfall_09_a_new_number_in_a_file(office: Office, box: Box) -> None:
    uuid = office.uuid(ALMA)
    office.register.renumber(ALMA, NEW_ALMA, MONDAY)
    box.put(of(office, NEW_ALMA), MONDAY)
    office.run()
    assert office.uuid(NEW_ALMA) == office.uuid(ALMA) == uuid
    assert office.service.filters == {NEW_ALMA, BIRK, CILLE}


def test_a_superseded_number_in_a_file_is_followed_by_a_lookup(office: Office, box: Box) -> None:
    office.register.renumber(ALMA, NEW_ALMA, MONDAY)
    box.put(of(office, ALMA), MONDAY)
    office.run()
    assert office.service.asked() == [ALMA, NEW_ALMA]
    assert office.uuid(NEW_ALMA) == office.uuid(ALMA)


def test_pitfall_16_a_missing_file_has_everybody_looked_up(office: Office, box: Box) -> None:
    box.put(of(office, ALMA), MONDAY)
    office.run()
    box.produced = MONDAY + timedelta(days=1)  # that file never came
    box.put(of(office, BIRK), MONDAY + timedelta(days=2))
    office.run()
    assert "missing_file" in office.problems()
    assert sorted(office.service.asked()) == sorted([ALMA, BIRK, CILLE])
    office.service.calls.clear()
    office.run()
    assert office.service.asked() == []


def test_pitfall_16_files_are_taken_in_the_order_of_their_production(office: Office, box: Box) -> None:
    old, new = Name("Alma", "Først", "", MONDAY), Name("Alma", "Sidst", "", MONDAY + timedelta(days=1))
    alma = office.register.persons[ALMA]
    second = MONDAY + timedelta(days=1)
    box.write("D261101.L000002", extract([replace(alma, name=new)], second, MONDAY))
    box.write("D261102.L000001", extract([replace(alma, name=old)], MONDAY, None))
    office.run()
    assert office.values(ALMA)["surname"] == "Sidst"
    assert box.names == []
    box.write("D261103.L000003", extract([replace(alma, name=old)], MONDAY, None))
    office.run()
    assert office.values(ALMA)["surname"] == "Sidst"
    assert "too_late" in office.problems()


def test_pitfall_16_a_file_is_read_once_and_not_without_metadata(office: Office, box: Box) -> None:
    content = extract(of(office, ALMA), MONDAY, None)
    box.write(name_of(MONDAY), content, metadata=False)
    office.run()
    assert office.problems().keys() == {"no_metadata"}
    box.write(name_of(MONDAY), content)
    office.run()
    assert (office.problems(), box.names) == ({}, [])
    logged = len(office.log())
    box.write(name_of(MONDAY), content)  # the run before was stopped before it could delete it
    assert office.run().changes == 0
    assert box.names == []
    assert len([each for each in office.log()[logged:] if each["service"] == "SF6002 files"]) == 0


def test_pitfall_16_of_a_person_with_a_short_line_nothing_is_taken_and_a_lookup_made(office: Office, box: Box) -> None:
    content = extract(of(office, ALMA, BIRK), MONDAY, None)
    lines = content.split(b"\r\n")
    lines[1] = lines[1][:50]
    box.write(name_of(MONDAY), b"\r\n".join(lines))
    office.run()
    assert office.service.asked() == [ALMA]
    assert office.problems()["short_line"].field == "line 2"
    assert ALMA not in str(office.problems())


def test_pitfall_17_a_refused_file_stays_and_is_shown(office: Office, box: Box) -> None:
    good = extract(of(office, ALMA), MONDAY, None)
    box.write(name_of(MONDAY), good.replace(b"00000006", b"00000099"))
    office.run()
    assert office.problems()["wrong_counter"].severity == "bad"
    assert name_of(MONDAY) in box.names
    box.write(name_of(MONDAY), good)
    office.run()
    assert (office.problems(), box.names) == ({}, [])


def test_pitfall_18_errors_and_deleted_subscriptions_are_shown(office: Office, box: Box) -> None:
    box.put([], MONDAY, rejected(ALMA, "0042", f"Fejl ved {ALMA}"), ended(BIRK, "X01"))
    office.service.filters.discard(BIRK)
    office.run()
    assert office.problems().keys() == {"rejected", "subscription_deleted"}
    assert office.uuid(ALMA) in office.problems()["rejected"].text
    assert ALMA not in str(office.problems())
    assert BIRK in office.service.filters


def test_who_has_no_tie_is_not_taken_from_a_file(office: Office, box: Box) -> None:
    box.put(of(office, EGON), MONDAY)
    office.run()
    assert "given_name" not in office.values(EGON)
    assert office.problems().keys() == {"not_ours"}


@pytest.mark.parametrize("listed", [EGON, NEW_EGON])
def test_who_came_back_under_a_new_number_is_asked_about(office: Office, box: Box, listed: str) -> None:
    """cpr.md §7: payroll has the new number already; the old one's employment has ended, so nobody looks it up."""
    office.pay(person("back", "Egon Tilbage", NEW_EGON), employment("e-back", "back", "north"))
    office.register.renumber(EGON, NEW_EGON, MONDAY)
    box.put(of(office, listed), MONDAY)
    office.run()
    pair = tuple(sorted((office.uuid(EGON), office.uuid(NEW_EGON))))
    assert [each.persons for each in possible_duplicates(office.driver, RING)] == [pair]
    assert "not_ours" not in office.problems()


def test_a_server_that_is_not_the_pinned_one_is_not_asked(office: Office, box: Box, tmp_path: Path) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDAMBjD6GGx4SoOJvTCHrJ1WgS6lNGmBP4eVLGGOLgTO"
    office.more["subscription"]["files"]["host_key"] = other
    box.put(of(office, ALMA), MONDAY)
    office.run()
    assert "host key" in office.problems()["login_refused"].text
    assert name_of(MONDAY) in box.names
    office.service.calls.clear()
    report = office.days_later(1).run()
    assert office.problems().keys() == {"login_refused"}
    assert [each.severity for each in report.problems if each.rule == "login_refused"] == ["bad"]
    assert "it is tried again when" in office.problems()["login_refused"].text
    office.run("kim")  # a person asks
    assert "host key" in office.problems()["login_refused"].text
    office.more["subscription"]["files"]["host_key"] = box.host_key
    office.run()
    assert office.problems() == {}
    assert name_of(MONDAY) not in box.names


def test_a_file_that_breaks_off_is_not_taken_and_those_after_it_wait(
    office: Office, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuesday = MONDAY + timedelta(days=1)
    box.put(of(office, ALMA), MONDAY)
    box.put(of(office, BIRK), tuesday)
    read = asyncssh.SFTPClientFile.read

    async def cut(self: asyncssh.SFTPClientFile, size: int = -1, offset: int | None = None) -> bytes:
        if office.wrong.always == "cut":
            return await read(self, 40, offset) if await self.tell() < 40 else b""
        return await read(self, size, offset)  # type: ignore[return-value]

    monkeypatch.setattr(asyncssh.SFTPClientFile, "read", cut)
    office.wrong.always = "cut"
    office.run()
    problem = office.problems()["unreadable_file"]
    assert (problem.severity, problem.field) == ("bad", name_of(MONDAY))
    assert re.search(r"40 of \d+ bytes came", problem.text)
    assert {name_of(MONDAY), name_of(tuesday)} <= {*box.names}
    office.wrong.always = None
    office.run()
    assert (office.problems(), box.names) == ({}, [])
