"""Templates: the texts that processes send, as files beside the definition: ``told.da.mail``, ``contract.en.letter``.

The name states key, language and kind. The first line is ``Subject: …``, then a blank line, then the text. Values stand
in CEL, ``{{ unit.name }}``; a part that depends on a condition between ``{{if last_day != null}}`` and ``{{end}}``. A
value that is absent is an error, never a gap in what is sent.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from time import thread_time
from typing import Any, Final, Literal, get_args

from graph.errors import ChangeRejected
from graph.expressions import ExpressionFailed, ExpressionRejected, Names, compile_expression
from graph.statements import normal_text
from processes.engine.errors import Fault

Language = Literal["da", "en"]
Kind = Literal["mail", "letter"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DANISH: Final[Language] = "da"
"""What a language that is missing falls back to."""
SUFFIXES: Final = tuple(f".{each}" for each in KINDS)
LONGEST_SUBJECT, LONGEST_TEXT = 300, 50_000
"""Characters, of a template and of what becomes of it."""
_DEEPEST = 5
_MOST_TAGS = 500
_LONGEST_MAKING = 5.0
"""Seconds of a processor for all values and conditions of a text; each expression has its own bounds."""
_SUBJECT = "Subject:"
_FILE = re.compile(r"(?P<key>[A-Za-z_][A-Za-z0-9_]*)\.(?P<language>[a-z]+)\.(?P<kind>[a-z]+)")
_TAG = re.compile(r"\{\{(?:(?!\{\{|\}\}).)*\}\}", re.DOTALL)
"""None lies within another: so a text of nothing but beginnings is read once, not from each of them to its end."""
_ALONE = re.compile(r"^[ \t]*(?P<tag>\{\{(?:if\b(?:(?!\}\})[^\n])*|end)\}\})[ \t]*(?:\n|\Z)", re.MULTILINE)
"""A condition or an end on a line of its own: the line isn't part of the text."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTHS: Mapping[Language, Sequence[str]] = {
    "da": (
        "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
        "december",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
}  # fmt: skip


