"""How a directory is read, against real controllers (active_directory.md §2, §4; pitfalls of §9)."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from typing import Any

import ldap3
import pytest

from importers.active_directory import connection
from importers.active_directory import connection as real
from importers.active_directory.connection import Directory as Wire
from importers.active_directory.errors import ConnectionLost, LoginRejected, Untrusted
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.source import ActiveDirectory
from importers.pipeline.import_run import run_import
from sample.domain_controller import free_address
from tests.importers.active_directory.directory import KAREN, RING, Directory

pytestmark = pytest.mark.slow

LOGON = {"userAccountControl": 512, "unicodePwd": '"Aa1-not-a-secret"'.encode("utf-16-le")}


class Watched:
    """The real connection; keeps every request, and calls ``before`` ahead of each."""

    def __init__(self, before: Any = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.before = before

    @contextmanager
    def __call__(self, settings: ActiveDirectorySettings, controller: str) -> Iterator[Wire]:
        with real.connect(settings, controller) as wire:
            search = wire._wire.search

            def watched(base: str, what: str, **how: Any) -> Any:
                self.asked.append({"base": base, "filter": what, **how})
                if self.before is not None:
                    self.before(len(self.asked))
                return search(base, what, **how)

            wire._wire.search = watched  # type: ignore[method-assign]
            yield wire


def watched(directory: Directory, watch: Watched, **settings: Any) -> ActiveDirectory:
    source = directory.source(**settings)
    source._connect = watch
    return source


@pytest.mark.parametrize("changes", ["dirsync", "usn", "whole"])
def test_unchanged_nothing_is_written(directory: Directory, changes: str) -> None:
    """Pitfall 19: not by logging in either."""
    dn = directory.add("kate", employeeNumber=KAREN, **LOGON)
    directory.group("g", [dn])
    directory.run(changes=changes)
    before = directory.written()
    directory.controller.connection(dn, "Aa1-not-a-secret")
    for hours in (0.1, 30):
        assert directory.later(hours).run(changes=changes).run is None
    assert directory.written() == before


@pytest.mark.parametrize("changes", ["dirsync", "usn"])
def test_only_changes_are_read(directory: Directory, changes: str) -> None:
    """Pitfall 15: a title that is cleared goes, one that is not among the changes stays; groups by their members."""
    kate = directory.add("kate", employeeNumber=KAREN, telephoneNumber="1234", mail="kate@kommune.example")
    idle = directory.add("idle")
    group = directory.group("g", [idle])
    directory.run(changes=changes)
    directory.set(kate, telephoneNumber=[])
    directory.set(group, member=[kate])
    directory.add("new")
    watch = Watched()
    report = run_import(directory.driver, watched(directory, watch, changes=changes), RING)
    assert "all of" not in report.readings[0]
    assert (directory.groups("kate"), directory.groups("idle")) == (["g"], [])
    told = directory.rows("MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.work_phone, p.work_email")
    assert told == [(None, "kate@kommune.example")]
    assert directory.logins() == ["idle", "kate", "new"]
    directory.wire.delete(group)
    directory.later().run(changes=changes)
    assert directory.groups("kate") == []


def test_what_a_reading_of_changes_asks(directory: Directory) -> None:
    """Speed: DirSync and one search for accounts that are known, however many; of what is new also whether it
    is an OU or a group, and in which groups it is."""
    dns = [directory.add(f"u{number}", telephoneNumber="1") for number in range(3)]
    directory.run()

    def searches() -> int:
        watch = Watched()
        run_import(directory.driver, watched(directory.later(), watch), RING)
        return sum(each["search_scope"] != "BASE" for each in watch.asked)

    for dn in dns:
        directory.set(dn, telephoneNumber="2")
    assert searches() == 2
    directory.add("new")
    assert searches() == 5
    assert directory.logins() == ["new", "u0", "u1", "u2"]


def test_values_are_the_bytes_that_ldap3_has(directory: Directory) -> None:
    """§2: with all their values, whatever is in them, in entries with and without a control of their own."""
    other = ["+45 1", "Lærkevej", "\U0001f426"]
    dn = directory.add("åse", cn="Bæk, Åse", otherTelephone=other, thumbnailPhoto=bytes(range(256)), mail="a@b.example")
    attributes = ["objectGUID", "sAMAccountName", "otherTelephone", "thumbnailPhoto", "mail", "title"]
    directory.wire.search(dn, "(objectClass=*)", search_scope="BASE", attributes=attributes)
    plain = directory.wire.response[0]
    expected = {name.lower(): values for name, values in plain["raw_attributes"].items()}
    with connection.connect(directory.source()._settings, directory.controller.address) as wire:
        for guids in (False, True):
            (found,) = wire.search(dn, "(objectClass=*)", attributes, scope="BASE", guids=guids)
            assert found.values == expected
            assert found.dn.endswith(plain["dn"])
    assert len(expected["othertelephone"]) == 3


def test_every_search_is_paged(directory: Directory) -> None:
    """Pitfall 1: also where more than a page is there."""
    for number in range(7):
        directory.add(f"u{number}")
    watch = Watched()
    run_import(directory.driver, watched(directory, watch, page_size=3, changes="usn"), RING)
    assert len(directory.logins()) == 7
    searches = [each for each in watch.asked if each.get("search_scope") != "BASE"]
    assert len(searches) > 3
    assert all(each["paged_criticality"] and each["paged_size"] for each in searches)


def test_a_controller_that_goes_away_loses_nothing(directory: Directory) -> None:
    """Pitfall 4: killed in the middle of the pages. Nothing is applied; the next run reads everything."""
    for number in range(4):
        directory.add(f"u{number}")
    directory.run()
    before = directory.written()
    directory.add("late")

    def kill(number: int) -> None:
        if number == 6:
            directory.controller.kill()

    # Then another is tried: here one at which nobody answers.
    controllers = [directory.controller.address, free_address()]
    source = watched(directory, Watched(kill), page_size=2, changes="usn", controllers=controllers)
    try:
        with pytest.raises(ConnectionLost) as lost:
            run_import(directory.driver, source, RING)
    finally:
        directory.controller.revive()
        directory.wire = directory.controller.connection()
    assert all(each in str(lost.value) for each in controllers)
    assert directory.logins() == ["u0", "u1", "u2", "u3"]
    assert directory.written()[2] == before[2]
    directory.later().run(changes="usn")
    assert directory.logins() == ["late", "u0", "u1", "u2", "u3"]


def test_another_controller_is_tried(directory: Directory) -> None:
    """§9, 49 for reading: the first does not answer, the second does."""
    directory.add("kate")
    directory.run(controllers=[free_address(), directory.controller.address])
    assert directory.logins() == ["kate"]


def test_a_read_that_is_too_small_waits_at_the_brake(directory: Directory) -> None:
    """Pitfall 5: also one of nobody."""
    dns = [directory.add(f"u{number}") for number in range(4)]
    directory.run(changes="whole")
    for dn in dns[:2]:
        directory.wire.delete(dn)
    report = directory.later().run(changes="whole")
    assert report.brake is not None
    assert "2 accounts were read, 4 before" in report.reasons[0]
    assert len(directory.logins()) == 4
    directory.run(changes="whole", approve=report.brake)
    assert len(directory.logins()) == 2


def test_what_waits_at_the_brake_stays_the_same_difference(directory: Directory) -> None:
    """Pitfall 5: an approval holds after midnight; what ends, ends on the day on which it was held first."""
    dns = [directory.add(f"u{number}") for number in range(4)]
    directory.run(changes="whole")
    for dn in dns[:2]:
        directory.wire.delete(dn)
    held = directory.later(24).now.date()
    assert directory.run(changes="whole", dry_run=True).brake is None
    brake = directory.run(changes="whole").brake
    assert brake is not None
    assert directory.later(24).run(changes="whole").brake == brake
    assert directory.later(24).run(changes="whole", approve=brake).brake is None
    ends = "MATCH (a:Account) WHERE a.to IS NOT NULL RETURN a.login, toString(a.to) ORDER BY a.login"
    assert directory.rows(ends) == [("u0", str(held)), ("u1", str(held))]
    directory.wire.delete(dns[2])
    directory.later(24).run(changes="whole", least_share=0)
    assert directory.rows(ends)[2] == ("u2", str(directory.now.date()))


def test_what_comes_back_waits_no_longer(directory: Directory) -> None:
    """Pitfall 5: what ends after the directory was whole again, ends on its own day."""
    place = directory.unit("Afdeling")
    dns = [directory.add(f"u{number}", place) for number in range(4)]
    elsewhere = f"CN=Users,{directory.controller.base}"
    directory.run(changes="whole")
    for dn in dns[:2]:
        directory.wire.modify_dn(dn, dn.partition(",")[0], new_superior=elsewhere)
    assert directory.run(changes="whole").brake is not None
    for dn in dns[:2]:
        name = dn.partition(",")[0]
        directory.wire.modify_dn(f"{name},{elsewhere}", name, new_superior=place)
    assert directory.later(24).run(changes="whole").brake is None
    directory.wire.delete(dns[0])
    directory.later(24).run(changes="whole", least_share=0)
    ends = directory.rows("MATCH (a:Account) WHERE a.to IS NOT NULL RETURN a.login, toString(a.to)")
    assert ends == [("u0", str(directory.now.date()))]


def test_a_wrong_password_is_tried_once(directory: Directory) -> None:
    """§2: no second bind, and not at another controller either; the password is in no message."""
    asked = []

    @contextmanager
    def counting(settings: ActiveDirectorySettings, controller: str) -> Iterator[Wire]:
        asked.append(controller)
        with connection.connect(settings, controller) as wire:
            yield wire

    address = directory.controller.address
    source = directory.source(password="Wrong-password-1", controllers=[address, address])
    source._connect = counting
    with pytest.raises(LoginRejected, match="user or password is wrong") as refused:
        run_import(directory.driver, source, RING)
    assert asked == [address]
    assert "Wrong-password-1" not in str(refused.value)


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_certificate_that_does_not_match(directory: Directory, monkeypatch: Any, encryption: str) -> None:
    """Pitfall 50: no bind is tried, so no password leaves the machine. The system's CAs do not know the controller."""
    binds = []
    monkeypatch.setattr(ldap3.Connection, "bind", lambda *_, **__: binds.append(1))
    with pytest.raises(Untrusted):
        directory.run(ca_file=None, encryption=encryption)
    assert binds == []


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_certificate_of_another_name(directory: Directory, monkeypatch: Any, encryption: str) -> None:
    """Pitfall 50: the CA is trusted and the controller is the right one, but its certificate is for other names."""
    binds = []
    monkeypatch.setattr(ldap3.Connection, "bind", lambda *_, **__: binds.append(1))
    # The address as one number: it leads to the same controller, and is not in the certificate.
    name = str(int(IPv4Address(directory.controller.address)))
    with pytest.raises(Untrusted, match="check ca_file and the host's name"):
        directory.run(controllers=[name], encryption=encryption)
    assert binds == []


