"""Text rules: patterns with ``*`` and ``?`` against an employment's title (positions.md §5.4).

Files contain no regular expressions: a pattern becomes one here, in which each ``*`` stops at the first match of the
rest, so that no title makes it slow.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from graph.statements.normal_text import normal

FEWEST_FIXED = 3


class WrongPattern(ValueError):
    """A pattern that would match nearly everything."""


@dataclass(frozen=True)
class Pattern:
    """``text``: folded. ``excludes``: it follows a ``!``."""

    text: str
    excludes: bool

    @cached_property
    def fixed(self) -> int:
        """The number of fixed characters: the more, the higher the rule ranks."""
        return len(self.text) - self.text.count("*") - self.text.count("?")

    @cached_property
    def longest(self) -> str:
        """The longest part without ``*`` and ``?``: every matching title contains it."""
        return max(re.split(r"[*?]", self.text), key=len)

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        first, *rest = (_literal(each) for each in re.split(r"\*+", self.text))
        if not rest:
            return re.compile(rf"{first}\Z")
        between = "".join(rf"(?>.*?{each})" for each in rest[:-1])
        return re.compile(rf"{first}{between}.*{rest[-1]}\Z")

    def fits(self, title: str) -> bool:
        """Whether it is a pattern of the whole (folded) title."""
        return self.longest in title and self._compiled.match(title) is not None


def _literal(part: str) -> str:
    return "".join("." if each == "?" else re.escape(each) for each in part)


def folded(text: str) -> str:
    """The form in which titles are compared: blanks collapsed, case ignored."""
    return normal(text).casefold()


def pattern(text: str) -> Pattern:
    """The pattern of one rule of the list. Raises WrongPattern."""
    told = text.strip()
    made = Pattern(folded(told.removeprefix("!")), told.startswith("!"))
    if made.fixed < FEWEST_FIXED:
        raise WrongPattern(f"{told!r} has fewer than {FEWEST_FIXED} fixed characters and would match nearly everything")
    return made
