"""Delivery to a folder."""

import os
import stat
from pathlib import Path

from exporters.errors import DeliveryError
from exporters.files.delivery_settings import FolderDelivery
from exporters.files.file_names import is_temporary, temporary


class FolderChannel:
    """Writes a temporary file and renames it, so that a reader sees the old file or the new one."""

    def __init__(self, settings: FolderDelivery, run: str) -> None:
        self._folder = settings.path
        self._run = run
        self._file_mode = int(settings.file_mode, 8)
        self._folder_mode = int(settings.folder_mode, 8)

    def send(self, name: str, content: bytes) -> str:
        part = self._folder / temporary(name, self._run)
        try:
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

    def sweep(self) -> None:
        if not self._folder.is_dir():
            return
        try:
            for each in self._folder.iterdir():
                if is_temporary(each.name):
                    each.unlink()
        except OSError as error:
            raise DeliveryError(f"{self._folder}: {error}") from error

    def close(self) -> None:
        """Nothing is open."""

    def _make_folder(self) -> None:
        """With all that is missing above it: who may enter the folder must be able to reach it."""
        missing = [each for each in (self._folder, *self._folder.parents) if not each.is_dir()]
        for each in reversed(missing):
            each.mkdir(mode=stat.S_IRWXU, exist_ok=True)
            each.chmod(self._folder_mode)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)


def _keep(folder: Path) -> None:
    """A rename lasts when the folder is written, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