def test_start_tls(directory: Directory) -> None:
    """§2: on 389, encrypted before the bind."""
    directory.add("kate")
    directory.run(encryption="starttls")
    assert directory.logins() == ["kate"]


def test_a_photo_is_fetched_only_when_the_account_has_changed(directory: Directory) -> None:
    """Pitfall 20."""
    photo = bytes(range(256)) * 390
    dn = directory.add("kate", employeeNumber=KAREN, thumbnailPhoto=photo)

    def fetched(watch: Watched) -> int:
        return sum(
            "thumbnailPhoto" in each["attributes"] for each in watch.asked if "thumbnailPhoto=*" in each["filter"]
        )

    first, second, third = Watched(), Watched(), Watched()
    run_import(directory.driver, watched(directory, first, changes="usn", whole_hours=0), RING)
    kept = "MATCH (p:Person {name: 'Karen Testrup'}) RETURN p.photo"
    assert directory.rows(kept) == [(hashlib.sha256(photo).hexdigest(),)]
    run_import(directory.driver, watched(directory, second, changes="usn", whole_hours=0), RING)
    assert (fetched(first), fetched(second)) == (1, 0)
    assert directory.rows(kept) == [(hashlib.sha256(photo).hexdigest(),)]
    directory.set(dn, thumbnailPhoto=[])
    run_import(directory.driver, watched(directory, third, changes="usn", whole_hours=0), RING)
    assert (fetched(third), directory.rows(kept)) == (1, [(None,)])


