"""Forms: what may be filled in, as JSON Schema; checked on the server, whatever a page has checked before.

A field of format ``unit``, ``person``, ``position`` or ``system`` names a thing of the organisation, as people call it:
a uuid or a source's key. One of format ``attachment`` takes files (``processes.attachment_fields``).
No text holds a CPR number: what is filled in is kept as it is, and shown to everybody who has a part in the case.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from time import thread_time
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from graph.errors import ChangeRejected
from graph.patterns import PatternRejected, check, found_as_in_python
from graph.statements import normal_text
from processes.attachment_fields import Limits, limits_of
from processes.date_order import order_fault, out_of_order
from processes.engine.errors import ValuesRejected
from processes.engine.values import check_values
from processes.errors import FormRejected
from processes.form_faults import field_of, is_blank, text_of
from processes.form_references import MOST_LEVELS, reference_fault

KINDS: Final[Mapping[str, str]] = {
    "unit": "Unit", "person": "Person", "position": "Position", "system": "ItSystem",
}  # fmt: skip
"""Format of a field → kind of the thing that it names."""
PREFILL: Final = "prefill"
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[a-z_]+)?")
_FORMATS = FormatChecker(["date", "email"])
_LONGEST = 1.0  # seconds of a processor, of all patterns
_LONGEST_CHECK = 2.0  # seconds of a processor, of all that a form asks
_spent = ContextVar("spent", default=0.0)
"""Seconds that the patterns of the form that is being checked have taken."""
_until = ContextVar("until", default=0.0)
"""The moment, by the thread's clock, at which the check is given up."""


class SchemaRejected(ValueError):
    """A form that is not a JSON Schema of an object, or asks for what is not here."""


@dataclass(frozen=True)
class Form:
    """A form that was checked when it was read (``read_form``)."""

    name: str
    schema: Mapping[str, Any]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.schema["properties"])

    @property
    def prefill(self) -> Mapping[str, str]:
        """What each field begins with, of those that begin with something (``processes.cases.filling``)."""
        stated = {field: each.get(PREFILL) for field, each in self.schema["properties"].items()}
        return {field: path for field, path in stated.items() if isinstance(path, str)}

    @cached_property
    def attachments(self) -> Mapping[str, Limits]:
        """The fields that take files, and which."""
        stated = {field: limits_of(each) for field, each in self.schema["properties"].items()}
        return {field: limits for field, limits in stated.items() if limits is not None}

    def kind(self, field: str) -> str | None:
        """The kind of thing that a field names; None if it is a value."""
        return KINDS.get(self.schema["properties"].get(field, {}).get("format", ""))

    def check(self, values: Mapping[str, Any]) -> None:
        """Raises FormRejected, with the first field that is wrong."""
        for field in values:
            if field not in self.schema["properties"]:
                text = f"the form {self.name} has no field {field!r}; it has: {', '.join(self.fields) or 'none'}"
                raise FormRejected(field, text)
        _bound(values, self.name)
        refuse_texts(values)  # before a text about a value shows it
        self._require(self._first_wrong(self._validator, dict(values)))
        filled = {field: value for field, value in values.items() if not is_blank(value)}
        if len(filled) < len(values):  # a text of blanks is no answer to what is asked for
            wrong = self._first_wrong(self._validator, filled)
            self._require(None if wrong is None or field_of(wrong) in filled else wrong)
        for field, value in values.items():
            self._check_names(field, value)
        if (early := out_of_order(self.schema["properties"], values)) is not None:
            raise FormRejected(early[0], f"{early[0]}: {early[1]}")

    def _require(self, wrong: ValidationError | None) -> None:
        if wrong is not None:
            field = field_of(wrong)
            raise FormRejected(field, f"{field or self.name}: {text_of(wrong)}")

    def _check_names(self, field: str, value: object) -> None:
        """In JSON Schema a format says nothing of a number: it would be kept as it is, and name nothing."""
        each = value if isinstance(value, list) else [value]
        if self.kind(field) is not None and not all(one is None or isinstance(one, str) for one in each):
            raise FormRejected(field, f"{field}: name a {self.schema['properties'][field]['format']}, as a text")

    def check_field(self, field: str, value: object) -> None:
        """Check the value of one field, whatever else the form asks for. Raises FormRejected."""
        if field in self.attachments:
            raise FormRejected(field, f"{field}: only whoever has the task attaches files")
        _bound({field: value}, self.name)
        refuse_texts({field: value})
        self._require(self._first_wrong(self._of_fields, {field: value}))
        self._check_names(field, value)

    def _first_wrong(self, validator: Any, values: Mapping[str, Any]) -> ValidationError | None:
        _spent.set(0)
        _until.set(time.thread_time() + _LONGEST_CHECK)
        try:
            return min(validator.iter_errors(values), key=_place, default=None)
        except (_TakesTooLong, RecursionError, Unresolvable):
            text = f"the form {self.name} can't be checked with these values: it asks too much; fill in less"
            raise FormRejected("", text) from None

    @cached_property
    def _of_fields(self) -> Any:
        schema = {name: each for name, each in self.schema.items() if name in ("$defs", "definitions", "properties")}
        return _VALIDATOR(schema, format_checker=_FORMATS)

    @cached_property
    def _validator(self) -> Any:
        return _VALIDATOR(self.schema, format_checker=_FORMATS)


