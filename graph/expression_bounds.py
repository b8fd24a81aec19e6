"""How much an expression may do and make with the values of one evaluation, estimated before it runs.

CEL runs in one piece, and holds up the whole process while it does. A loop over what another loop has made, or over
lists that are added up, grows without end within a few hundred characters. So each list and text has a bound here: what
is added up has the sum, and what a loop makes has the size of what it gives for one member, as often as it runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_WORK: Final = 5_000_000  # steps; about a second and a half
MOST_MADE: Final = 20_000_000  # characters and members
_LOOPS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_OPENING: Final[Mapping[str, str]] = {"(": ")", "[": "]", "{": "}"}
_SMALL: Final = 20_000  # what no expression of 1,000 characters makes too much of, without a loop
_COMPARED_AT_ONCE = 500  # characters or members


class TooMuch(ValueError):
    """More than an expression may do."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """Of a value at most: the members of its longest list, the size of one of them, and of all of it."""

    members: int = 0
    member: int = 0
    size: int = 0

    def __add__(self, other: "_Bound") -> "_Bound":
        return _Bound(self.members + other.members, max(self.member, other.member), self.size + other.size)


@dataclass(frozen=True, slots=True)
class Part:
    """A token, or all that is between two brackets. ``is_name``: of a variable, a member or a function."""

    text: str
    is_name: bool = False
    inside: "tuple[Part, ...] | None" = None


def parts(tokens: Sequence[tuple[str, bool]]) -> tuple[Part, ...]:
    """The tokens of an expression, each with whether it is a name, by their brackets; these are balanced."""
    return tuple(_parts(iter(tokens), ""))


def _parts(tokens: Iterator[tuple[str, bool]], closing: str) -> Iterator[Part]:
    for text, is_name in tokens:
        if text == closing and not is_name:
            return
        if text in _OPENING and not is_name:
            yield Part(text, inside=tuple(_parts(tokens, _OPENING[text])))
        else:
            yield Part(text, is_name)


def check_bounds(expression: Sequence[Part], values: Mapping[str, Any], *, loops: bool) -> None:
    """Raises TooMuch. ``values``: of the variables, as CEL gets them. ``loops``: whether the expression does."""
    if not loops and _characters(values) < _SMALL:
        return
    _Estimate({name: _measured(value) for name, value in values.items()}).of(expression)


class _Estimate:
    def __init__(self, known: dict[str, _Bound]) -> None:
        self._known = known
        self._times = 1
        self._work = 0

    def of(self, expression: Sequence[Part]) -> _Bound:
        """The bound of what it gives: the sum of what stands in it."""
        total = operand = _Bound()
        place = 0
        while place < len(expression):
            part = expression[place]
            follows = expression[place + 1] if place + 1 < len(expression) else None
            is_call = part.is_name and follows is not None and follows.text == "(" and follows.inside is not None
            if is_call and part.text in _LOOPS and follows is not None:
                operand = self._loop(part.text, operand, follows.inside or ())
                place += 1
            elif part.inside is not None:
                operand += self._listed(part)
            elif part.is_name and not is_call and (place == 0 or expression[place - 1].text != "."):
                operand = self._known.get(part.text, _Bound())
                self._spend(operand)
            elif not part.is_name and part.text != ".":
                total, operand = total + operand, _Bound()
                if len(part.text) > 1:  # a text or a number; signs are no matter
                    operand = _Bound(0, 0, len(part.text))
            place += 1
        total += operand
        if total.size > MOST_MADE:
            raise TooMuch
        self._spend(total)
        return total

    def _listed(self, part: Part) -> _Bound:
        inside = self.of(part.inside or ())
        if part.text == "(":
            return inside
        count = 1 + sum(each.text == "," for each in part.inside or ())
        return _Bound(max(count, inside.members), max(inside.member, inside.size), inside.size + count)

    def _loop(self, name: str, over: _Bound, inside: Sequence[Part]) -> _Bound:
        """``inside``: the variable, a comma, and what is asked or made of each member."""
        if len(inside) < 3:
            return over
        variable, before, times = inside[0].text, self._known.get(inside[0].text), self._times
        self._known[variable] = _Bound(over.members, over.member, over.member)
        self._times *= max(over.members, 1)
        made = self.of(inside[2:])
        self._times = times
        self._known.pop(variable)
        if before is not None:
            self._known[variable] = before
        if name == "filter":
            return over
        if name != "map":
            return _Bound(0, 0, 1)
        found = _Bound(max(over.members, made.members), made.size, over.members * (made.size + 1))
        if found.size > MOST_MADE:
            raise TooMuch
        return found

    def _spend(self, bound: _Bound) -> None:
        self._work += self._times * (1 + bound.size // _COMPARED_AT_ONCE)
        if self._work > MOST_WORK:
            raise TooMuch


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return len(value) + sum(map(_characters, value.values()))
    return len(value) + sum(map(_characters, value)) if isinstance(value, list) else 0


def _measured(value: Any) -> _Bound:
    if isinstance(value, str):
        return _Bound(0, 0, len(value) + 1)
    if isinstance(value, Mapping):
        inside = [_measured(each) for each in value.values()]
        names = [len(each) + 1 for each in value]
        return _Bound(
            max([len(value), *(each.members for each in inside)]),
            max([*names, *(each.member for each in inside)], default=0),
            sum(names) + sum(each.size for each in inside),
        )
    if isinstance(value, list):
        inside = [_measured(each) for each in value]
        return _Bound(
            max([len(value), *(each.members for each in inside)]),
            max((each.size for each in inside), default=0),
            1 + sum(each.size for each in inside),
        )
    return _Bound(0, 0, 1)
