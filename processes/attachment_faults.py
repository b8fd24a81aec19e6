"""What is wrong with the fields for files of a definition's forms, checked when it is deployed."""

from collections.abc import Iterator, Mapping
from typing import Any

from processes.attachment_fields import ATTACHMENT, LARGEST, LIMITS, MOST
from processes.engine.errors import Fault
from processes.file_types import TYPES
from processes.forms import Form

_KNOWN = frozenset({"types", "megabytes"})


def attachment_faults(forms: Mapping[str, Form], start: str) -> Iterator[Fault]:
    """What is wrong with the fields for files. ``start``: name of the form by which a case starts."""
    taking = {each for form in forms.values() for each in form.attachments}
    for name, form in forms.items():
        for field, schema in form.schema["properties"].items():
            for text in _wrong(schema, field, form, taking, is_start=name == start):
                yield Fault(f"{name}.json", field, ATTACHMENT, text)
        rest = {key: each for key, each in form.schema.items() if key != "properties"}
        if _names_attachment(rest):
            yield Fault(f"{name}.json", name, ATTACHMENT, "only a field in properties can take files")


def _wrong(schema: Mapping[str, Any], field: str, form: Form, taking: set[str], *, is_start: bool) -> Iterator[str]:
    inside = {key: each for key, each in schema.items() if key not in ("format", LIMITS)}
    if _names_attachment(inside):
        yield "state the format attachment on the field itself, not within it"
    if schema.get("format") != ATTACHMENT:
        if field in taking:
            yield "another form has files by this name; name the field otherwise, or state its format as attachment"
        if form.prefill.get(field, "") in taking:
            yield f"it begins with the files of {form.prefill[field]}, and takes none; state its format as attachment"
        return
    if is_start:
        yield "a case takes files once it has started; ask for them in its first task"
    yield from _wrong_shape(schema)
    yield from _wrong_limits(schema.get(LIMITS, {}))
    path = form.prefill.get(field)
    if path is not None and path not in taking:
        yield f"prefill {path!r}: only another field with files can fill it in"


def _wrong_shape(schema: Mapping[str, Any]) -> Iterator[str]:
    items, most = schema.get("items"), schema.get("maxItems", MOST)
    if schema.get("type") == "array":
        if not isinstance(items, Mapping) or items.get("type") != "string":
            yield 'items of several files are {"type": "string"}'
        if not isinstance(most, int) or not 1 <= most <= MOST:
            yield f"maxItems: a field takes 1 to {MOST} files"
    elif schema.get("type") != "string":
        yield "its type must be string (one file) or array (several)"
    for word in ("enum", "const", "default", "pattern"):
        if word in schema:
            yield f"{word} does not apply to files"


def _wrong_limits(stated: object) -> Iterator[str]:
    if not isinstance(stated, Mapping):
        yield f"{LIMITS} is an object with types and megabytes"
        return
    for name in sorted(set(map(str, stated)) - _KNOWN):
        yield f"{LIMITS} has no {name!r}; it has: {', '.join(sorted(_KNOWN))}"
    types, megabytes = stated.get("types", [*TYPES]), stated.get("megabytes", 1)
    if not isinstance(types, list) or not types:
        yield "types must be a list of file types"
    else:
        for each in types:
            if not isinstance(each, str) or each not in TYPES:
                yield f"files of the type {each!r} are not supported; supported: {', '.join(TYPES)}"
    if isinstance(megabytes, bool) or not isinstance(megabytes, int | float) or not 0 < megabytes <= LARGEST:
        yield f"megabytes is a number above 0, at most {LARGEST}"


def _names_attachment(value: object) -> bool:
    if isinstance(value, Mapping):
        return value.get("format") == ATTACHMENT or any(map(_names_attachment, value.values()))
    return isinstance(value, list) and any(map(_names_attachment, value))