class _TakesTooLong(Exception):
    """What a form asks of these values takes longer than it may."""


def _bound(values: Mapping[str, Any], form: str) -> None:
    """Refuse what is too large or too deep before any work is done on it. Raises FormRejected."""
    try:
        check_values(values, values, f"the form {form}")
    except ValuesRejected as wrong:
        raise FormRejected(wrong.field, str(wrong)) from wrong


def _matches(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """``pattern``, within the time that ``graph.patterns`` allows for one text, and ``_LONGEST`` for all of a form."""
    if not isinstance(value, str):
        return
    spent = _spent.get()
    if spent > _LONGEST:
        yield ValidationError("it can't be checked: the form's patterns take too long")
        return
    begun = thread_time()
    try:
        if not found_as_in_python(pattern, value):
            yield ValidationError(f"{value!r} does not match {pattern!r}")
    except PatternRejected as wrong:
        yield ValidationError(f"it can't be checked: {wrong}")
    finally:
        _spent.set(spent + thread_time() - begun)


def _is_unique(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """``uniqueItems``, in one pass over a list of any length."""
    if wanted and isinstance(value, list):
        items = [json.dumps(_plain(each), sort_keys=True) for each in value]
        if len(set(items)) < len(items):
            yield ValidationError("the list has an item twice")


def _plain(value: Any) -> Any:
    """In JSON Schema 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


_Rule = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


def _within_time(rule: _Rule) -> _Rule:
    """The same rule, as long as there is time: a few rules that refer to each other can ask for hours."""

    def checked(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if time.thread_time() > _until.get():
            raise _TakesTooLong
        yield from rule(validator, wanted, value, schema) or ()

    return checked


_VALIDATOR = extend(  # type: ignore[no-untyped-call]  # jsonschema has no types
    Draft202012Validator,
    {
        name: _within_time(rule)
        for name, rule in {
            **Draft202012Validator.VALIDATORS, "pattern": _matches, "uniqueItems": _is_unique,
        }.items()
    },
)  # fmt: skip


def refuse_texts(values: Mapping[str, Any]) -> None:
    """Refuse texts, at any depth, that no form takes. Raises FormRejected (cpr_in_text, control_characters)."""
    for field, value in values.items():
        inside = [value]
        while inside:
            one = inside.pop()
            if isinstance(one, str):
                try:
                    normal_text.refuse(one, field, words=True)
                except ChangeRejected as refused:
                    raise FormRejected(field, str(refused), refused.code) from refused
            elif isinstance(one, Mapping):
                inside += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                inside += one


def read_form(name: str, schema: object, *, deployed: bool = False) -> Form:
    """``deployed``: its definition was, and goes on with patterns that are refused only since then. Raises
    SchemaRejected."""
    if not deployed and _is_deeper(schema, MOST_LEVELS):
        raise SchemaRejected(f"the form {name} has more than {MOST_LEVELS} levels")
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise SchemaRejected(f'the form {name} is not a JSON Schema with "type": "object"')
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping) or not all(isinstance(each, Mapping) for each in properties.values()):
        raise SchemaRejected(f"the form {name}: properties maps each field to its schema")
    for field, each in properties.items():
        if PREFILL in each and not (isinstance(each[PREFILL], str) and _PATH.fullmatch(each[PREFILL])):
            text = f"{field}: prefill is a variable, or a property of what it names (person.name)"
            raise SchemaRejected(f"the form {name}: {text}")
    if not deployed and (fault := order_fault(properties)):
        raise SchemaRejected(f"the form {name}: {fault}")
    for reference in _references(schema):
        if not reference.startswith("#"):
            raise SchemaRejected(f"the form {name} refers to {reference}; only what is in it can be referred to")
    if not deployed and _names_by_pattern(schema):  # jsonschema matches names without a limit
        raise SchemaRejected(f"the form {name}: patternProperties is not supported; name the properties")
    for pattern in () if deployed else _patterns(schema):
        try:
            check(pattern)
        except PatternRejected as wrong:
            raise SchemaRejected(f"the form {name}: {wrong}") from wrong
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as wrong:
        raise SchemaRejected(f"the form {name} is not JSON Schema: {wrong.message[:300]}") from wrong
    if not deployed and (fault := reference_fault(schema)):
        raise SchemaRejected(f"the form {name}: {fault}")
    return Form(name, {**schema, "properties": dict(properties)})


def _is_deeper(value: object, levels: int) -> bool:
    inside = [value]
    for _ in range(levels):
        inside = [
            below
            for each in inside
            for below in (each.values() if isinstance(each, Mapping) else each if isinstance(each, list) else ())
        ]
    return bool(inside)


def _patterns(value: object) -> Iterator[str]:
    """The patterns of a schema."""
    if isinstance(value, Mapping):
        if isinstance(pattern := value.get("pattern"), str):
            yield pattern
        for each in value.values():
            yield from _patterns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _patterns(each)


def _names_by_pattern(value: object) -> bool:
    if isinstance(value, Mapping):
        return isinstance(value.get("patternProperties"), Mapping) or any(map(_names_by_pattern, value.values()))
    return isinstance(value, list) and any(map(_names_by_pattern, value))


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (str(each) for key, each in value.items() if key in ("$ref", "$dynamicRef"))
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _place(wrong: ValidationError) -> tuple[str, str]:
    return ("/".join(map(str, wrong.absolute_path)), wrong.message)
