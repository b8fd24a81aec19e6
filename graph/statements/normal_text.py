"""Texts in one form, at one door: of every source, of what people state by hand, and of questions.

Letters are composed (NFC): ``A`` and a ring are ``Å``. Outer blanks go, inner ones are one space. Characters that are
not letters (controls, U+0085, U+2028, invisible marks) are taken out of what a source states, with a notice, and
refused where a person can write it again. So is a CPR number in words: names, titles and reasons are shown to all.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from graph.cpr.keyring import numbers_hidden, numbers_in
from graph.errors import ChangeRejected
from graph.model import INDEXED, LONGEST_INDEXED, PROSE
from graph.statements.statement import DatedValue, Problem, Ref, Statement, Value
from graph.time import Period
from graph.unicode_forms import in_form, is_composed

_FOLDED = "\t\n\r"
"""Controls that are blanks in any text."""
_JOINERS = "\u200c\u200d"
"""Format characters that some scripts are written with."""
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols to Unicode, and blanks to the eye: the fillers of Hangul, Braille without dots."""
CPR_IN_TEXT = "it contains a CPR number, and every reader can see it: write the person's name or uuid instead"
CONTROLS = "it contains characters that are not letters (control characters, line separators, invisible marks)"


def normal(text: str) -> str:
    """The text as it is kept and compared. Empty where nothing but blanks is in it."""
    if _is_normal(text):
        return text
    kept = "".join(" " if _is_blank(each) else each for each in text if _is_blank(each) or not _is_control(each))
    return " ".join(in_form("NFC", kept).split())


def composed(pattern: str) -> str:
    """A regular expression of the settings with composed letters, to be looked for in a normal text."""
    return in_form("NFC", pattern)


def has_controls(text: str) -> bool:
    """Whether ``normal`` would take out more than blanks."""
    return not text.isprintable() and any(map(_is_control, text))


def has_blank_item(value: Value | None) -> bool:
    """Whether it is a list from which ``normal`` would leave nothing of an item."""
    return isinstance(value, tuple) and not all(map(normal, value))


def has_number(text: str) -> bool:
    """Whether a text, as it will be kept, contains a CPR number, also one written with blanks, dots or a hyphen."""
    return next(numbers_in(normal(text)), None) is not None


def refuse_longer(statement: Statement) -> None:
    """Refuse a text that is too long for the graph's indexes: writing it would fail, and all else with it.

    Raises ChangeRejected (too_long), with the field; ``key`` is that of the record itself.
    """
    long = ["key"] if len(statement.key) > LONGEST_INDEXED else []
    for name in INDEXED & statement.values.keys():
        if any(len(each) > LONGEST_INDEXED for dated in statement.values[name] for each in _texts(dated)):
            long.append(name)
    if long:
        field = min(long)
        raise ChangeRejected("too_long", f"{field}: the text is longer than {LONGEST_INDEXED} letters", field=field)


def _is_normal(text: str) -> bool:
    """By far the most frequent; nothing is made anew."""
    return (
        text.isprintable()
        and (text.isascii() or _BLANK_LETTERS.isdisjoint(text))
        and is_composed(text)
        and "  " not in text
        and text[:1] != " "
        and text[-1:] != " "
    )


def _is_blank(letter: str) -> bool:
    return letter.isspace() or letter in _BLANK_LETTERS


