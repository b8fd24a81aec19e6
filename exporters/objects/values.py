"""Values of objects: their one normal form, their hash, and how they are shown."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from exporters.files.transliteration import normalised
from exporters.objects.target import Value, Wanted
from graph.cpr.keyring import Keyring

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def comparable(id: str) -> str:
    """The form in which ids and keys of a target's objects are compared: some targets write UUIDs now in upper, now in
    lower case. Others are what they are."""
    return id.lower() if _UUID.fullmatch(id) else id


def normal(value: Value) -> Value:
    """Texts in composed form (NFC), without control characters; mappings omit null and empty values."""
    if isinstance(value, str):
        return normalised(value)
    if isinstance(value, Mapping):
        inner = {name: normal(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if not _is_empty(each)}
    if isinstance(value, list | tuple):
        return [each for each in map(normal, value) if not _is_empty(each)]
    return value


def fields_of(values: Mapping[str, Value]) -> dict[str, Value]:
    """The fields that have a value, in normal form."""
    formed = {name: normal(value) for name, value in values.items()}
    return {name: each for name, each in formed.items() if not _is_empty(each)}


def value_hash(keyring: Keyring, value: Value) -> str:
    """Keyed, so that a short value can't be found by trying; equal for equal values, in every process."""
    return keyring.fingerprint(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))[:16]


def wanted_hash(keyring: Keyring, wanted: Wanted) -> str:
    """The hash of everything that is wanted of an object."""
    links = {name: sorted(f"{ref.kind}|{ref.key}" for ref in refs) for name, refs in wanted.links.items() if refs}
    return value_hash(keyring, [dict(wanted.values), links, wanted.enabled])


def in_words(value: Any) -> str:
    """The value in words, for a user who looks at differences."""
    if value is None or _is_empty(value):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(in_words(each) for name, each in value.items() if not isinstance(each, bool))
    if isinstance(value, list | tuple):
        return ", ".join(map(in_words, value))
    return str(value)


def _is_empty(value: Value) -> bool:
    return value is None or value in ("", [], {})
