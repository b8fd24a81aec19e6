"""Patterns of names: ``{given:2}{last:2}{counter:2}`` makes ``anbe01`` of Anna Berg.

A part in braces is a field, with a number the first letters of it, or the least digits of a counter. What a field may
be is in ``FIELDS``; whatever else stands in a pattern stands in each name. Letters of user names and mail addresses are
a to z: æ is ae, ø is oe, å is aa, and other letters lose their accents and signs.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.unicode_forms import in_form

FIELDS: Mapping[str, str] = {
    "given": "the first given name",
    "middle": "the other given names",
    "last": "the last word of the surname",
    "surname": "the whole surname",
    "name": "the whole name",
    "initials": "the first letter of each name",
    "number": "the employment number",
    "letters": "letters that follow from the person, and say nothing",
    "counter": "a number from 1, where the name is taken without it from 2",
    "login": "the user name",
    "mail": "the mail address",
}
LONGEST_LOGIN = 20
"""Characters of a ``sAMAccountName``. CN is another field, and has 64."""
_NOT_IN_LOGIN = re.compile(r'["\[\]:;|=+*?<>/\\,@\x00-\x1f]')
LONGEST_COMMON_NAME = 64
LONGEST_MAIL = 256
LONGEST_LOCAL = 64
"""Characters before the @: RFC 5321 §4.5.3.1.1."""
_FIELD = re.compile(r"\{([a-z]+)(?::([0-9]{1,2}))?\}")
_DANISH = {"æ": "ae", "ø": "oe", "å": "aa", "ß": "ss", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ı": "i", "œ": "oe"}
LONGEST_PATTERN = 200
"""Characters of a pattern,"""
MOST_PATTERNS = 20
"""and patterns of one field: each is tried with each number."""
_MOST = 999
"""Numbers that are tried for one pattern."""


class PatternWrong(ValueError):
    """A pattern that makes no names."""


@dataclass(frozen=True, slots=True)
class Part:
    """Fixed text, or a field. ``length``: how many of its letters; 0 = all."""

    text: str
    field: str = ""
    length: int = 0


@lru_cache(256)
def parts_of(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern. Raises PatternWrong naming what is wrong and what is allowed."""
    found: list[Part] = []
    place = 0
    for match in _FIELD.finditer(pattern):
        if match.start() > place:
            found.append(Part(pattern[place : match.start()]))
        if match[1] not in FIELDS:
            raise PatternWrong(f"{{{match[1]}}} is not known; allowed: {', '.join(sorted(FIELDS))}")
        found.append(Part("", match[1], int(match[2] or 0)))
        place = match.end()
    if place < len(pattern):
        found.append(Part(pattern[place:]))
    if any(sign in each.text for each in found for sign in "{}"):
        raise PatternWrong(f"{pattern!r}: write a field as {{given}} or {{given:2}}")
    if not any(each.field for each in found):
        raise PatternWrong(f"{pattern!r} makes the same name for everyone: it needs a field, such as {{given:2}}")
    return tuple(found)


def check_patterns(patterns: Collection[str], field: str) -> None:
    """Whether patterns suit a field (login, mail, principal_name, common_name). Raises PatternWrong."""
    if len(patterns) > MOST_PATTERNS:
        raise PatternWrong(f"{len(patterns)} patterns are too many; {MOST_PATTERNS} are allowed")
    for each in patterns:
        _check(each, field)


def _check(pattern: str, field: str) -> None:
    if len(pattern) > LONGEST_PATTERN:
        text = f"{pattern[:20]!r} … has {len(pattern)} characters; {LONGEST_PATTERN} are allowed in a pattern"
        raise PatternWrong(text)
    fields = {each.field for each in parts_of(pattern)}
    if field == "login" and fields & {"login", "mail"}:
        raise PatternWrong("the user name is made before the mail address: neither can be used in it")
    if field == "mail" and "mail" in fields:
        raise PatternWrong("{mail} is what the pattern makes")
    domain = pattern.rpartition("@")[2] if pattern.count("@") == 1 else ""
    own = field == "principal_name" and pattern.strip() == "{mail}"
    if field in ("mail", "principal_name") and not own and ("." not in domain or "{" in domain):
        raise PatternWrong(f"{pattern!r}: it ends with @ and the domain, such as {{login}}@example.dk")


@dataclass(frozen=True, slots=True)
class Named:
    """What names are made of. ``seed``: the person's uuid, from which letters follow."""

    given: str
    surname: str
    number: str = ""
    seed: str = ""

    @property
    def whole(self) -> str:
        return " ".join(filter(None, (self.given, self.surname)))

    def field(self, name: str) -> str:
        given, surname = self.given.split(), self.surname.split()
        match name:
            case "given":
                return given[0] if given else ""
            case "middle":
                return " ".join(given[1:])
            case "last":
                return surname[-1] if surname else ""
            case "surname":
                return self.surname
            case "name":
                return self.whole
            case "initials":
                return "".join(each[0] for each in (*given, *surname))
            case "number":
                return self.number
        return ""


def latin(text: str) -> str:
    """Small letters a to z, digits and signs: æ is ae, ø is oe, å is aa; accents go, and letters of other scripts."""
    whole = in_form("NFC", text.lower())  # å may be written as a and a ring
    return "".join(map(_spelt, whole))


