"""What a statement must be by itself: words of a closed set; about rights also patterns, conditions, ways to derive,
levels (kombit_access.md §3).

Whatever a rule would only trip over later is refused when it is stated, with the field and what is allowed.
"""

from collections.abc import Callable, Mapping

from graph.conditions import ACCOUNT_CONDITION_NAMES, CONDITION_NAMES
from graph.errors import ChangeRejected
from graph.expressions import ExpressionRejected, Names, compile_expression
from graph.model import KINDS
from graph.model.derived_kinds import NotDerivable, derivation
from graph.model.kind import WordSet
from graph.name_patterns import LONGEST_LOGIN, PatternWrong, check_patterns
from graph.patterns import PatternRejected, check
from graph.statements.normal_text import has_blank_item
from graph.statements.statement import Statement, Value
from graph.statements.written_numbers import only_digits

LONGEST_DESCRIPTION = 200
"""Letters that FK-adm takes of a job-function role's description."""


def check_rights(statement: Statement) -> None:
    """Raises ChangeRejected (wrong_value) naming the field and what is allowed."""
    for name, rule in _OF_KIND.get(statement.kind, {}).items():
        for dated in statement.values.get(name, ()):
            if dated.value is not None and (wrong := rule(dated.value)) is not None:
                raise ChangeRejected(
                    "wrong_value", f"{name}: {wrong}", start=dated.period.start, end=dated.period.end, field=name
                )


def refuse_blank_items(statement: Statement) -> None:
    """Refuse a rule that has a list with a blank item: without that item it would allow more than it was to.

    Raises ChangeRejected (wrong_value).
    """
    for name, several in statement.values.items() if statement.kind in _RULES else ():
        if any(has_blank_item(dated.value) for dated in several):
            raise ChangeRejected("wrong_value", f"{name}: an item of the list is blank", field=name)


def _pattern(value: Value) -> str | None:
    try:
        check(str(value))
    except PatternRejected as rejected:
        return str(rejected)
    return None


def _condition(names: Names) -> Callable[[Value], str | None]:
    def check_condition(value: Value) -> str | None:
        try:
            compile_expression(str(value), names)
        except ExpressionRejected as rejected:
            return str(rejected)
        return None

    return check_condition


def _names(field: str) -> Callable[[Value], str | None]:
    def check_names(value: Value) -> str | None:
        try:
            check_patterns(value if isinstance(value, tuple) else (str(value),), field)
        except PatternWrong as wrong:
            return str(wrong)
        return None

    return check_names


def _from_to(least: int, most: int) -> Callable[[Value], str | None]:
    return lambda value: (
        None if isinstance(value, int) and least <= value <= most else f"{value}; allowed: {least} to {most}"
    )


_DAYS = _from_to(0, 3_660)


def _derived(value: Value) -> str | None:
    try:
        derivation(str(value))
    except NotDerivable as wrong:
        return str(wrong)
    return None


def _one_of(allowed: WordSet) -> Callable[[Value], str | None]:
    return lambda value: None if value in allowed else f"{value!r}; allowed: {', '.join(allowed)}"


def _levels(value: Value) -> str | None:
    levels = [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
    parts = [each.rpartition("=") for each in levels]
    if any(not label or not value for label, _, value in parts):
        return "each level is written LABEL=value"
    for which, names in (("label", [each[0] for each in parts]), ("value", [each[2] for each in parts])):
        if len(set(names)) < len(names):
            return f"two levels have the same {which}"
    return None


def _values(value: Value) -> str | None:
    values = value if isinstance(value, tuple) else ()
    return "a value is blank" if any(not each.partition("=")[0].strip() for each in values) else None


def _description(value: Value) -> str | None:
    length = len(str(value))
    return f"it has {length} letters; {LONGEST_DESCRIPTION} are allowed" if length > LONGEST_DESCRIPTION else None


def _cvr(value: Value) -> str | None:
    text = str(value)
    return None if len(text) == 8 and only_digits(text) else f"{text!r} is not a CVR number: eight digits"


def _fixed(value: Value) -> str | None:
    values = value if isinstance(value, tuple) else ()
    return "a value is blank" if any(not each.strip() for each in values) else None


_RULES: Mapping[str, Mapping[str, Callable[[Value], str | None]]] = {
    "ConstraintType": {
        "pattern": _pattern,
        "levels": _levels,
        "values": _values,
    },
    "JobFunctionRole": {
        "description": _description,
        "delegated_from_cvr": _cvr,
        "delegated_to_cvr": _cvr,
    },
    "Grant": {"condition": _condition(CONDITION_NAMES)},
    "AccountRule": {
        "condition": _condition(ACCOUNT_CONDITION_NAMES),
        "lead_days": _DAYS,
        "grace_days": _DAYS,
        "after_days": _DAYS,
        "retention_days": _DAYS,
    },
    "NamePolicy": {
        "login_patterns": _names("login"),
        "principal_name_pattern": _names("principal_name"),
        "mail_pattern": _names("mail"),
        "common_name_pattern": _names("common_name"),
        "longest": _from_to(3, LONGEST_LOGIN),
    },
    "ConstraintSetting": {"derived": _derived, "fixed": _fixed},
}
_WORDS: Mapping[str, Mapping[str, Callable[[Value], str | None]]] = {
    kind.name: {each.name: _one_of(each.one_of) for each in kind.properties if each.one_of is not None}
    for kind in KINDS.values()
}
_OF_KIND = {kind: {**_WORDS[kind], **_RULES.get(kind, {})} for kind in KINDS}
