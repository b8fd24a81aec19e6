"""What is wrong with a value of a form, for the people who fill it in: JSON Schema's rules in words.

A value is shown as JSON has it, and no more of it than shows which one is meant: what somebody has typed may be long.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from jsonschema.exceptions import ValidationError

_SHOWN: Final = 60
"""Characters of a value that a text shows."""
_LONGEST: Final = 300
_TYPES: Final[Mapping[str, str]] = {
    "string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip
_FORMATS: Final[Mapping[str, str]] = {"date": "a date (YYYY-MM-DD)", "email": "an email address"}
_LIMITS: Final[Mapping[str, str]] = {
    "minimum": "less than {0}, the least that is allowed",
    "maximum": "more than {0}, the most that is allowed",
    "exclusiveMinimum": "not more than {0}",
    "exclusiveMaximum": "not less than {0}",
}
_LENGTHS: Final[Mapping[str, str]] = {
    "minLength": "it has {1} characters; at least {0} are needed",
    "maxLength": "it has {1} characters; at most {0} are allowed",
    "minItems": "it has {1} entries; at least {0} are needed",
    "maxItems": "it has {1} entries; at most {0} are allowed",
}
MISSING: Final = "it is missing"


def field_of(wrong: ValidationError) -> str:
    """The field that is wrong or missing; empty if it is about all of the form."""
    if wrong.absolute_path:
        return str(wrong.absolute_path[0])
    return next(_missing(wrong), "")


def text_of(wrong: ValidationError) -> str:
    """The rule that a value breaks."""
    rule = str(wrong.validator)
    asked: Any = wrong.validator_value
    value: Any = wrong.instance
    missing = next(_missing(wrong), None)
    if missing is not None:
        inside = f"{missing!r} is missing" if wrong.absolute_path else MISSING
        return inside if rule == "required" else f"{inside}: it is needed beside {_needing(wrong, missing)}"
    if rule == "type":
        types = [asked] if isinstance(asked, str) else asked
        return f"{shown(value)} is not {' or '.join(_TYPES.get(each, each) for each in types)}"
    if rule == "enum":
        return f"{shown(value)} is not one of {', '.join(map(shown, asked))}"[:_LONGEST]
    if rule == "format" and asked in _FORMATS:
        return f"{shown(value)} is not {_FORMATS[asked]}"
    if rule in _LIMITS:
        return f"{shown(value)} is {_LIMITS[rule].format(shown(asked))}"
    if rule in _LENGTHS:
        return _LENGTHS[rule].format(asked, len(value))
    if rule == "pattern" and " does not match " in wrong.message:  # not what is said of one that takes too long
        return f"{shown(value)} does not match {shown(asked)}"
    if rule == "uniqueItems":
        return "it has an entry twice"
    return wrong.message[:_LONGEST]


def shown(value: object) -> str:
    """A value as JSON, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def is_blank(value: object) -> bool:
    """A text without a letter says as little as none."""
    return isinstance(value, str) and not re.search(r"\S", value)


def _missing(wrong: ValidationError) -> Iterator[str]:
    """Of what asks for fields, those that aren't there; jsonschema has one error for each, in this order."""
    asked: Any = wrong.validator_value
    has: Any = wrong.instance
    if wrong.validator == "required" and isinstance(asked, Sequence):
        names = [each for each in asked if each not in has]
    elif wrong.validator == "dependentRequired" and isinstance(asked, Mapping):
        names = [each for needing, needed in asked.items() if needing in has for each in needed if each not in has]
    else:
        return
    yield from (str(each) for each in names if wrong.message.startswith(repr(each)))


def _needing(wrong: ValidationError, missing: str) -> str:
    asked: Any = wrong.validator_value
    has: Any = wrong.instance
    return next(str(needing) for needing, needed in asked.items() if missing in needed and needing in has)
