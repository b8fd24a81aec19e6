"""Passwords: what is accepted, and how they are kept (argon2id).

Checking one takes as long for an unknown user as for a known one: ``waste`` costs what ``matches`` costs. Both take
processor time and memory, so callers run them in a few threads, never on the event loop.
"""

import secrets
import unicodedata
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from graph.unicode_forms import in_form

SHORTEST = 12
LONGEST = 256  # characters; more would only cost time
_LONGEST_TYPED = 4 * LONGEST
"""Characters in any spelling: a letter with its marks may be typed as several."""
Rule = Literal["too_short", "too_long", "control_character", "too_few_characters", "common", "sequence"]
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
_COMMON = ("password", "adgangskode", "kodeord", "velkommen", "sommer", "vinter", "kommune", "qwerty", "qwertz")
_SEQUENCES = "abcdefghijklmnopqrstuvwxyzæøå01234567890qwertyuiopåasdfghjklæøzxcvbnm"


class PasswordRejected(ValueError):
    """A password that may not be used. ``rule`` is for code; the text says why, and never what it was."""

    def __init__(self, rule: Rule, text: str) -> None:
        super().__init__(text)
        self.rule: Rule = rule


def check(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raises PasswordRejected. ``about``: words that it may not consist of, such as the user name.

    Length counts, kinds of characters don't, and a password has no end (NIST SP 800-63B): but it may not be a known
    word with digits, its owner's name, or one character over and over. All of it in the spelling that is kept: å is one
    character, however it was typed.
    """
    if len(password) > _LONGEST_TYPED:
        raise PasswordRejected("too_long", f"A password may have at most {LONGEST} characters.")
    password = normal(password)
    if len(password) < SHORTEST:
        raise PasswordRejected("too_short", f"A password must have at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise PasswordRejected("too_long", f"A password may have at most {LONGEST} characters.")
    if any(unicodedata.category(each) == "Cc" for each in password):
        raise PasswordRejected("control_character", "A password can't contain control characters.")
    folded = password.casefold()
    if len(set(folded)) < 5:
        raise PasswordRejected("too_few_characters", "This password has too few different characters.")
    rest = folded
    for word in sorted({*_COMMON, *(each.casefold() for each in about if len(each) >= 3)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    letters = "".join(each for each in rest if each.isalpha())
    if len(letters) < 4 and rest != folded:
        raise PasswordRejected("common", "This password is a well-known word or your own name with few other letters.")
    if any(folded in sequence or folded[::-1] in sequence for sequence in (_SEQUENCES, "0123456789" * 3)):
        raise PasswordRejected("sequence", "This password follows the keyboard or the alphabet.")


def hashed(password: str) -> str:
    """With a salt of its own."""
    return _HASHER.hash(normal(password))


def matches(password: str, kept: str) -> bool:
    """Whether it is the password that was kept."""
    try:
        # One that is too long to have been kept is compared as an empty one: its end is never cut off to fit.
        return _HASHER.verify(kept, normal(password) if len(password) <= _LONGEST_TYPED else "")
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other costs than today's, and is made anew at a login."""
    return _HASHER.check_needs_rehash(kept)


def waste(password: str) -> None:
    """Take as long as ``matches`` for an unknown user."""
    matches(password, _nobodys())


def normal(password: str) -> str:
    """One spelling of letters that can be written in several ways (å as one sign or as a with a ring)."""
    return in_form("NFKC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(16))
