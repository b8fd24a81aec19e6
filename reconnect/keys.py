"""The keys for CPR numbers: from the settings, otherwise made once for the instance and kept in its secrets."""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import SecretStr

from graph.cpr.keyring import KEY, Keyring
from reconnect.embedded.home import Home
from reconnect.exits import CommandFailed, Exit
from reconnect.settings.tree import CprKeySettings

_PREFIX = "cpr_key_"
_NAME = re.compile(f"{_PREFIX}k[0-9]+", re.ASCII)
_HASH = "cpr_hash_key"


def keyring(settings: CprKeySettings, home: Home) -> Keyring:
    """The effective keys. Raises CommandFailed (usage) if those in the settings are wrong or incomplete."""
    if settings.keys or settings.hash_key is not None:
        return _configured(settings)
    home.create()
    with home.locked():
        _make_missing(home)
    keys = KeptKeys(home)
    return Keyring(keys, keys.newest, _bytes(_HASH, home.secret(_HASH)))


class KeptKeys(Mapping[str, bytes]):
    """The keys in the home, by id. Keys made later are found too, and used for new numbers, so that a rotation needs no
    restart."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._read = self._all()

    def newest(self) -> str:
        """The id of the key that was made last."""
        return max((file.name.removeprefix(_PREFIX) for file in _files(self._home)), key=_number)

    def _all(self) -> dict[str, bytes]:
        return {file.name.removeprefix(_PREFIX): _bytes(file.name, file.read_text()) for file in _files(self._home)}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            self._read = self._all()
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def add_key(settings: CprKeySettings, home: Home) -> str:
    """Make a new current key for an instance that keeps its own. Returns its id.

    With keys in the settings, the operator has to add the new one there: raises CommandFailed.
    """
    if settings.keys or settings.hash_key is not None:
        raise CommandFailed(
            "The CPR keys are in the settings: add a key to cpr_keys.keys there (32 random bytes in base64, e.g. from "
            "`openssl rand -base64 32`), name it in cpr_keys.current, restart what runs with these settings, then run "
            "`reconnect keys rotate --no-new-key`.",
            Exit.USAGE,
        )
    keyring(settings, home)
    with home.locked():
        newest = max((_number(file.name.removeprefix(_PREFIX)) for file in _files(home)), default=0)
        name = f"k{newest + 1}"
        home.keep_secret(f"{_PREFIX}{name}", _new())
    return name


def _configured(settings: CprKeySettings) -> Keyring:
    if not settings.keys or settings.hash_key is None:
        raise CommandFailed("cpr_keys.keys and cpr_keys.hash_key belong together: set both, or neither.", Exit.USAGE)
    if settings.current not in settings.keys:
        raise CommandFailed(
            f"cpr_keys.current is {settings.current!r}, "
            f"which is not among cpr_keys.keys ({', '.join(sorted(settings.keys))}).",
            Exit.USAGE,
        )
    keys = {name: _bytes(f"cpr_keys.keys.{name}", _plain(key)) for name, key in settings.keys.items()}
    return Keyring(keys, settings.current, _bytes("cpr_keys.hash_key", _plain(settings.hash_key)))


def _make_missing(home: Home) -> None:
    if not _files(home):
        home.keep_secret(f"{_PREFIX}k1", _new())
    if not (home.secrets / _HASH).exists():
        home.keep_secret(_HASH, _new())


def _files(home: Home) -> list[Path]:
    """Those of the keys, not copies that people or editors keep beside them."""
    return sorted(each for each in home.secrets.glob(f"{_PREFIX}k*") if _NAME.fullmatch(each.name))


def _number(name: str) -> int:
    return int(name.removeprefix("k"))


def _new() -> str:
    return base64.b64encode(os.urandom(KEY)).decode()


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()


def _bytes(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise CommandFailed(f"{name} is not base64 of {KEY} bytes.", Exit.USAGE) from error
    if len(key) != KEY:
        raise CommandFailed(
            f"{name} has {len(key)} bytes; it needs {KEY} (e.g. `openssl rand -base64 32`).", Exit.USAGE
        )
    return key
