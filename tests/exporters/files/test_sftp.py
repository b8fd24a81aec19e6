"""Delivery over SFTP, against a real server. ``files_NN``: pitfalls of files_and_rest.md."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import neo4j
import pytest
from pydantic import ValidationError

from exporters.errors import DeliveryError, HostKeyError
from exporters.files.delivery_settings import SftpDelivery
from exporters.files.file_names import aside, temporary
from exporters.files.pipeline import run_export
from exporters.files.sftp import SftpChannel
from graph.cpr.keyring import Keyring
from graph.retry import NEVER
from tests.exporters.files.servers import PASSWORD, USER, SftpServer, cutting_proxy, sftp_server
from tests.exporters.staff_list import StaffList

BIG = b"0123456789abcdef" * 65536


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    root = tmp_path / "receiver"
    root.mkdir()
    with sftp_server(root) as running:
        yield running


def settings(server: SftpServer, **values: object) -> SftpDelivery:
    return SftpDelivery.model_validate(
        {
            "host": "127.0.0.1",
            "port": server.port,
            "user": USER,
            "password": PASSWORD,
            "host_key": server.fingerprint,
            "pauses": (0, 0),
            **values,
        }
    )


@pytest.fixture
def opened() -> Iterator[list[SftpChannel]]:
    ways: list[SftpChannel] = []
    yield ways
    for each in ways:
        each.close()


def test_files_02_an_existing_file_is_replaced_at_once(server: SftpServer, opened: list[SftpChannel]) -> None:
    opened.append(way := SftpChannel(settings(server), "run1"))
    assert way.send("bruger.csv", BIG) == ""
    assert way.send("bruger.csv", b"new") == ""
    assert (server.root / "bruger.csv").read_bytes() == b"new"
    assert [each.name for each in server.root.iterdir()] == ["bruger.csv"]
    assert (way.read("bruger.csv"), way.read("leder.csv")) == (b"new", None)


@pytest.mark.parametrize(("how", "told"), [("remove", "in two steps"), ("direct", "written directly")])
def test_files_02_without_the_extension_the_fallback_is_used_and_reported(
    server: SftpServer, clean_graph: neo4j.Driver, how: str, told: str
) -> None:
    server.posix_rename = False
    (server.root / "units.csv").write_bytes(b"old")
    target = StaffList(settings(server, without_posix_rename=how))
    report = run_export(clean_graph, target, target.read, Keyring.generate())
    assert told in report.files[0].note
    assert (server.root / "units.csv").read_bytes() == report.files[0].content
    assert sorted(each.name for each in server.root.iterdir()) == ["people.csv", "units.csv"]


def test_files_02_without_the_extension_the_setting_may_be_to_fail(
    server: SftpServer, opened: list[SftpChannel]
) -> None:
    server.posix_rename = False
    (server.root / "units.csv").write_bytes(b"old")
    opened.append(way := SftpChannel(settings(server, without_posix_rename="fail"), "run1"))
    with pytest.raises(DeliveryError, match="posix-rename"):
        way.send("units.csv", b"new")
    assert (server.root / "units.csv").read_bytes() == b"old"


def test_files_03_another_host_key_gets_nothing_and_both_fingerprints_are_named(
    server: SftpServer, opened: list[SftpChannel]
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()
    opened.append(way := SftpChannel(settings(server, host_key=other), "run1"))
    with pytest.raises(HostKeyError) as refused:
        way.send("bruger.csv", b"x")
    assert other in str(refused.value)
    assert server.fingerprint in str(refused.value)
    assert refused.value.retry == NEVER
    assert server.logins == []


def test_files_04_there_is_no_connection_without_a_pinned_key(server: SftpServer, opened: list[SftpChannel]) -> None:
    with pytest.raises(ValidationError, match="host_key"):
        SftpDelivery.model_validate({"host": "127.0.0.1", "user": USER})
    with pytest.raises(ValidationError, match="host_key"):
        settings(server, host_key="")
    opened.append(way := SftpChannel(settings(server, host_key="no key"), "run1"))
    with pytest.raises(HostKeyError, match="neither a fingerprint"):
        way.send("bruger.csv", b"x")
    assert server.logins == []


def test_the_key_may_be_pinned_as_a_public_key(server: SftpServer, opened: list[SftpChannel]) -> None:
    opened.append(way := SftpChannel(settings(server, host_key=server.host_key), "run1"))
    way.send("bruger.csv", b"x")
    assert (server.root / "bruger.csv").read_bytes() == b"x"


def test_files_05_a_cut_leaves_the_old_file_and_the_next_run_tidies_and_delivers(
    server: SftpServer, clean_graph: neo4j.Driver
) -> None:
    ring = Keyring.generate()
    (server.root / "units.csv").write_bytes(b"old")
    units = {f"u{number}": "x" * 1000 for number in range(1000)}
    with cutting_proxy(server.port, 200_000) as (port, left):
        target = StaffList(settings(server, port=port, pauses=()), units=units)
        report = run_export(clean_graph, target, target.read, ring)
        assert report.error
        assert (server.root / "units.csv").read_bytes() == b"old"
        assert [each for each in server.root.iterdir() if each.name.endswith(".part")]
        left[0] = -1
        assert run_export(clean_graph, target, target.read, ring).sent == ["units.csv", "people.csv"]
    assert sorted(each.name for each in server.root.iterdir()) == ["people.csv", "units.csv"]


def test_a_connection_that_breaks_in_the_middle_reports_how_far_it_came_and_the_next_attempt_has_a_new_one(
    server: SftpServer, clean_graph: neo4j.Driver
) -> None:
    with cutting_proxy(server.port, 2_500_000) as (port, left):

        def mended(pause: float) -> None:
            left[0] = -1

        people = {f"p{number}": "x" * 100_000 for number in range(40)}
        target = StaffList(settings(server, port=port, pauses=(0,)), people)
        told = run_export(clean_graph, target, target.read, Keyring.generate(), sleep=mended)
        assert [(each.outcome, each.attempts) for each in told.files] == [("sent", 1), ("sent", 2)]
        size = len(told.files[1].content)
        left[0] = 1_500_000
        way = SftpChannel(settings(server, port=port), "run2")
        with pytest.raises(DeliveryError, match=rf"people\.csv broke off: \d+ of {size} bytes were sent; then: ."):
            way.send("people.csv", told.files[1].content)
        way.close()


def test_files_07_a_full_disk_is_told_and_the_old_file_stays(server: SftpServer, opened: list[SftpChannel]) -> None:
    (server.root / "bruger.csv").write_bytes(b"old")
    server.full = True
    opened.append(way := SftpChannel(settings(server), "run1"))
    with pytest.raises(DeliveryError, match="No space left on device"):
        way.send("bruger.csv", b"new")
    assert (server.root / "bruger.csv").read_bytes() == b"old"


def test_leftovers_of_broken_runs_are_removed_and_only_ours(server: SftpServer, opened: list[SftpChannel]) -> None:
    (server.root / temporary("bruger.csv", "dead-run")).write_bytes(b"half")
    (server.root / "theirs.part").write_bytes(b"x")
    opened.append(way := SftpChannel(settings(server), "run2"))
    way.sweep()
    assert [each.name for each in server.root.iterdir()] == ["theirs.part"]


def test_a_wrong_password_is_not_tried_again(server: SftpServer, clean_graph: neo4j.Driver) -> None:
    target = StaffList(settings(server, password="wrong"))
    report = run_export(clean_graph, target, target.read, Keyring.generate())
    assert "login refused" in report.error
    assert "wrong" not in report.error
    assert server.logins == [USER]


def test_a_receiver_that_takes_a_file_at_once_has_it(
    server: SftpServer, opened: list[SftpChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = asyncssh.SFTPClient.posix_rename

    async def taken(sftp: asyncssh.SFTPClient, old: str, new: str) -> None:
        await rename(sftp, old, new)
        (server.root / new).unlink()

    monkeypatch.setattr(asyncssh.SFTPClient, "posix_rename", taken)
    opened.append(way := SftpChannel(settings(server), "run1"))
    assert way.send("bruger.csv", b"x") == ""


def test_without_the_extension_a_file_is_not_given_up_before_the_new_one_has_its_name(
    server: SftpServer, opened: list[SftpChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.posix_rename = False
    (server.root / "bruger.csv").write_bytes(b"old")
    rename = asyncssh.SFTPClient.rename

    async def picky(sftp: asyncssh.SFTPClient, old: str, new: str) -> None:
        if new == "bruger.csv" and old != aside(new):
            raise asyncssh.SFTPFailure("no such names here")
        await rename(sftp, old, new)

    monkeypatch.setattr(asyncssh.SFTPClient, "rename", picky)
    opened.append(way := SftpChannel(settings(server), "run1"))
    with pytest.raises(DeliveryError, match="no such names"):
        way.send("bruger.csv", b"new")
    assert (server.root / "bruger.csv").read_bytes() == b"old"


def test_a_login_that_may_not_delete_delivers_all_the_same(
    server: SftpServer, opened: list[SftpChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(sftp: asyncssh.SFTPClient, name: str) -> None:
        if not (server.root / name).exists():
            raise asyncssh.SFTPNoSuchFile("no such file")
        raise asyncssh.SFTPPermissionDenied("may not delete")

    monkeypatch.setattr(asyncssh.SFTPClient, "remove", refused)
    (server.root / temporary("bruger.csv", "dead-run")).write_bytes(b"half")
    opened.append(way := SftpChannel(settings(server), "run1"))
    assert "can't be removed: may not delete" in way.sweep()
    assert (way.remove("ready.txt"), way.send("bruger.csv", b"x")) == ("", "")
