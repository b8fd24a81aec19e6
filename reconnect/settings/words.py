"""Texts about invalid settings, for the person who wrote them.

Pydantic names types of Python and regular expressions. The ``examples`` of a setting show its form.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_LIST = 'must be a list, such as ["one", "two"]'
_TABLE = "must be a table of its own: a section, or { name = … }"
_NUMBER = "must be a number, such as 0.5"
_WHOLE = "must be a whole number, such as 5"
_YES_NO = "must be true or false"
_TEXT = "must be text"
_DATE = "must be a date, such as 2026-06-30"
_TIME = 'must be a time of the day, such as "06:05"'
_WORDS: Mapping[str, str] = {
    "missing": "is missing, and has no default",
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type", "iterable_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), _TABLE),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), _YES_NO),
    **dict.fromkeys(("string_type", "secret_type"), _TEXT),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DATE),
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    "path_type": "must be the path of a file or folder",
    "union_tag_not_found": "needs a kind",
}


def in_words(found: ErrorDetails, model: type[BaseModel]) -> str:
    """The problem, without the given value. ``model``: the model of the error's place."""
    kind, context = found["type"], found.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "string_pattern_mismatch":
        field = field_at(model, found["loc"])
        examples = ", ".join(str(each) for each in (field.examples or ()) if each) if field is not None else ""
        about = f" ({field.description})" if field is not None and field.description else ""
        return f"does not have the right form{f', such as {examples}' if examples else ''}{about}"
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    if kind == "union_tag_invalid":
        return f"must have one of these kinds: {context['expected_tags']}"
    if kind in ("string_too_short", "too_short") and context.get("min_length") == 1:
        return "must not be empty"
    if kind == "value_error":
        return str(context["error"])
    return found["msg"].replace("Input should be", "must be").replace("Value should", "must")


def field_at(model: type[BaseModel], place: Sequence[int | str]) -> FieldInfo | None:
    """The field at a place of the tree; indexes of lists, keys of tables and kinds are stepped over."""
    models, found = [model], None
    for part in place:
        fields = [each.model_fields[part] for each in models if isinstance(part, str) and part in each.model_fields]
        if fields:
            found = fields[0]
            models = [each for field in fields for each in models_in(field.annotation)]
    return found


def is_secret(model: type[BaseModel], place: Sequence[int | str]) -> bool:
    """Whether the value there is kept out of logs and answers, whatever its name is."""
    field = field_at(model, place)
    return field is not None and SecretStr in _types_in(field.annotation)


def _types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)


def without_blanks(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Blank text for a setting that may be empty means that it has no value: TOML has no other notation for that."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        field = model.model_fields.get(name)
        models = [] if field is None else list(models_in(field.annotation))
        if value == "" and field is not None and NoneType in get_args(field.annotation):
            made[name] = None
        elif isinstance(value, Mapping) and models:
            made[name] = _inner(value, models)
        elif isinstance(value, list) and models:
            made[name] = [_inner(each, models) if isinstance(each, Mapping) else each for each in value]
        else:
            made[name] = value
    return made


def _inner(value: Mapping[str, Any], models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Of several models, the one with all the names; a table with free keys contains tables itself."""
    model = next((each for each in models if value.keys() <= each.model_fields.keys()), None)
    if model is not None:
        return without_blanks(model, value)
    return {key: _inner(each, models) if isinstance(each, Mapping) else each for key, each in value.items()}


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field's type mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)
