"""Delivery over FTP with TLS, against a real server. ``files_NN``: pitfalls of files_and_rest.md."""

import ftplib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, cast

import neo4j
import pytest

from exporters.errors import DeliveryError
from exporters.files.delivery_settings import FtpsDelivery
from exporters.files.file_names import aside, temporary
from exporters.files.ftpes import FtpsChannel, _upload
from exporters.files.pipeline import run_export
from graph.cpr.keyring import Keyring
from graph.retry import NEVER
from tests.exporters.files.servers import PASSWORD, USER, FtpServer, ftp_server
from tests.exporters.staff_list import StaffList

BIG = b"0123456789abcdef" * 65536


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FtpServer]:
    root = tmp_path / "receiver"
    root.mkdir()
    with ftp_server(root, tmp_path) as running:
        yield running


def settings(server: FtpServer, **values: object) -> FtpsDelivery:
    return FtpsDelivery.model_validate(
        {
            "host": "127.0.0.1",
            "port": server.port,
            "user": USER,
            "password": PASSWORD,
            "ca_file": server.ca_file,
            "pauses": (0, 0),
            "idle_seconds": 5,
            **values,
        }
    )


def test_a_file_arrives_under_a_temporary_name_and_is_renamed(server: FtpServer) -> None:
    way = FtpsChannel(settings(server), "run1")
    assert way.send("bruger.csv", BIG) == ""
    assert way.send("bruger.csv", BIG[:10]) == ""
    assert (server.root / "bruger.csv").read_bytes() == BIG[:10]
    assert [each.name for each in server.root.iterdir()] == ["bruger.csv"]
    assert server.uploaded(2) == [temporary("bruger.csv", "run1")] * 2
    assert (way.read("bruger.csv"), way.read("leder.csv")) == (BIG[:10], None)


def test_a_certificate_of_an_unknown_authority_is_refused_before_the_login(server: FtpServer) -> None:
    way = FtpsChannel(settings(server, ca_file=None), "run1")
    with pytest.raises(DeliveryError, match="is not trusted") as refused:
        way.send("bruger.csv", b"x")
    assert refused.value.retry == NEVER
    assert server.logins == []
    assert list(server.root.iterdir()) == []


def test_a_certificate_for_another_name_is_refused_before_the_login(server: FtpServer) -> None:
    with pytest.raises(DeliveryError, match="is not trusted"):
        FtpsChannel(settings(server, host="localhost"), "run1").send("bruger.csv", b"x")
    assert server.logins == []


def test_a_wrong_password_is_not_tried_again(server: FtpServer, clean_graph: neo4j.Driver) -> None:
    target = StaffList(settings(server, password="wrong"))
    report = run_export(clean_graph, target, target.read, Keyring.generate())
    assert "530" in report.error
    assert server.logins == [USER]


def test_16_a_reset_after_the_last_byte_counts_as_delivered_once(server: FtpServer, clean_graph: neo4j.Driver) -> None:
    ring = Keyring.generate()
    server.resets = 2
    target = StaffList(settings(server))
    report = run_export(clean_graph, target, target.read, ring)
    assert [(each.outcome, each.attempts) for each in report.files] == [("sent", 1), ("sent", 1)]
    assert "broke off after the last byte" in report.files[0].note
    assert server.resets == 0
    assert (server.root / "people.csv").read_bytes() == report.files[1].content
    assert run_export(clean_graph, target, target.read, ring).sent == []


def test_an_upload_that_is_cut_is_tried_again_and_the_old_file_stays_meanwhile(
    server: FtpServer, clean_graph: neo4j.Driver
) -> None:
    (server.root / "units.csv").write_bytes(b"old")
    people = {f"p{number}": "x" * 1000 for number in range(1000)}
    server.cuts = 1
    target = StaffList(settings(server), people)
    report = run_export(clean_graph, target, target.read, Keyring.generate())
    assert [each.outcome for each in report.files] == ["sent", "sent"]
    assert max(each.attempts for each in report.files) == 2
    assert (server.root / "people.csv").read_bytes() == report.files[1].content


def test_after_three_attempts_the_target_has_failed_and_the_next_run_sends_all(
    server: FtpServer, clean_graph: neo4j.Driver
) -> None:
    ring, pauses = Keyring.generate(), list[float]()
    target = StaffList(settings(server, pauses=(2, 10)))
    run_export(clean_graph, target, target.read, ring)
    changed = StaffList(settings(server, pauses=(2, 10)), {f"p{n}": "x" * 1000 for n in range(1000)})
    server.cuts = 3
    report = run_export(clean_graph, changed, changed.read, ring, sleep=pauses.append)
    assert report.error
    assert report.files[1].attempts == 3
    assert pauses == [2, 10]
    assert run_export(clean_graph, changed, changed.read, ring).sent == ["units.csv", "people.csv"]


