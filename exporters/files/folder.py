"""Delivery to a folder."""

import os
import stat
from pathlib import Path

from exporters.errors import DeliveryError
from exporters.files.delivery_settings import FolderDelivery
from exporters.files.file_names import leftovers, temporary


class FolderChannel:
    """Writes a temporary file and renames it, so that a reader sees the old file or the new one.

    ``is_known``: files were delivered there before. Then a folder that is missing is not made: a share that isn't
    mounted looks like that, and nobody would read what is written below its mount point.
    """

    def __init__(self, settings: FolderDelivery, run: str, *, is_known: bool = False) -> None:
        self._folder = settings.path
        self._mounted = settings.mounted
        self._is_known = is_known
        self._run = run
        self._file_mode = int(settings.file_mode, 8)
        self._folder_mode = int(settings.folder_mode, 8)

    def send(self, name: str, content: bytes) -> str:
        part = self._folder / temporary(name, self._run)
        try:
            self._require_share()
            self._make_folder()
            with open(part, "wb", opener=_private) as file:
                os.fchmod(file.fileno(), self._file_mode)  # whatever the process's umask is
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
            _keep(self._folder)
        except OSError as error:
            raise DeliveryError(f"{self._folder / name}: {error}") from error
        return ""

    def read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DeliveryError(f"{self._folder / name}: {error}") from error

    def remove(self, name: str) -> str:
        try:
            self._require_share()
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            return f"{self._folder / name} can't be removed: {error.strerror or error}"
        return ""

    def sweep(self) -> str:
        self._require_share()
        try:
            left = leftovers(each.name for each in self._folder.iterdir())
        except OSError:
            return ""  # there is nothing yet, or nothing that may be seen
        return "; ".join(filter(None, map(self.remove, left)))

    def close(self) -> None:
        """Nothing is open."""

    def _require_share(self) -> None:
        """Raises DeliveryError where the folder is not what it was: files would be written that nobody reads."""
        if self._is_known and not self._folder.is_dir():
            text = f"{self._folder} is missing, and files were delivered there before: is the share mounted?"
            raise DeliveryError(f"{text} Nothing was sent. If it was moved on purpose, create the new folder by hand.")
        if self._mounted and _mount_point(self._folder) == Path("/"):
            raise DeliveryError(f"{self._folder} is on no mounted share (delivery.mounted). Nothing was sent.")

    def _make_folder(self) -> None:
        """With all that is missing above it: who may enter the folder must be able to reach it."""
        missing = [each for each in (self._folder, *self._folder.parents) if not each.is_dir()]
        for each in reversed(missing):
            each.mkdir(mode=stat.S_IRWXU, exist_ok=True)
            each.chmod(self._folder_mode)


def _mount_point(folder: Path) -> Path:
    """Of the file system that the folder is on, or will be on."""
    path = folder.expanduser().resolve()
    return next(each for each in (path, *path.parents) if each.is_mount())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)


def _keep(folder: Path) -> None:
    """A rename lasts when the folder is written, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
