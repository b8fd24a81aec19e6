"""The contract of a way to a target: send a file so that it is never seen half-written, and look at what is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from exporters.files.delivery_settings import DeliverySettings, FolderDelivery, FtpsDelivery
from exporters.files.folder import FolderChannel
from exporters.files.ftpes import FtpsChannel


class Channel(Protocol):
    """A way to a target. Every method raises DeliveryError, with the target's own words."""

    def send(self, name: str, content: bytes) -> str:
        """Put the file there, whole or not at all; how it got its name, for the report ("" = nothing to tell)."""
        ...

    def read(self, name: str) -> bytes | None:
        """The file as it is there; None when there is none, or when the target lets nobody read."""
        ...

    def sweep(self) -> None:
        """Remove what uploads of earlier, broken runs have left under temporary names of ours."""
        ...

    def close(self) -> None: ...


@contextmanager
def channel(settings: DeliverySettings, run: str) -> Iterator[Channel]:
    """The way that the settings tell, for one run."""
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
