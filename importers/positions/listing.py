"""The list as a whole: how its rows belong together (positions.md pitfalls 8 to 10)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from graph.statements.statement import Problem
from importers.positions import rows
from importers.positions.rows import CategoryRow, PositionRow
from importers.positions.table import Row, Table

DEEPEST = 4  # levels of categories


@dataclass(slots=True)
class Listing:
    """The content of a list.

    ``positions``: code → its rows, by period; all rows of a code are accepted or refused together, since a Position
    without one of its periods would seem to have ended. ``refused``: codes, and codes of categories, that stay as they
    are. ``unidentified``: some rows have no readable code, so it is unknown what is no longer in the list.
    """

    positions: dict[str, Sequence[PositionRow]] = field(default_factory=dict)
    categories: dict[str, CategoryRow] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    refused_categories: set[str] = field(default_factory=set)
    unidentified: bool = False
    unidentified_categories: bool = False

    def path(self, category: str) -> tuple[str, ...]:
        """The category and those above it, lowest first."""
        found: list[str] = []
        while category in self.categories and category not in found:
            found.append(category)
            category = self.categories[category].parent
        return tuple(found)


def listing(positions: Table, categories: Table | None, today: date) -> Listing:
    """Put the rows together. ``categories`` None: they are made from the rows, with their codes as titles."""
    made = Listing()
    if categories is not None:
        _columns(made, "PositionCategory", categories)
        _categories(made, categories.rows)
    _columns(made, "Position", positions)
    _positions(made, positions.rows)
    listed = [each for of in made.positions.values() for each in of]
    if categories is None:
        made.categories = {each.category: CategoryRow(each.place, each.category, each.category, "") for each in listed}
        # A refused row still shows that its category exists.
        made.refused_categories |= {each.cell("category") for each in positions.rows} - {"", *made.categories}
    for each in listed:
        if each.category not in made.categories and each.category not in made.refused_categories:
            _notice(made, each, "category", "unknown_category", f"{each.category!r} is not among the categories")
    _replacements(made, today)
    return made


def _columns(made: Listing, kind: str, table: Table) -> None:
    for each in table.unknown:
        text = f"unknown column {each!r}; it is not read"
        made.problems.append(Problem(kind, "", each, "unknown_column", text, "notice"))


def _notice(made: Listing, row: PositionRow, column: str, rule: str, text: str) -> None:
    made.problems.append(Problem("Position", row.code, column, rule, f"{row.place}: {text}", "notice"))


# -- positions --------------------------------------------------------------------------------------------------------


def _positions(made: Listing, table: Iterable[Row]) -> None:
    by_code: dict[str, list[PositionRow]] = {}
    for each in table:
        row, problems = rows.position(each)
        made.problems += problems
        if row is not None:
            by_code.setdefault(row.code, []).append(row)
        elif code := each.cell("code"):
            made.refused.add(code)
        else:
            made.unidentified = True
    for code, listed in by_code.items():
        listed.sort(key=lambda row: row.period.start)
        both = _overlap(listed)
        if both is not None:
            first, second = both
            text = f"{first.place} and {second.place} are valid on the same days; both are refused"
            made.problems.append(Problem("Position", code, "from", "overlapping_periods", text))
            made.refused.add(code)
        if code not in made.refused:
            made.positions[code] = listed


def _overlap(listed: Sequence[PositionRow]) -> tuple[PositionRow, PositionRow] | None:
    return next(((one, other) for one, other in pairwise(listed) if one.period.overlap(other.period)), None)


def _replacements(made: Listing, today: date) -> None:
    """``replaced_by`` refers to another row; it is omitted if it leads in a circle, or nowhere."""
    next_code = {code: listed[-1].replaced_by for code, listed in made.positions.items() if listed[-1].replaced_by}
    for code, listed in made.positions.items():
        kept: list[PositionRow] = []
        for each in listed:
            to = each.replaced_by
            if to and to not in made.positions and to not in made.refused:
                _notice(made, each, "replaced_by", "unknown_replacement", f"{to!r} is not in the list")
                kept.append(replace(each, replaced_by=""))
            elif to and _comes_back(code, to, next_code):
                _notice(made, each, "replaced_by", "circle", f"{code!r} would replace itself through {to!r}")
                kept.append(replace(each, replaced_by=""))
            else:
                kept.append(each)
                ended = made.positions[to][-1].period.end if to in made.positions else None
                if ended is not None and ended <= today:
                    text = f"{to!r} has itself ended on {ended}"
                    _notice(made, each, "replaced_by", "ended_replacement", text)
        made.positions[code] = kept


def _comes_back(code: str, to: str, next_code: Mapping[str, str]) -> bool:
    met: set[str] = set()
    while to and to not in met:
        if to == code:
            return True
        met.add(to)
        to = next_code.get(to, "")
    return False


# -- categories -------------------------------------------------------------------------------------------------------


def _categories(made: Listing, table: Iterable[Row]) -> None:
    found: dict[str, CategoryRow] = {}
    for each in table:
        row, problems = rows.category(each)
        made.problems += problems
        if row is None:
            code = each.cell("code")
            made.refused_categories |= {code} - {""}
            made.unidentified_categories |= not code
        elif row.code in found:
            _refuse(made, row, "code", "twice", f"{found[row.code].place} has the same code; both are refused")
        else:
            found[row.code] = row
    for code, row in found.items():
        depth = _depth(row, found)
        if row.parent and row.parent not in found and row.parent not in made.refused_categories:
            _refuse(made, row, "parent", "unknown_category", f"{row.parent!r} is not among the categories")
        elif depth is None:
            _refuse(made, row, "parent", "circle", "is below itself")
        elif depth > DEEPEST:
            _refuse(made, row, "parent", "too_deep", f"is on level {depth}; at most {DEEPEST} are allowed")
        elif code not in made.refused_categories:
            made.categories[code] = row


def _refuse(made: Listing, row: CategoryRow, column: str, rule: str, text: str) -> None:
    made.refused_categories.add(row.code)
    made.problems.append(Problem("PositionCategory", row.code, column, rule, f"{row.place}: {text}"))


def _depth(row: CategoryRow, found: Mapping[str, CategoryRow]) -> int | None:
    """Levels down to the row; None if its parents form a circle."""
    met = {row.code}
    depth = 1
    while row.parent in found:
        row = found[row.parent]
        if row.code in met:
            return None
        met.add(row.code)
        depth += 1
    return depth