def test_a_connection_that_breaks_in_the_middle_reports_how_much_arrived(server: FtpServer) -> None:
    server.cuts = 1
    with pytest.raises(DeliveryError) as broken:
        FtpsChannel(settings(server), "run1").send("bruger.csv", BIG * 8)
    told = re.search(r"bruger\.csv broke off: (\d+) of (\d+) bytes (arrived|were sent); then: .", str(broken.value))
    assert told is not None, str(broken.value)
    assert int(told[2]) == len(BIG) * 8
    assert 100_000 <= int(told[1]) < len(BIG) * 8
    left = next(server.root.iterdir()).stat().st_size
    assert (told[3], int(told[1])) in (("arrived", left), ("were sent", int(told[1])))


def test_a_download_that_breaks_in_the_middle_reports_how_much_came(
    server: FtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server.root / "bruger.csv").write_bytes(BIG)

    def broken(ftp: ftplib.FTP, command: str, take: Callable[[bytes], None]) -> str:
        take(BIG[:1000])
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(ftplib.FTP, "retrbinary", broken)
    with pytest.raises(DeliveryError, match=f"broke off: 1000 of {len(BIG)} bytes came; .*reset by peer"):
        FtpsChannel(settings(server), "run1").read("bruger.csv")


def test_leftovers_of_broken_runs_are_removed_and_only_ours(server: FtpServer) -> None:
    (server.root / temporary("bruger.csv", "dead-run")).write_bytes(b"half")
    (server.root / "theirs.part").write_bytes(b"x")
    FtpsChannel(settings(server), "run2").sweep()
    assert [each.name for each in server.root.iterdir()] == ["theirs.part"]


def test_without_a_temporary_name_the_file_is_written_directly(server: FtpServer) -> None:
    FtpsChannel(settings(server, temporary=False), "run1").send("bruger.csv", b"x")
    assert server.uploaded(1) == ["bruger.csv"]


def test_the_password_is_in_no_text(server: FtpServer) -> None:
    assert PASSWORD not in repr(settings(server))
    with pytest.raises(DeliveryError) as refused:
        FtpsChannel(settings(server, password=PASSWORD + "x"), "run1").send("bruger.csv", b"x")
    assert PASSWORD not in str(refused.value)


def test_a_login_that_may_not_delete_delivers_all_the_same(tmp_path: Path) -> None:
    root = tmp_path / "receiver"
    root.mkdir()
    left = temporary("bruger.csv", "dead-run")
    (root / left).write_bytes(b"half")
    with ftp_server(root, tmp_path, permissions="elrfmwMT") as server:
        way = FtpsChannel(settings(server), "run1")
        assert way.sweep().startswith(f"{left} can't be removed: 550")
        assert way.send("bruger.csv", b"x") == ""
        assert way.remove("ready.txt") == "", "what is not there is gone"


def test_an_empty_folder_may_be_answered_with_an_error(server: FtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> NoReturn:
        raise ftplib.error_temp("450 No files found")

    for name in ("mlsd", "nlst"):
        monkeypatch.setattr(ftplib.FTP, name, refused)
    assert FtpsChannel(settings(server), "run1").sweep() == ""


@pytest.mark.parametrize(("refuses", "there"), [("onto a file", b"new"), ("this name", b"old")])
def test_a_file_is_not_given_up_before_the_new_one_has_its_name(
    server: FtpServer, monkeypatch: pytest.MonkeyPatch, refuses: str, there: bytes
) -> None:
    rename = ftplib.FTP.rename

    def picky(ftp: ftplib.FTP, old: str, new: str) -> str:
        is_back = old == aside(new)
        if new == "bruger.csv" and not is_back and (refuses == "this name" or (server.root / new).exists()):
            raise ftplib.error_perm("553 refused")
        return rename(ftp, old, new)

    (server.root / "bruger.csv").write_bytes(b"old")
    monkeypatch.setattr(ftplib.FTP, "rename", picky)
    way = FtpsChannel(settings(server), "run1")
    if refuses == "this name":
        with pytest.raises(DeliveryError, match="553"):
            way.send("bruger.csv", b"new")
    else:
        assert "in two steps" in way.send("bruger.csv", b"new")
    assert (server.root / "bruger.csv").read_bytes() == there
    way.sweep()
    assert [each.name for each in server.root.iterdir()] == ["bruger.csv"]


class _Refusing:
    """A server that has every byte, and then answers; and its data connection."""

    def __init__(self, answer: Exception) -> None:
        self.answer = answer

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self

    def voidresp(self) -> None:
        raise self.answer


@pytest.mark.parametrize("code", ["450", "451", "452", "550", "552"])
def test_what_is_refused_after_the_last_byte_is_not_delivered(code: str) -> None:
    """A scan for viruses, or no space left: the file may be there, at its full size, and is not wanted."""
    refused = (ftplib.error_temp if code < "5" else ftplib.error_perm)(f"{code} refused")
    with pytest.raises(type(refused), match=code):
        _upload(cast(ftplib.FTP_TLS, _Refusing(refused)), "bruger.csv", BIG)


@pytest.mark.parametrize(
    "silence",
    [ftplib.error_temp("426 aborted"), ftplib.error_temp("421 idle"), EOFError(), TimeoutError(), BrokenPipeError()],
)
def test_silence_after_the_last_byte_says_nothing_of_the_file(silence: Exception) -> None:
    assert _upload(cast(ftplib.FTP_TLS, _Refusing(silence)), "bruger.csv", BIG) is silence
