"""Conditions and mappings in CEL, the one expression language of all rules: compiled and checked when they are saved.

CEL finds an unknown name only when it runs, and then not always: ``a || b`` ends at a. So every name is looked up when
an expression is compiled, and a wrong one is refused with what is allowed. A CEL expression always ends; how long it
may take is bounded by its length, its nesting and the loops within loops.

Values: text, whole and decimal numbers, true and false, lists, and things with members. A date is its ISO text, which
compares as dates do: ``employment.start < "2026-01-01"``. A value that is not known is ``null``.

What a loop makes may be looped over again, and lists may be added up: how much that can be is estimated with the values
at hand before it runs (``graph.expression_bounds``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from time import thread_time
from types import MappingProxyType
from typing import Any, Final

import cel

from graph.expression_bounds import TooMuch, check_bounds, parts
from graph.patterns import PatternRejected, check, compiled

LONGEST = 1_000  # characters
_DEEPEST = 30  # brackets within brackets
_LOOPS = 2  # all, exists, filter, map within each other
_LONGEST_LIST = 300  # what one loop may run over
_LONGEST_MATCHING = 1.0  # seconds of a processor, of all patterns in one evaluation
_CACHED = 1_024

Names = Mapping[str, "Names"]
"""Names that an expression may use, each with the names of its members; without members, it is a value. A list of
things has the members of each thing."""
NO_MEMBERS: Final[Names] = MappingProxyType({})

_LOOP = ("all", "exists", "exists_one", "filter", "map")
FUNCTIONS = frozenset({
    *_LOOP, "has", "size", "contains", "startsWith", "endsWith", "matches", "int", "double", "string", "timestamp",
    "duration", "getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek",
})  # fmt: skip
_WORDS = frozenset({"true", "false", "null", "in"})

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<raw>[bB]?[rR][bB]?(?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*'))
    |(?P<text>[bB]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0x[0-9a-fA-F]+u?|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?u?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||[<>=!]=|.)""",
    re.VERBOSE | re.DOTALL,
)


