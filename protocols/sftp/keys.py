"""Keys of SFTP: private keys of logins, and public keys or fingerprints that pin a server."""

from pathlib import Path

import asyncssh

from protocols.sftp.errors import UnusableHostKey, UnusableKey

WITHOUT_PASSPHRASE = "give a key without a passphrase, in a file that only this program may read"


def private_key(
    path: Path, setting: str, passphrase: str | None = None, *, if_encrypted: str = WITHOUT_PASSPHRASE
) -> asyncssh.SSHKey:
    """The key in the file that ``setting`` names. ``if_encrypted``: advice if it needs a passphrase and there is none.
    Raises UnusableKey, which names both."""
    try:
        return asyncssh.read_private_key(path, passphrase)
    except asyncssh.KeyEncryptionError as wrong:
        text = "the passphrase does not open it" if passphrase else f"it is encrypted; {if_encrypted}"
        raise UnusableKey(f"{setting}: {path}: {text}") from wrong
    except (OSError, ValueError) as wrong:  # asyncssh.KeyImportError is a ValueError
        raise UnusableKey(f"{setting}: {path} can't be read as a private key: {wrong}") from wrong


def fingerprint(pinned: str) -> str:
    """The fingerprint of a pinned host key, written as such (``SHA256:…``) or as a public key. Raises
    UnusableHostKey."""
    text = pinned.strip()
    return text if text.startswith("SHA256:") else public_key(text).get_fingerprint()


def public_key(pinned: str) -> asyncssh.SSHKey:
    """A host key in the form of ssh-keyscan. Raises UnusableHostKey."""
    try:
        return asyncssh.import_public_key(pinned)
    except asyncssh.KeyImportError as wrong:
        raise UnusableHostKey(f"host_key is neither a fingerprint SHA256:… nor a public key: {wrong}") from wrong


def algorithms(pinned: str) -> tuple[str, ...]:
    """Host key algorithms to ask the server for, the pinned key's first: a server with several keys then shows the
    pinned one. Empty for a fingerprint, which does not have it."""
    if pinned.strip().startswith("SHA256:"):
        return ()
    own = [each.decode() for each in public_key(pinned).sig_algorithms if b"@" not in each]
    return (f"^{','.join(own)}",)
