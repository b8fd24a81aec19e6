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

    def remove(self, name: str) -> str:
        """Remove a file; one that is not there is fine. Why it was refused, for the report ("" = it is gone)."""
        ...

    def sweep(self) -> str:
        """Remove what earlier, broken runs of ours have left. What of it was refused, for the report: a login that may
        not look or delete can deliver all the same."""
        ...

    def close(self) -> None: ...


@contextmanager
def channel(settings: DeliverySettings, run: str, *, is_known: bool = False) -> Iterator[Channel]:
    """The channel of the settings, for one run. ``is_known``: files were delivered there before."""
    opened: Channel
    if isinstance(settings, FolderDelivery):
        opened = FolderChannel(settings, run, is_known=is_known)
    elif isinstance(settings, FtpsDelivery):
        opened = FtpsChannel(settings, run)
    else:
        from exporters.files.sftp import SftpChannel  # only here: asyncssh takes long to load

        opened = SftpChannel(settings, run)
    try:
        yield opened
    finally:
        opened.close()