class TemplateFailed(ValueError):
    """A text that can't be made. ``rule``: for code. ``place``: ``subject``, or ``text, line 3``."""

    def __init__(self, template: str, language: Language, place: str, rule: str, problem: str) -> None:
        super().__init__(f"template {template} ({language}), {place}: {problem}")
        self.template, self.language, self.place, self.rule, self.problem = template, language, place, rule, problem


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it is written: with its tags."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was delivered with the definition. ``texts``: by language; there is always a Danish one."""

    key: str
    kind: Kind
    texts: Mapping[Language, Written]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a template may name. ``all``: also what only letters may; so a mail that names it is told why it may not."""

    names: Names
    all: Names


@dataclass(frozen=True, slots=True)
class _Value:
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    place: str
    condition: str
    parts: "tuple[_Part, ...]"


_Part = str | _Value | _Section


@dataclass(frozen=True, slots=True)
class Compiled:
    """A text whose names are all known. Made by ``compile_template``. ``references``: the names that it uses."""

    key: str
    language: Language
    references: frozenset[str]
    _names: Names
    _subject: tuple[_Part, ...]
    _text: tuple[_Part, ...]

    @property
    def used(self) -> frozenset[str]:
        """The variables that it names."""
        return frozenset(each.partition(".")[0] for each in self.references)

    def render(self, values: Mapping[str, Any]) -> Written:
        """The subject, on one line, and the text, with these values. Raises TemplateFailed."""
        subject, text = self._made(values, None)
        for place, made, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
            if not made:
                raise self._failed(place, "no_value", "nothing is left of it")
            if len(made) > longest:
                raise self._failed(place, "too_long", f"it has more than the {longest} characters that are allowed")
            if normal_text.has_number(made):
                raise self._failed(place, "cpr_in_text", "it would contain a CPR number, and is not sent")
        return Written(subject, text)

    def preview(self, values: Mapping[str, Any]) -> tuple[Written, list[TemplateFailed]]:
        """The same, as far as it can be made: what has no value stands there as its tag. And all that is wrong."""
        failed: list[TemplateFailed] = []
        made = Written(*self._made(values, failed))
        if not failed:
            try:
                self.render(values)
            except TemplateFailed as wrong:
                failed.append(wrong)
        return made, failed

    def _made(self, values: Mapping[str, Any], failed: list[TemplateFailed] | None) -> tuple[str, str]:
        until = thread_time() + _LONGEST_MAKING
        subject = self._joined(self._rendered(self._subject, values, failed, until), 4 * LONGEST_SUBJECT)
        text = self._joined(self._rendered(self._text, values, failed, until), 4 * LONGEST_TEXT)
        # One line, whatever a value holds: a line break in a subject would begin another header.
        return normal_text.normal(subject), text.strip()

    @staticmethod
    def _joined(parts: Iterable[str], longest: int) -> str:
        """No more than says that it is too long: a long value may stand in a text many times."""
        kept, length = [], 0
        for part in parts:
            kept.append(part[: longest - length])
            length += len(kept[-1])
            if length == longest:
                break
        return "".join(kept)

    def _rendered(
        self, parts: Iterable[_Part], values: Mapping[str, Any], failed: list[TemplateFailed] | None, until: float
    ) -> Iterator[str]:
        """``failed`` gets what can't be made; None = it is raised. ``until``: of the processor's time."""
        for part in parts:
            if isinstance(part, str):
                yield part
                continue
            try:
                if thread_time() > until:
                    raise self._failed(part.place, "too_slow", f"its values take more than {_LONGEST_MAKING:g} seconds")
                if isinstance(part, _Value):
                    yield self._shown(part, values)
                elif self._evaluated(part.place, part.condition, values, condition=True):
                    yield from self._rendered(part.parts, values, failed, until)
            except TemplateFailed as wrong:
                if failed is None:
                    raise
                failed.append(wrong)
                yield f"{{{{ {part.text} }}}}" if isinstance(part, _Value) else ""

    def _shown(self, part: _Value, values: Mapping[str, Any]) -> str:
        found = self._evaluated(part.place, part.text, values)
        if found is None or found == "" or (isinstance(found, str) and not normal_text.normal(found)):
            text = f"{part.text} has no value; put it between {{{{if … != null}}}} and {{{{end}}}} if it may be missing"
            raise self._failed(part.place, "no_value", text)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            members = f"{part.text}.name" if self._names.get(part.text) else "a text"
            raise self._failed(part.place, "not_text", f"{part.text} is neither a text nor a number; write {members}")
        return _in_words(found, self.language)

    def _evaluated(self, place: str, text: str, values: Mapping[str, Any], *, condition: bool = False) -> Any:
        try:
            expression = compile_expression(text, self._names)
            return expression.holds(values) if condition else expression.evaluate(values)
        except ExpressionFailed as failed:
            raise self._failed(place, "expression", str(failed)) from failed

    def _failed(self, place: str, rule: str, text: str) -> TemplateFailed:
        return TemplateFailed(self.key, self.language, place, rule, text)


def compile_template(key: str, language: Language, written: Written, seen: Seen) -> Compiled:
    """A text, checked. Raises TemplateFailed with what is wrong first; ``faults_of`` gives all."""
    wrong = next(faults_of(key, language, written, seen), None)
    if wrong is not None:
        raise wrong
    parts = [*_parsed(written.subject, "subject"), *_parsed(written.text, "text")]
    references = frozenset(
        name for text in _expressions(parts) for name in compile_expression(text, seen.names).references
    )
    subject, text = tuple(_parsed(written.subject, "subject")), tuple(_parsed(written.text, "text"))
    return Compiled(key, language, references, seen.names, subject, text)


def faults_of(key: str, language: Language, written: Written, seen: Seen) -> Iterator[TemplateFailed]:
    """Everything that is wrong with a text."""
    for name, text, longest in (
        ("subject", written.subject, LONGEST_SUBJECT), ("text", written.text, LONGEST_TEXT),
    ):  # fmt: skip
        if not text.strip():
            yield TemplateFailed(key, language, name, "no_value", "it is empty")
            continue
        if len(text) > longest:
            problem = f"it has {len(text)} characters; {longest} are allowed"
            yield TemplateFailed(key, language, name, "too_long", problem)
            continue
        if name == "subject" and len(text.splitlines()) > 1:
            yield TemplateFailed(key, language, name, "control_characters", "it is one line")
            continue
        try:
            normal_text.refuse(text, name, words=True)
            parts = _parsed(text, name)
        except ChangeRejected as refused:
            yield TemplateFailed(key, language, name, refused.code, str(refused).removeprefix(f"{name}: "))
        except _NotParsed as wrong:
            yield TemplateFailed(key, language, wrong.place, "tag", str(wrong))
        else:
            placed = list(_placed(parts))
            if len(placed) > _MOST_TAGS:
                problem = f"it has {len(placed)} values and conditions; {_MOST_TAGS} are allowed"
                yield TemplateFailed(key, language, name, "too_many_tags", problem)
                continue
            for place, expression in placed:
                fault = _fault_of(expression, seen)
                if fault is not None:
                    yield TemplateFailed(key, language, place, *fault)


def _fault_of(expression: str, seen: Seen) -> tuple[str, str] | None:
    """Rule and text of what is wrong with an expression."""
    try:
        compile_expression(expression, seen.names)
    except ExpressionRejected as wrong:
        try:
            compile_expression(expression, seen.all)
        except ExpressionRejected:
            return "expression", str(wrong)
        allowed = ", ".join(sorted(seen.names))
        text = "a mail shows nothing personal, and nothing that somebody has filled in as text; a letter may"
        return "personal", f"{expression}: {text}. A mail may name: {allowed}"
    return None


# -- files ------------------------------------------------------------------------------------------------------------


def read_templates(files: Mapping[str, str]) -> tuple[dict[str, Template], list[Fault]]:
    """Templates from their files, by key, and what is wrong with the files; what is wrong with a text is found later
    (``faults_of``)."""
    faults: list[Fault] = []
    texts: dict[str, dict[Language, Written]] = {}
    kinds: dict[str, set[Kind]] = {}
    for name, content in sorted(files.items()):
        found = _FILE.fullmatch(name)
        language = next((each for each in LANGUAGES if found and each == found["language"]), None)
        kind = next((each for each in KINDS if found and each == found["kind"]), None)
        if found is None or language is None or kind is None:
            text = f"a template is called KEY.LANGUAGE.KIND, such as welcome.da.mail; languages: {', '.join(LANGUAGES)}"
            faults.append(Fault(name, "", "wrong_template", f"{text}; kinds: {', '.join(KINDS)}"))
            continue
        written = read_text(content)
        if written is None:
            text = f"a template begins with a line {_SUBJECT} …, and its text follows after a blank line"
            faults.append(Fault(name, "line 1", "wrong_template", text))
            continue
        texts.setdefault(found["key"], {})[language] = written
        kinds.setdefault(found["key"], set()).add(kind)
    for key, several in kinds.items():
        if len(several) > 1:
            faults.append(Fault("", key, "wrong_template", f"the template {key} is a mail and a letter; choose one"))
        elif DANISH not in texts[key]:
            text = f"the template {key} has no Danish text, to which other languages fall back"
            faults.append(Fault(file_name(key, DANISH, min(several)), key, "no_danish", text))
    return {key: Template(key, min(kinds[key]), found) for key, found in texts.items()}, faults


def read_text(content: str) -> Written | None:
    """Subject and text of a file; None if it does not begin with a subject."""
    first, _, rest = content.replace("\r\n", "\n").removeprefix("\ufeff").partition("\n")
    if not first.startswith(_SUBJECT) or not rest.startswith("\n"):
        return None
    return Written(first.removeprefix(_SUBJECT).strip(), rest.strip("\n"))


def file_name(key: str, language: Language, kind: Kind) -> str:
    return f"{key}.{language}.{kind}"


def files_of(templates: Mapping[str, Template]) -> dict[str, str]:
    """The files of which templates were read."""
    return {
        file_name(each.key, language, each.kind): f"{_SUBJECT} {written.subject}\n\n{written.text}\n"
        for each in templates.values()
        for language, written in each.texts.items()
    }


def page(subject: str, text: str, language: Language) -> str:
    """A letter as a page of its own: nothing in it is read as markup, and it loads nothing."""
    paragraphs = "\n".join(
        f'<p dir="auto">{"<br>".join(map(html.escape, each.splitlines()))}</p>'
        for each in re.split(r"\n\s*\n", text.strip())
    )
    return _PAGE.format(language=language, subject=html.escape(subject), paragraphs=paragraphs)


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{subject}</title>
<style>
body {{ font: 12pt/1.5 serif; max-width: 40em; margin: 3em auto; padding: 0 1em; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.3em; }}
@page {{ size: A4; margin: 25mm; }}
@media print {{ body {{ margin: 0; max-width: none; padding: 0; }} }}
</style>
</head>
<body>
<h1 dir="auto">{subject}</h1>
{paragraphs}
</body>
</html>
"""


