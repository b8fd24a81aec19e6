"""CPR numbers: what one is (cpr.md §6), and how it is kept.

At rest: AES-256-GCM with a key from the settings, and a keyed hash to look up by (architecture.md §3).

Neither key is ever in Neo4j; the id of the encryption key is stored beside each number, so that keys can be rotated
while the program runs. The hash key is not rotated: it is what a person is found by.
"""

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import neo4j
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph.retry import NEXT

NONCE = 12  # bytes; the size that NIST SP 800-38D §8.2 recommends for GCM
KEY = 32


class MissingKey(Exception):
    """A number is encrypted with a key that the settings no longer have. Restore the key; no try helps before."""

    retry = NEXT


class OtherKeys(MissingKey):
    """The graph's numbers were written with other keys; with these keys no person would be found by number."""


@dataclass(frozen=True)
class Keyring:
    """``keys``: id → 32 bytes; ``newest``: id of the key for new numbers, or what finds it while the process runs;
    ``hash_key``: 32 bytes."""

    keys: Mapping[str, bytes] = field(repr=False)
    newest: str | Callable[[], str] = field(compare=False)
    hash_key: bytes = field(repr=False)

    @property
    def current(self) -> str:
        """Id of the key for new numbers; another one after a rotation."""
        return self.newest if isinstance(self.newest, str) else self.newest()

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise MissingKey(f"the current CPR key {self.current!r} is not among the keys {sorted(self.keys)}")
        for name, key in (*self.keys.items(), ("hash key", self.hash_key)):
            if len(key) != KEY:
                raise ValueError(f"CPR key {name!r} has {len(key)} bytes; {KEY} are needed")

    @classmethod
    def generate(cls) -> "Keyring":
        """New random keys (for a new installation, and for tests)."""
        return cls({"k1": os.urandom(KEY)}, "k1", os.urandom(KEY))

    def hash(self, cpr: str) -> str:
        """Keyed hash of a ten-digit CPR number: 32 hexadecimal digits."""
        return hmac.digest(self.hash_key, cpr.encode(), "sha256").hex()[:32]

    def fingerprint(self, *raw: bytes) -> str:
        """Keyed hash of anything that may contain a CPR number."""
        digest = hashlib.blake2b(key=self.hash_key, digest_size=16)
        for part in raw:
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()

    def encrypt(self, cpr: str) -> tuple[str, str]:
        """(cipher text as base64, id of the key)."""
        nonce, name = os.urandom(NONCE), self.current
        sealed = AESGCM(self.keys[name]).encrypt(nonce, cpr.encode(), name.encode())
        return base64.b64encode(nonce + sealed).decode(), name

    def decrypt(self, cipher: str, key_id: str) -> str:
        """The ten digits. Raises MissingKey, or cryptography's InvalidTag if the text was tampered with."""
        if key_id not in self.keys:
            raise MissingKey(f"CPR key {key_id!r} is needed and not in the settings; it has {sorted(self.keys)}")
        raw = base64.b64decode(cipher)
        return AESGCM(self.keys[key_id]).decrypt(raw[:NONCE], raw[NONCE:], key_id.encode()).decode()


def require_keys_of(driver: neo4j.Driver, keyring: Keyring) -> None:
    """Before numbers are looked up: whether these keys are those of a number in the graph. Raises MissingKey,
    OtherKeys.

    With other keys (those of another RECONNECT_HOME) no person would match, and each would be created a second time.
    """
    rows, _, _ = driver.execute_query(
        """
        MATCH (p:Person)
        WHERE p.cpr_hash IS NOT NULL
        RETURN p.cpr_cipher AS cipher, p.cpr_key AS key, p.cpr_hash AS hash
        LIMIT 1
        """,
        routing_=neo4j.RoutingControl.READ,
    )
    for row in rows:
        try:
            same = keyring.hash(keyring.decrypt(row["cipher"], row["key"])) == row["hash"]
        except InvalidTag:
            same = False
        if not same:
            raise OtherKeys(
                "The CPR numbers in this graph were written with other keys. Nothing was read or written. Use the keys "
                "that belong to it: the folder secrets of the RECONNECT_HOME it was filled from (from a backup, if it "
                "was lost), or cpr_keys.keys and cpr_keys.hash_key of those settings."
            )


# Where numbers are: label, and the properties that identify a node, contain the cipher text, and name its key.
_HOLDERS = (
    ("Person", "uuid", "cpr_cipher", "cpr_key"),
    ("FormerCpr", "hash", "cipher", "key"),
    ("Attachment", "id", "cipher", "key"),  # the key of its file
)


def rotate(driver: neo4j.Driver, keyring: Keyring, batch: int = 1000) -> int:
    """Encrypt anew, with the current key, every number under another key. Returns how many. May be repeated."""
    return sum(_rotate(driver, keyring, batch, *names) for names in _HOLDERS)


def _rotate(driver: neo4j.Driver, keyring: Keyring, batch: int, label: str, name: str, cipher: str, key: str) -> int:
    done = 0
    while True:
        rows, _, _ = driver.execute_query(
            f"""
            MATCH (n:{label})
            WHERE n.{key} <> $current
            RETURN n.{name} AS name, n.{cipher} AS cipher, n.{key} AS key
            LIMIT $batch
            """,
            current=keyring.current,
            batch=batch,
        )
        if not rows:
            return done
        renewed = []
        for row in rows:
            sealed, sealed_with = keyring.encrypt(keyring.decrypt(row["cipher"], row["key"]))
            renewed.append({"name": row["name"], "old": row["cipher"], "cipher": sealed, "key": sealed_with})
        # The old cipher text is compared, so that a number that an import has just replaced is left alone.
        driver.execute_query(
            f"""
            UNWIND $renewed AS row
            MATCH (n:{label} {{{name}: row.name, {cipher}: row.old}})
            SET n.{cipher} = row.cipher, n.{key} = row.key
            """,
            renewed=renewed,
        )
        done += len(renewed)


