"""Patterns that come from outside (FK-adm, people who make constraint types), compiled and matched within limits.

FK-adm does not say whose flavour its patterns are in; they look like Java's or .NET's. RE2 takes what is regular in
both, in time linear to the text, and cannot be made to backtrack. What it does not take (lookaround, back references,
possessive repeats, escapes of Java's) goes to ``regex``, which is interrupted after 50 ms; patterns that it alone
would take, and such as unfold without end when they are compiled, are refused first. A whole value has to match: the
stricter reading. (kombit_access.md §3 and pitfall 38: rule 20.)
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from time import thread_time
from typing import Any

import re2
import regex

LIMIT = 0.05  # seconds, for one match
LONGEST_PATTERN = 1_000  # characters
LONGEST_TEXT = 262_144  # characters: more than the largest document carries
_MOST_REPEATS = 1_000  # counted repeats within each other, multiplied: as RE2 limits its own
_CACHED = 1_024

_COUNTED = re.compile(r"\{([0-9]+)(?:,([0-9]*))?\}")
_PROPERTY = re.compile(r"\\[pPxN]\{\^?[\w .:=-]+\}")
_NOT_OF_JAVA_OR_NET = re.compile(r"\(\?(?:R|[0-9&(|]|P>)|\(\*|\\[KLGmM]")
_OF_LETTERS = re.compile(r"\\[wWbBdDsS]")
_PROBE_LENGTH = 48


class PatternRejected(ValueError):
    """A pattern that cannot be used. ``problem`` says why, without the pattern."""

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(f"The pattern {_short(pattern)} is not usable: {problem}")
        self.pattern = pattern
        self.problem = problem


class PatternTooSlow(PatternRejected):
    """Matching took longer than ``LIMIT`` and was interrupted."""

    def __init__(self, pattern: str) -> None:
        super().__init__(
            pattern,
            f"matching took more than {LIMIT * 1000:.0f} ms; avoid repeats within repeats such as (a|aa)+",
        )


class Pattern:
    """A compiled pattern. Made by ``compiled``."""

    __slots__ = ("_fast", "_slow", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._fast: Any = None
        self._slow: regex.Pattern[str] | None = None
        if len(text) > LONGEST_PATTERN:
            raise PatternRejected(text, f"it has {len(text)} characters; {LONGEST_PATTERN} are allowed")
        if _has_nested_set(text):
            raise PatternRejected(text, "a set within a set ([a-z-[aeiou]], [a-z&&[^b]]) differs in Java and .NET")
        options = re2.Options()
        options.log_errors = False
        try:
            self._fast = re2.compile(text, options)
        except re2.error as unfit:
            self._slow = _backtracking(text, unfit)

    def fits(self, text: str) -> bool:
        """Whether the whole text matches.

        Raises:
            PatternTooSlow: it took more than ``LIMIT``; matching has stopped.
        """
        return self._run("fullmatch", text)

    def found_in(self, text: str) -> bool:
        """Whether some part of the text matches.

        Raises:
            PatternTooSlow: as for ``fits``.
        """
        return self._run("search", text)

    def _run(self, how: str, text: str) -> bool:
        if len(text) > LONGEST_TEXT:
            return False
        if self._slow is None:
            begun = thread_time()
            found = getattr(self._fast, how)(text) is not None
            if thread_time() - begun > LIMIT:
                raise PatternTooSlow(self.text)
            return found
        try:
            return getattr(self._slow, how)(text, timeout=LIMIT) is not None
        except TimeoutError:
            raise PatternTooSlow(self.text) from None


@lru_cache(_CACHED)
def compiled(pattern: str) -> Pattern:
    """A pattern ready to match.

    Raises:
        PatternRejected: it does not compile, or is too large.
    """
    return Pattern(pattern)


def found_as_in_python(pattern: str, text: str) -> bool:
    r"""Whether some part of the text matches as Python's ``re`` has it, where ``\w`` is a letter of any alphabet.

    By RE2 where both agree.

    Raises:
        PatternRejected: it does not compile.
        PatternTooSlow: it took more than ``LIMIT``; matching has stopped.
    """
    try:
        fast = None if _OF_LETTERS.search(pattern) else compiled(pattern)
    except PatternRejected:
        fast = None
    if fast is not None:
        return fast.found_in(text)
    try:
        return _python(pattern).search(text, timeout=LIMIT) is not None
    except TimeoutError:
        raise PatternTooSlow(pattern) from None


@lru_cache(_CACHED)
def _python(pattern: str) -> "regex.Pattern[str]":
    try:
        return regex.compile(pattern, regex.V0)
    except regex.error as wrong:
        raise PatternRejected(pattern, f"it does not compile: {wrong}") from None
    except RecursionError:
        raise PatternRejected(pattern, "it is nested too deep") from None


def check(pattern: str) -> Pattern:
    """``compiled``, and tried with texts that make careless patterns slow. For the moment when a pattern is saved.

    Raises:
        PatternRejected: it does not compile, or is too large.
        PatternTooSlow: one of the texts took more than ``LIMIT``.
    """
    made = compiled(pattern)
    for text in _probes(pattern):
        made.fits(text)
    return made


def _backtracking(text: str, unfit: Exception) -> "regex.Pattern[str]":
    """For what RE2 does not take."""
    counts = [int(most or least) for least, most in _COUNTED.findall(text)]
    if math.prod(max(each, 1) for each in counts) > _MOST_REPEATS:
        raise PatternRejected(text, f"its counted repeats multiply to more than {_MOST_REPEATS}")
    braces = _PROPERTY.sub("", _COUNTED.sub("", text))
    if _NOT_OF_JAVA_OR_NET.search(text) or re.search(r"(?<!\\)\{", braces):
        raise PatternRejected(text, f"{_cause(unfit)}; write it without")
    try:
        return regex.compile(text, regex.V0)
    except regex.error as wrong:
        raise PatternRejected(text, f"it does not compile: {wrong}") from None
    except RecursionError:
        raise PatternRejected(text, "it is nested too deep") from None


def _cause(unfit: Exception) -> str:
    """RE2's own words."""
    given = unfit.args[0] if unfit.args else ""
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)


def _has_nested_set(pattern: str) -> bool:
    """Whether a character set holds ``[`` or ``&&`` that is not escaped and not the ``[:`` of a POSIX class."""
    inside, place = False, 0
    while place < len(pattern):
        here, two = pattern[place], pattern[place : place + 2]
        if here == "\\":
            if two == r"\Q":
                ended = pattern.find(r"\E", place)
                place = len(pattern) if ended < 0 else ended
            place += 2
            continue
        if inside and two == "[:":
            place = pattern.find(":]", place) + 1
        elif inside and (here == "[" or two == "&&"):
            return True
        elif here == "[" and not inside:
            inside = True
            place += pattern[place + 1 : place + 2] == "^"
            place += pattern[place + 1 : place + 2] == "]"  # stands for itself there
        elif here == "]":
            inside = False
        place += 1
    return False


def _probes(pattern: str) -> Iterator[str]:
    """Long runs of what the pattern is about, with an end that fits nothing."""
    letters = dict.fromkeys((*re.sub(r"\\.|[^\w .,*/-]", "", pattern), *"0aA., -"))
    for each in list(letters)[:24]:
        yield each * _PROBE_LENGTH + "\0"
    literal = re.sub(r"\\(.)", r"\1", pattern)[:20]
    yield literal * (_PROBE_LENGTH // 4) + "\0"
    yield "aA0,." * _PROBE_LENGTH + "\0"


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 80 else f"{pattern[:79]}…")