# -- tags -------------------------------------------------------------------------------------------------------------


class _NotParsed(ValueError):
    def __init__(self, place: str, text: str) -> None:
        super().__init__(text)
        self.place = place


def _parsed(text: str, name: str) -> list[_Part]:
    """A text with its tags. Raises _NotParsed."""
    open_: list[tuple[str, str, list[_Part]]] = [("", "", [])]
    for part, place, is_tag in _pieces(text, name):
        parts = open_[-1][2]
        if not is_tag:
            for sign in ("{{", "}}"):
                if sign in part:
                    raise _NotParsed(place, f"{sign} without its other half")
            parts.append(part)
            continue
        inside = part[2:-2].strip()
        if inside == "end":
            if len(open_) == 1:
                raise _NotParsed(place, "{{end}} without {{if …}}")
            at, condition, within = open_.pop()
            open_[-1][2].append(_Section(at, condition, tuple(within)))
        elif inside.startswith("if ") or inside == "if":
            if len(open_) > _DEEPEST:
                raise _NotParsed(place, f"conditions lie more than {_DEEPEST} deep in each other")
            open_.append((place, inside.removeprefix("if").strip(), []))
        else:
            parts.append(_Value(place, inside))
    if len(open_) > 1:
        raise _NotParsed(open_[-1][0], "{{if …}} without {{end}}")
    return open_[0][2]