def test_excluded_ous_are_not_searched(directory: Directory) -> None:
    """Pitfall 16: service accounts in an OU of their own, in the middle of the others."""
    directory.add("kate")
    place = directory.unit("Afdeling")
    directory.add("inside", place)
    directory.wire.add(f"OU=Service,{place}", "organizationalUnit")
    directory.add("svc", f"OU=Service,{place}")
    directory.run(excluded_units=[f"ou=service,{place}"])
    assert directory.logins() == ["inside", "kate"]


def test_an_account_in_both_directories(directory: Directory, school: Directory) -> None:
    """Two domains, two systems, one person; pupils are not read (pitfall 16)."""
    directory.add("kate", employeeNumber=KAREN)
    school.add("kate01", employeeNumber=KAREN, textEncodedORAddress="A01234,012345", employeeType="EMPLOYEE")
    school.add("pupil", employeeType="STUDENT", givenName="Elev")
    directory.run()
    school.run()
    rows = school.rows("MATCH (p:Person)-[:OWNS]->(a:Account)-[:AT]->(s) RETURN p.name, a.login, s.key ORDER BY s.key")
    assert rows == [("Karen Testrup", "kate", "active_directory"), ("Karen Testrup", "kate01", "school_ad")]
    assert school.account("kate01")["institution_numbers"] == ["012345", "A01234"]
    assert "pupil" not in str(school.rows("MATCH (n) RETURN properties(n)"))


def test_dirsync_without_the_replication_right(directory: Directory) -> None:
    """§3, §4: an ordinary user gets changes with the object security flag."""
    reader = directory.add("reader", **LOGON)
    settings: dict[str, Any] = {"user": reader, "password": "Aa1-not-a-secret"}
    directory.add("kate")
    directory.run(**settings)
    cursor = directory.rows("MATCH (m:SourceMark {source: 'active_directory'}) RETURN m.mark")[0][0]
    assert '"changes":"dirsync own"' in cursor
    directory.add("new")
    report = directory.later().run(**settings)
    assert "all of" not in report.readings[0]
    assert directory.logins() == ["kate", "new", "reader"]


def test_a_whole_reading_of_a_clock_that_was_ahead_counts_for_nothing(directory: Directory) -> None:
    directory.add("kate")
    directory.later(2000).run(changes="usn")
    assert "all of" not in directory.run(changes="usn").readings[0]
    assert "all of" in directory.later(-2000).run(changes="usn").readings[0]