def _is_control(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category in ("Zl", "Zp", "Cs"):
        return True
    return (category == "Cc" and letter not in _FOLDED) or (category == "Cf" and letter not in _JOINERS)


# -- statements -------------------------------------------------------------------------------------------------------


def of_source(statement: Statement) -> tuple[Statement, tuple[Problem, ...]]:
    """A source's statement in the form that is kept, with a notice of each text from which something was taken."""
    problems: list[Problem] = []
    values: dict[str, tuple[DatedValue, ...]] = {}
    for name, several in statement.values.items():
        if all(_is_sound(name, dated.value) for dated in several):
            continue
        for rule, test, text in (
            ("control_characters", has_controls, f"{CONTROLS}; they were taken out"),
            ("cpr_in_text", has_number, "it contained a CPR number, which was removed: correct it in the source"),
        ):
            if (rule != "cpr_in_text" or name in PROSE) and any(
                test(each) for dated in several for each in _texts(dated)
            ):
                problems.append(Problem(statement.kind, statement.key, name, rule, text, "notice"))
        values[name] = _joined([DatedValue(dated.period, _kept(name, dated.value)) for dated in several])
    links = {
        name: tuple(replace(dated, to=asked_for(dated.to)) for dated in several)
        for name, several in statement.links.items()
        if any(dated.to.by == "natural" and not _is_normal(dated.to.key) for dated in several)
    }
    if not values and not links:
        return statement, ()
    return replace(statement, values={**statement.values, **values}, links={**statement.links, **links}), tuple(
        problems
    )


def by_hand(statement: Statement, before: Statement) -> Statement:
    """What a person states, in the form that is kept. Only what differs from ``before`` is looked at.

    Raises ChangeRejected (control_characters, cpr_in_text; wrong_value for a list with a blank item).
    """
    values = dict(statement.values)
    for name, several in statement.values.items():
        if several == before.values.get(name):
            continue
        if any(has_blank_item(dated.value) for dated in several):
            text = f"{name}: an item of the list is blank; leave it out, or give null if there is no value"
            raise ChangeRejected("wrong_value", text, field=name)
        for text in (each for dated in several for each in _texts(dated)):
            refuse(text, name, words=name in PROSE)
        values[name] = tuple(DatedValue(dated.period, _normal(dated.value)) for dated in several)
    return replace(statement, values=values)


def refuse(text: str, field: str, *, words: bool) -> None:
    """Refuse a text that a user should write otherwise; ``words``: it is free text that every token may read.

    Raises ChangeRejected (control_characters, cpr_in_text).
    """
    if has_controls(text):
        raise ChangeRejected("control_characters", f"{field}: {CONTROLS}; write it without them", field=field)
    if words and has_number(text):
        raise ChangeRejected("cpr_in_text", f"{field}: {CPR_IN_TEXT}", field=field)


def asked_for(ref: Ref) -> Ref:
    """A reference by natural key, which is a value and in the form of one."""
    return replace(ref, key=normal(ref.key)) if ref.by == "natural" else ref


def _texts(dated: DatedValue) -> Sequence[str]:
    if isinstance(dated.value, str):
        return (dated.value,)
    return dated.value if isinstance(dated.value, tuple) else ()


def _is_sound(name: str, value: Value | None) -> bool:
    if isinstance(value, str):
        return value != "" and _is_normal(value) and not (name in PROSE and has_number(value))
    if isinstance(value, tuple):
        return all(_is_sound(name, each) for each in value)
    return True


def _normal(value: Value | None) -> Value | None:
    if isinstance(value, str):
        return normal(value)
    return tuple(filter(None, map(normal, value))) if isinstance(value, tuple) else value


def _kept(name: str, value: Value | None) -> Value | None:
    made = _normal(value)
    if name not in PROSE:
        return made
    if isinstance(made, tuple):
        return tuple(map(numbers_hidden, made))
    return numbers_hidden(made) if isinstance(made, str) else made


def _joined(several: list[DatedValue]) -> tuple[DatedValue, ...]:
    """Without values of which nothing is left, and with equal neighbours as one."""
    made: list[DatedValue] = []
    for dated in sorted(several, key=lambda each: each.period.start):
        if dated.value == "":
            continue
        if made and made[-1].period.end == dated.period.start and made[-1].value == dated.value:
            made[-1] = DatedValue(Period(made[-1].period.start, dated.period.end), dated.value)
        else:
            made.append(dated)
    return tuple(made)
