"""What makes another receiver of a delivery."""

from pathlib import Path

import pytest

from exporters.files.delivery_settings import DeliverySettings, FolderDelivery, FtpsDelivery, SftpDelivery

FOLDER = FolderDelivery(path=Path("/out"))
FTPES = FtpsDelivery(host="ftp.example.org", user="andeby", password="one")
SFTP = SftpDelivery(host="ftp.example.org", user="andeby", host_key="SHA256:one")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FOLDER, FOLDER.model_copy(update={"path": Path("/elsewhere")})),
        (FOLDER, FTPES),
        (FTPES, SFTP),
        (FTPES, FTPES.model_copy(update={"host": "ftp.example.com"})),
        (FTPES, FTPES.model_copy(update={"port": 990})),
        (FTPES, FTPES.model_copy(update={"user": "gaaseby"})),
        (FTPES, FTPES.model_copy(update={"folder": "in"})),
        (SFTP, SFTP.model_copy(update={"host_key": "SHA256:other"})),
    ],
)
def test_another_place(one: DeliverySettings, other: DeliverySettings) -> None:
    assert one.place != other.place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FOLDER, FOLDER.model_copy(update={"path": Path("/out/../out")})),
        (FTPES, FTPES.model_copy(update={"host": "FTP.example.org", "pauses": (1.0,), "idle_seconds": 5.0})),
    ],
)
def test_the_same_place(one: DeliverySettings, other: DeliverySettings) -> None:
    assert one.place == other.place


def test_the_password_is_no_part_of_it() -> None:
    assert "one" not in FTPES.place