@lru_cache(4_096)
def _spelt(letter: str) -> str:
    """One sign at a time is taken off, so that ø with an accent is oe, and å with one is aa."""
    if letter in _DANISH:
        return _DANISH[letter]
    if letter.isascii():
        return letter
    parts = [each for each in unicodedata.decomposition(letter).split() if not each.startswith("<")]
    return "".join(_spelt(chr(int(each, 16)).lower()) for each in parts)


def login_problem(login: str) -> str:
    """Why Windows would refuse a sAMAccountName; empty if it would not. Samba accepts much of this."""
    if not login:
        return "there is none"
    if len(login) > LONGEST_LOGIN:
        return f"it has {len(login)} characters; at most {LONGEST_LOGIN} are allowed"
    if found := _NOT_IN_LOGIN.search(login):
        return f"{found[0]!r} is not allowed in it"
    return (
        "a blank at an end, or a dot at the end, is not allowed" if login != login.strip() or login[-1] == "." else ""
    )


def logins(patterns: Sequence[str], named: Named, longest: int = LONGEST_LOGIN) -> Iterator[str]:
    """User names to try, in order: each pattern, then the last one with numbers; at most ``longest`` characters."""
    most = max(3, min(longest or LONGEST_LOGIN, LONGEST_LOGIN))
    counted = patterns[-1] if patterns else "{letters:6}"
    for pattern in patterns:
        if not any(each.field == "counter" for each in parts_of(pattern)) and (made := _login(pattern, named, most)):
            yield made
    for number in range(1, _MOST + 1):
        if made := _login(counted, named, most, number):
            yield made
    for number in range(1, _MOST + 1):  # a name without any letter of a to z
        yield f"{_letters(named.seed, 6)}{number if number > 1 else ''}"


def _login(pattern: str, named: Named, most: int, number: int = 0) -> str:
    has_counter = any(each.field == "counter" for each in parts_of(pattern))
    if number == 1 and not has_counter:
        return ""  # without a number it has been tried
    stem, tail = "", "" if has_counter or not number else str(number)
    filled = False
    for each in parts_of(pattern):
        text = each.text if not each.field else _filled(each, named, number)
        cleaned = re.sub(r"[^a-z0-9._-]", "", latin(text))
        if each.field == "counter":
            tail, filled = cleaned, True
            continue
        filled |= bool(each.field and cleaned.strip("._-"))
        cleaned = cleaned[: each.length] if each.length and each.field else cleaned
        stem += cleaned
    made = (stem[: most - len(tail)] + tail).strip("._-")
    return made if filled and len(made) >= 2 else ""


def mails(pattern: str, named: Named, login: str) -> Iterator[str]:
    """Mail addresses to try: without a number, then with 2, 3 … before the @."""
    yield from _addresses(pattern, named, login, "")


def principal_name(pattern: str, named: Named, login: str, mail: str) -> Iterator[str]:
    """As ``mails``; the pattern may be the mail address itself."""
    if pattern.strip() == "{mail}":
        yield mail
        return
    yield from _addresses(pattern, named, login, mail)


def _addresses(pattern: str, named: Named, login: str, mail: str) -> Iterator[str]:
    local, _, domain = pattern.rpartition("@")
    known = {"login": login, "mail": mail.partition("@")[0]}
    has_counter = "{counter" in local
    for number in range(0 if not has_counter else 1, _MOST + 1):
        if number == 1 and not has_counter:
            continue
        made = ""
        for each in parts_of(pattern.rpartition("@")[0]):
            text = known.get(each.field) or (each.text if not each.field else _filled(each, named, number))
            cleaned = re.sub(r"[^a-z0-9._-]", "", re.sub(r"\s+", ".", latin(text)))
            if each.field == "counter":  # which a long name must leave room for
                made = made[: LONGEST_LOCAL - len(cleaned)] + cleaned
                continue
            made += cleaned[: each.length] if each.length and each.field else cleaned
        made = re.sub(r"[.]{2,}", ".", made).strip("._-")
        if not made:
            made = login or _letters(named.seed, 6)
        at_end = f"@{domain.strip().lower()}"
        tail = "" if has_counter or not number else str(number)
        most = min(LONGEST_LOCAL, LONGEST_MAIL - len(at_end)) - len(tail)
        yield f"{made[:most].rstrip('._-')}{tail}{at_end}"


def common_names(pattern: str, named: Named, login: str) -> Iterator[str]:
    """Names in the directory: middle names go from the end where it is too long; then with _2, _3 …"""
    shown = named
    while True:
        made = " ".join(
            "".join(
                each.text if not each.field else (login if each.field == "login" else _filled(each, shown, 0))
                for each in parts_of(pattern)
            ).split()
        )
        given = shown.given.split()
        if len(made) <= LONGEST_COMMON_NAME - 4 or len(given) < 2:
            break
        shown = Named(" ".join(given[:-1]), named.surname, named.number, named.seed)
    made = made[: LONGEST_COMMON_NAME - 4].strip() or login
    yield made
    yield from (f"{made}_{number}" for number in range(2, _MOST + 1))


def _filled(part: Part, named: Named, number: int) -> str:
    if part.field == "counter":
        return "" if not number else str(number).zfill(part.length)
    if part.field == "letters":
        return _letters(named.seed, part.length or 6)
    return named.field(part.field)


def _letters(seed: str, count: int) -> str:
    """Consonants that follow from the seed, so that a dry run makes the same."""
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join("bcdfghjklmnpqrstvwxz"[each % 20] for each in digest[:count])
