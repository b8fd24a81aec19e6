"""Private keys of SFTP logins, read where they are needed: a file that is not one is told by its name and setting."""

from pathlib import Path

import asyncssh

from graph.retry import NEXT
from importers.source import SourceError


class UnreadableKey(SourceError):
    """The file of a private key can't be read. A person has to put another in its place."""

    retry = NEXT


def private_key(path: Path, setting: str) -> asyncssh.SSHKey:
    """The key in the file that the setting names. Raises UnreadableKey."""
    try:
        return asyncssh.read_private_key(path)
    except asyncssh.KeyEncryptionError as error:
        text = "is encrypted; give a key without a passphrase, in a file that only this program may read"
        raise UnreadableKey(f"{setting}: {path} {text}") from error
    except (OSError, ValueError) as error:  # asyncssh.KeyImportError is a ValueError
        raise UnreadableKey(f"{setting}: {path} can't be read as a private key: {error}") from error