def _pieces(text: str, name: str) -> Iterator[tuple[str, str, bool]]:
    """Plain text and tags, one after another, each with where it stands, and whether it is a tag."""
    whole_lines = {found.start("tag"): found for found in _ALONE.finditer(text)}
    cuts = [(0, 0)]
    for found in _TAG.finditer(text):
        line = whole_lines.get(found.start())
        cuts.append((line.start(), line.end()) if line is not None else (found.start(), found.end()))
    cuts.append((len(text), len(text)))

    def place(at: int) -> str:
        return name if name == "subject" else f"{name}, line {text.count(chr(10), 0, at) + 1}"

    for (_, end), (start, after) in pairwise(cuts):
        if end < start:
            yield text[end:start], place(end), False
        if start < after:
            tag = _TAG.search(text, start)
            if tag is not None:
                yield tag[0], place(tag.start()), True


def _placed(parts: Iterable[_Part]) -> Iterator[tuple[str, str]]:
    """Expressions, each with where it stands."""
    for part in parts:
        if isinstance(part, _Value):
            yield part.place, part.text
        elif isinstance(part, _Section):
            yield part.place, part.condition
            yield from _placed(part.parts)


def _expressions(parts: Iterable[_Part]) -> Iterator[str]:
    yield from (text for _, text in _placed(parts))


def _in_words(value: str | int | float, language: Language) -> str:
    """Days as people write them; numbers with the language's decimal sign."""
    if isinstance(value, str):
        if not _DAY.fullmatch(value):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        month = _MONTHS[language][day.month - 1]
        return f"{day.day}. {month} {day.year}" if language == "da" else f"{day.day} {month} {day.year}"
    shown = f"{value:.15g}" if isinstance(value, float) else str(value)
    return shown.replace(".", ",") if language == "da" else shown