# -- what a CPR number is ---------------------------------------------------------------------------------------------

_REPLACEMENT_DAYS = 60
"""Added to the day of birth in a replacement number (erstatningspersonnummer; cpr.md §6)."""
_BETWEEN = r"[\s\u2010-\u2015\u2212-]"
"""Blanks, hyphens and dashes, as people put them into a number."""
_BETWEEN_IN_TEXT = r"[\s\u2010-\u2015\u2212\u200c\u200d./_\u00b7-]"
"""What may also separate the digits of a number in a text: dots, slashes, joiners. ``\\s`` is any script's blank."""
_LIKE_A_NUMBER = re.compile(rf"(?<!\d)\d\d(?:{_BETWEEN_IN_TEXT}?\d\d){{2}}{_BETWEEN_IN_TEXT}{{0,3}}\d{{4}}(?!\d)")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_FIRST_HALF = re.compile(r"\b\d{6}-")
_HIDDEN = "XXXXXX-XXXX"
_DOTS = "••••••••••"
_SEPARATOR = re.compile(_BETWEEN)
NOT_A_NUMBER = "this is not a valid CPR number: ten digits that begin with a date (DDMMYY)"


def is_number(digits: str) -> bool:
    """Whether ten digits are a CPR number, or a replacement number: the one rule for every source and question.

    They begin with a date, in the century that the seventh digit and the year give; a replacement number has 60 added
    to its day. One digit ten times is a placeholder. Modulus 11 is not checked: numbers without a valid check digit
    have been issued since 2007.
    """
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or len(set(digits)) == 1:
        return False
    day = int(digits[:2]) - (_REPLACEMENT_DAYS if is_replacement(digits) else 0)
    try:
        date(_century(digits) + int(digits[4:6]), int(digits[2:4]), day)
    except ValueError:
        return False
    return True


def number_in(written: str) -> str | None:
    """The ten digits of a number as people write it, with blanks or a hyphen; None for what is not a CPR number."""
    digits = _SEPARATOR.sub("", written)
    return digits if is_number(digits) else None


def numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Places of CPR numbers in a text, in whatever digits: (start, end), half-open. Ten digits of a uuid are none."""
    for found in _LIKE_A_NUMBER.finditer(text):
        digits = "".join(str(unicodedata.decimal(each)) for each in found[0] if each.isdecimal())
        if is_number(digits) and not any(each.start() <= found.start() < each.end() for each in _UUID.finditer(text)):
            yield found.span()


def numbers_hidden(text: str) -> str:
    """The text with its CPR numbers replaced."""
    for start, end in reversed([*numbers_in(text)]):
        text = text[:start] + _HIDDEN + text[end:]
    return text


def _century(digits: str) -> int:
    seventh, year = int(digits[6]), int(digits[4:6])
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800


def is_replacement(cpr: str) -> bool:
    """Whether ten digits are a replacement number, which payroll uses until the register has given one."""
    return int(cpr[:2]) > _REPLACEMENT_DAYS


def birthday(cpr: str) -> str:
    """Day, month and year (six digits) of a number, also of a replacement number."""
    day = int(cpr[:2])
    return f"{day - _REPLACEMENT_DAYS if is_replacement(cpr) else day:02d}{cpr[2:6]}"


# -- hiding possible numbers ----------------------------------------------------------------------------------------

# Separators between two digits, and between the groups DD MM YY NNNN. With a dot or a dash elsewhere it is another
# number, such as a network address.
_THIN = "[ \t\u00a0\u00ad\u2007\u2009\u200a\u200b\u200c\u200d\u202f\u2060\ufeff]?"
_GROUPED = _THIN + "[-\u2010-\u2015\u2212./]?" + _THIN


def _spaced(*digits: str) -> str:
    return _THIN.join(digits)


# Ten digits beginning with a day (1–31, or 61–91 for a replacement number) and a month, however people write them; not
# inside a longer number or an identifier in hexadecimal, and no day of the calendar with an hour after it.
PERHAPS_A_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?![0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))"
    + f"(?:0{_THIN}[1-9]|[1278]{_THIN}[0-9]|3{_THIN}[01]|6{_THIN}[1-9]|9{_THIN}[01])"
    + f"{_GROUPED}(?:0{_THIN}[1-9]|1{_THIN}[0-2])"
    + f"{_GROUPED}{_spaced('[0-9]', '[0-9]')}"
    + f"{_GROUPED}{_spaced('[0-9A-Za-z]', '[0-9]', '[0-9]', '[0-9]')}"
    + r"(?![0-9A-Za-z])"
)


def without_numbers(text: str) -> str:
    """What others have written, for a message: without anything that looks like a CPR number, whether it is one or
    not, and without the first half of one that is broken off at its hyphen."""
    for pattern in (PERHAPS_A_NUMBER, _LIKE_A_NUMBER, _FIRST_HALF):
        text = pattern.sub(_DOTS, text)
    return text
