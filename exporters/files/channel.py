"""The contract of a channel to a target: send a file so that it is never seen half-written, and read what is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from exporters.files.delivery_settings import DeliverySettings, FolderDelivery, FtpsDelivery
from exporters.files.folder import FolderChannel
from exporters.files.ftpes import FtpsChannel


class Channel(Protocol):
    """A channel to a target. Every method raises DeliveryError, with the target's own words."""

    def send(self, name: str, content: bytes) -> str:
        """Put the file there, whole or not at all; how it got its name, for the report ("" = as usual)."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of the file; None if the file does not exist, or the target does not allow reading."""
        ...

    def sweep(self) -> None:
        """Remove temporary files that earlier, broken runs of ours have left."""
        ...

    def close(self) -> None: ...


@contextmanager
def channel(settings: DeliverySettings, run: str) -> Iterator[Channel]:
    """The channel of the settings, for one run."""
    opened: Channel
    if isinstance(settings, FolderDelivery):
        opened = FolderChannel(settings, run)
    elif isinstance(settings, FtpsDelivery):
        opened = FtpsChannel(settings, run)
    else:
        from exporters.files.sftp import SftpChannel  # only here: asyncssh takes long to load

        opened = SftpChannel(settings, run)
    try:
        yield opened
    finally:
        opened.close()
