"""The fields of a form that take files. What is wrong with one: ``processes.attachment_faults``.

``{"type": "string", "format": "attachment"}`` takes one file, and an array of such strings several (``maxItems``).
``x-reconnect`` states the permitted ``types`` (``processes.file_types``) and the largest size of each in
``megabytes``. The value of a field is the file's id, or a list of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from processes.file_types import TYPES

ATTACHMENT: Final = "attachment"
LIMITS: Final = "x-reconnect"
MEGABYTE: Final = 1_000_000
LARGEST: Final = 200
"""Megabytes of a file that any form or installation may permit."""
MOST: Final = 20
"""Files in one field."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a field takes. ``types``: names of types; ``bytes``: of each file, None = as many as the installation
    permits."""

    types: frozenset[str]
    bytes: int | None


def limits_of(schema: Mapping[str, Any]) -> Limits | None:
    """What a field takes, by its schema; None if it takes no files."""
    if schema.get("format") != ATTACHMENT:
        return None
    stated = schema.get(LIMITS)
    stated = stated if isinstance(stated, Mapping) else {}
    types, megabytes = stated.get("types"), stated.get("megabytes")
    permitted = [each for each in types if isinstance(each, str)] if isinstance(types, list) else [*TYPES]
    largest = int(megabytes * MEGABYTE) if isinstance(megabytes, int | float) else None
    return Limits(frozenset(permitted), largest)