class ExpressionRejected(ValueError):
    """An expression that cannot be saved. ``allowed``: the names that may stand where a wrong one was found."""

    def __init__(self, text: str, problem: str, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(sorted(allowed))
        hint = f"; allowed: {', '.join(self.allowed)}" if self.allowed else ""
        super().__init__(f"{_short(text)}: {problem}{hint}" if text.strip() else problem)
        self.text = text
        self.problem = problem


class ExpressionFailed(ValueError):
    """An expression that could not be evaluated with these values, or did not give what is wanted."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"{_short(text)}: {problem}")
        self.text = text
        self.problem = problem


class Expression:
    """A compiled expression whose names are all known. Made by ``compile_expression``."""

    __slots__ = ("_grows", "_loops", "_names", "_parts", "_program", "references", "text")

    def __init__(self, text: str, names: Names) -> None:
        if len(text) > LONGEST:
            raise ExpressionRejected(text, f"it has {len(text)} characters; {LONGEST} are allowed")
        if not text.strip():
            raise ExpressionRejected(text, "an expression is missing, such as the name of a value")
        tokens = tuple(_tokens(text))
        _check_depth(text, tokens)
        try:
            self._program = cel.compile(text)
        except ValueError as wrong:
            raise ExpressionRejected(text, f"it is not a CEL expression: {_first_line(wrong)}") from None
        self.text = text
        self._names = names
        checked = _Check(text, tokens, names)
        self.references = checked.references()
        self._loops = checked.loops
        self._grows = checked.loops or any(each.type == "sign" and each.text in "+[{" for each in tokens)
        self._parts = parts([(each.text, each.type == "name") for each in tokens]) if self._grows else ()

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """What the expression gives. Names without a value are null.

        Raises:
            ExpressionFailed: the values do not suit it (a comparison with null, a text where a number is wanted), it
                loops and a list that it uses has more than 300 members, or it would take too long or make too much.
        """
        context = cel.Context(functions={"matches": _Matching().matches})
        used = {each.partition(".")[0] for each in self.references}  # a long list elsewhere is no matter
        given = {name: self._value(values.get(name), self._names[name]) for name in used}
        context.update(given)
        try:
            if self._grows:
                check_bounds(self._parts, given, loops=self._loops)
            return self._program.execute(context)
        except Exception as wrong:  # the library raises KeyError, TypeError, RuntimeError, … as its Rust side sees fit
            raise ExpressionFailed(self.text, _explained(wrong)) from None

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether a condition holds.

        Raises:
            ExpressionFailed: as for ``evaluate``, and where the answer is neither true nor false.
        """
        found = self.evaluate(values)
        if not isinstance(found, bool):
            raise ExpressionFailed(self.text, f"a condition gives true or false, not {found!r}")
        return found

    def _value(self, given: Any, names: Names) -> Any:
        """As CEL takes it, with null for each member that is missing."""
        if isinstance(given, Mapping):
            known = {name: self._value(given.get(name), below) for name, below in names.items()}
            return known if names else {str(key): self._value(each, NO_MEMBERS) for key, each in given.items()}
        if isinstance(given, list | tuple | set | frozenset):
            if self._loops and len(given) > _LONGEST_LIST:
                raise ExpressionFailed(self.text, f"a list has {len(given)} members; {_LONGEST_LIST} are allowed")
            members = sorted(given) if isinstance(given, set | frozenset) else given
            return [self._value(each, names) for each in members]
        if given is None and names:
            return {name: self._value(None, below) for name, below in names.items()}
        if isinstance(given, date):
            return given.isoformat()
        return float(given) if isinstance(given, Decimal) else given


@lru_cache(_CACHED)
def _cached(text: str, names: "_Frozen") -> Expression:
    return Expression(text, names.names)


def compile_expression(text: str, names: Names) -> Expression:
    """An expression ready to evaluate.

    Raises:
        ExpressionRejected: it is not CEL, uses a name or function that is not known, a pattern that does not compile,
            or is too long or nested too deep.
    """
    return _cached(text, _Frozen(names))


class _Frozen:
    """Names as a key: compared by what they are, not by what they contain."""

    __slots__ = ("names",)

    def __init__(self, names: Names) -> None:
        self.names = names

    def __hash__(self) -> int:
        return id(self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self.names is other.names


@dataclass(frozen=True, slots=True)
class _Token:
    type: str
    text: str


class _Check:
    """Walks the tokens of an expression that CEL has parsed, and looks up each name where it stands."""

    def __init__(self, text: str, tokens: tuple[_Token, ...], names: Names) -> None:
        self._text = text
        self._tokens = tokens
        self._names = names
        self._bound: list[tuple[int, str, Names]] = []  # variables of loops: depth, name, members
        self._found: dict[str, None] = {}
        self.loops = False

    def references(self) -> tuple[str, ...]:
        """The names used, with their members: ``employment.hours``; sorted."""
        place, depth = 0, 0
        while place < len(self._tokens):
            token = self._tokens[place]
            if token.text in ("(", "[", "{") and token.type == "sign":
                depth += 1
            elif token.text in (")", "]", "}") and token.type == "sign":
                depth -= 1
                self._bound = [each for each in self._bound if each[0] <= depth]
            elif token.type == "name" and token.text not in _WORDS:
                place = self._chain(place, depth)
                continue
            place += 1
        return tuple(sorted(self._found))

    def _chain(self, place: int, depth: int) -> int:
        """From a name on: ``a.b.c``, ``a.b(…)``, or what follows a bracket. The place after it."""
        within: Names | None = None
        path: list[str] = []
        loose = self._is(place - 1, ".") and not self._member_of_nothing(place)  # after ) or ]: of what, is not known
        while True:
            name = self._tokens[place].text
            if self._is(place + 1, "(") or self._is(place + 1, "{"):
                self._note(path, loose)
                return self._call(place, depth, within)
            if loose:
                if name not in self._all_members():
                    raise ExpressionRejected(self._text, f"{name} is not known", self._all_members())
            elif within is None:
                within = self._root(name)
            else:
                within = self._member(path, within, name)
            path.append(name)
            if not (self._is(place + 1, ".") and self._type(place + 2) == "name"):
                break
            place += 2
        self._note(path, loose)
        self._check_index(place + 1, path, within)
        return place + 1

    def _note(self, path: list[str], loose: bool) -> None:
        """Of the variable of a loop, the list is what the expression refers to."""
        if path and not loose and not any(each[1] == path[0] for each in self._bound):
            self._found[".".join(path)] = None

    def _member_of_nothing(self, place: int) -> bool:
        """Whether the dot before stands at the beginning (``.a``), which CEL takes for the root."""
        before = place - 2
        return before < 0 or not (
            self._type(before) in ("name", "text") or self._tokens[before].text in (")", "]", "}")
        )

    def _root(self, name: str) -> Names:
        for _, bound, members in reversed(self._bound):
            if bound == name:
                return members
        if name not in self._names:
            raise ExpressionRejected(self._text, f"{name} is not known", self._names)
        return self._names[name]

    def _member(self, path: list[str], within: Names, name: str) -> Names:
        if name not in within:
            whole = ".".join(path)
            if not within:
                raise ExpressionRejected(self._text, f"{whole} is a value and has no {name}")
            raise ExpressionRejected(self._text, f"{whole}.{name} is not known", (f"{whole}.{each}" for each in within))
        return within[name]

    def _call(self, place: int, depth: int, within: Names | None) -> int:
        name = self._tokens[place].text
        if name not in FUNCTIONS or self._is(place + 1, "{"):
            raise ExpressionRejected(self._text, f"{name} is not a function", FUNCTIONS)
        if name in _LOOP:
            if self._type(place + 2) != "name" or not self._is(place + 3, ","):
                raise ExpressionRejected(self._text, f"{name} names a variable first: list.{name}(each, …)")
            variable = self._tokens[place + 2].text
            if variable in self._names:
                raise ExpressionRejected(self._text, f"{variable} has a meaning already; call the variable otherwise")
            if len(self._bound) >= _LOOPS:
                raise ExpressionRejected(self._text, f"loops are nested more than {_LOOPS} deep")
            self._bound.append((depth + 1, variable, within or NO_MEMBERS))
            self.loops = True
        elif name == "matches":
            self._check_pattern(place)
        return place + 1

    def _check_pattern(self, place: int) -> None:
        """The pattern is the last argument, and written out: what is worked out cannot be checked beforehand."""
        depth, at = 0, place + 1
        while at < len(self._tokens):
            depth += (self._is(at, "(")) - (self._is(at, ")"))
            if depth == 0:
                break
            at += 1
        pattern = self._tokens[at - 1]
        if pattern.type != "text" or not (self._is(at - 2, "(") or self._is(at - 2, ",")):
            raise ExpressionRejected(self._text, "the pattern of matches is written out, in quotes")
        try:
            check(cel.evaluate(pattern.text))
        except PatternRejected as refused:
            raise ExpressionRejected(self._text, str(refused)) from None

    def _check_index(self, place: int, path: list[str], within: Names | None) -> None:
        """``a["b"]`` names a member as ``a.b`` does."""
        if within and self._is(place, "[") and self._type(place + 1) == "text":
            self._member(path, within, cel.evaluate(self._tokens[place + 1].text))

    def _all_members(self) -> frozenset[str]:
        return frozenset(_members(self._names))

    def _type(self, place: int) -> str:
        return self._tokens[place].type if 0 <= place < len(self._tokens) else ""

    def _is(self, place: int, sign: str) -> bool:
        return self._type(place) == "sign" and self._tokens[place].text == sign


def _members(names: Names) -> Iterator[str]:
    for below in names.values():
        yield from below
        yield from _members(below)


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup and found.lastgroup != "skip":
            yield _Token("text" if found.lastgroup == "raw" else found.lastgroup, found[0])


def _check_depth(text: str, tokens: tuple[_Token, ...]) -> None:
    depth = 0
    for token in tokens:
        if token.type == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
            if depth > _DEEPEST:
                raise ExpressionRejected(text, f"brackets are nested more than {_DEEPEST} deep")


class _Matching:
    """The patterns of one evaluation, within the limits of ``graph.patterns`` each, and of a time together."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        self._spent = 0.0

    def matches(self, text: Any, pattern: Any) -> bool:
        """``text.matches(pattern)``: some part matches, as in CEL."""
        if self._spent > _LONGEST_MATCHING:
            raise TooMuch
        begun = thread_time()
        try:
            return compiled(str(pattern)).found_in(str(text))
        finally:
            self._spent += thread_time() - begun


def _explained(wrong: Exception) -> str:
    if isinstance(wrong, TooMuch):
        return "with these values it would take too long, or make too much; loop over less"
    return str(wrong) if isinstance(wrong, ExpressionFailed) else _first_line(wrong)


_IN_WORDS: Final = (
    (re.compile(r"mismatched input '<EOF>' expecting .*"), "it ends too early"),
    (re.compile(r"missing (\S+) at '<EOF>'"), r"it ends too early: \1 is missing"),
    (re.compile(r"(?:mismatched|extraneous) input ('.*') expecting .*"), r"\1 is not expected here"),
    (re.compile(r"token recognition error at: (?=')(.*)"), r"\1 is not expected here"),
)
"""What the parser says → the same without its own words."""


def _first_line(wrong: Exception) -> str:
    lines = str(wrong).splitlines() or [type(wrong).__name__]
    line = next((each for each in lines if "ERROR" in each), lines[0])
    line = re.sub(r"^.*ERROR: <input>:[0-9]+:([0-9]+): (Syntax error: )?", r"at character \1: ", line)
    for said, plain in _IN_WORDS:
        line = said.sub(plain, line)
    return line[:300]


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
