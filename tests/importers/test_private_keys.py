"""Private keys and certificates that can't be read: foreseen, told with file and setting, and nothing is sent."""

from pathlib import Path

import asyncssh
import pytest

from exporters.errors import DeliveryError
from exporters.files.channel import channel
from exporters.files.delivery_settings import FtpsDelivery, SftpDelivery
from graph.retry import NEXT
from importers.active_directory.connection import connect
from importers.active_directory.settings import ActiveDirectorySettings
from importers.cpr.errors import LoginRejected
from importers.cpr.mailbox import Mailbox
from importers.cpr.settings import SftpPlace as CprPlace
from importers.opus.places import SftpServer
from importers.opus.settings import SftpPlace as OpusPlace
from importers.source import SourceError

HOST = "127.0.0.1"
PORT = 1
"""Nobody listens there: what gets so far as to call fails in another way."""


@pytest.fixture(params=["absent", "empty", "words", "certificate", "half", "encrypted", "folder"])
def key(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "id"
    pair = asyncssh.generate_private_key("ssh-ed25519")
    whole = pair.export_private_key()
    match request.param:
        case "empty":
            path.write_bytes(b"")
        case "words":
            path.write_text("not a key\n")
        case "certificate":
            path.write_bytes(pair.export_public_key())
        case "half":
            path.write_bytes(whole[: len(whole) // 2])
        case "encrypted":
            path.write_bytes(pair.export_private_key(passphrase="other words"))
        case "folder":
            path.mkdir()
    return path


def host_key() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def test_opus_names_the_file_and_setting(key: Path) -> None:
    server = SftpServer(OpusPlace(host=HOST, port=PORT, user="u", host_key=host_key(), private_key=key))
    with pytest.raises(SourceError, match=r"sources\.opus\.sftp\.private_key") as told:
        server.names()
    assert str(key) in str(told.value)
    assert told.value.retry == NEXT


def test_the_mailbox_names_the_file_and_setting(key: Path) -> None:
    place = CprPlace(host=HOST, port=PORT, user="u", host_key=host_key(), private_key=key)
    told_of = r"sources\.cpr\.subscription\.files\.private_key"
    with Mailbox(place) as box, pytest.raises(LoginRejected, match=told_of) as told:
        box.names()
    assert str(key) in str(told.value)


def test_a_key_opens_with_its_passphrase(tmp_path: Path) -> None:
    """In OpenSSH's own form, which needs a library more: what ssh-keygen makes with a passphrase is the usual key."""
    path = tmp_path / "id"
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key(passphrase="right words"))
    settings = SftpDelivery(
        host=HOST, port=PORT, user="u", host_key=host_key(), private_key_file=path, passphrase="right words"
    )
    with channel(settings, "run") as opened, pytest.raises(DeliveryError) as told:
        opened.send("a.csv", b"x")
    assert "private_key_file" not in str(told.value)


@pytest.mark.parametrize("passphrase", [None, "wrong words"])
def test_the_delivery_names_the_file_and_setting(key: Path, passphrase: str | None) -> None:
    settings = SftpDelivery(
        host=HOST, port=PORT, user="u", host_key=host_key(), private_key_file=key, passphrase=passphrase
    )
    with channel(settings, "run") as opened, pytest.raises(DeliveryError, match=r"delivery\.private_key_file") as told:
        opened.send("a.csv", b"x")
    assert str(key) in str(told.value)
    assert told.value.retry == NEXT
    assert "words" not in str(told.value)


def test_certificates_of_a_server_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    absent, words = tmp_path / "absent.pem", tmp_path / "words.pem"
    words.write_text("not a certificate\n")
    for path in (absent, words):
        settings = FtpsDelivery(host=HOST, port=PORT, user="u", ca_file=path)
        with pytest.raises(DeliveryError, match=r"delivery\.ca_file") as told, channel(settings, "run"):
            pass
        assert str(path) in str(told.value)
        assert told.value.retry == NEXT
    settings_of_ad = ActiveDirectorySettings(controllers=(HOST,), user="u", password="p", base="DC=a", ca_file=absent)
    with pytest.raises(SourceError, match="ca_file") as refused, connect(settings_of_ad, HOST):
        pass
    assert str(absent) in str(refused.value)
