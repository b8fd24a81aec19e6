"""Every computed root field, found by its folder, and the types of their answers.

The GraphQL schema (``api.schema``), the rights (``api.access.rights``), the cost and the compiler are made from this.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module

from api import computed
from api.access.rights import READ
from api.computed.contract import AnswerType, ComputedField, Part, Plain, Thing
from api.computed.pages import PAGE_INFO, in_pages

__all__ = ["ANSWER_TYPES", "FIELDS", "RULES", "AnswerType", "Part", "Plain", "Thing"]

_FRAME = ("contract", "managers_of_all", "pages", "types")
"""Modules of the folder that are no root field."""


def _found(folders: Iterable[str]) -> dict[str, ComputedField]:
    """The ``FIELD`` of each module of these folders that has one, by the field's name."""
    names = (each.name for each in pkgutil.iter_modules(folders) if each.name not in _FRAME)
    modules = (import_module(f"api.computed.{each}") for each in names)
    fields = (getattr(module, "FIELD", None) for module in modules)
    found = [each for each in fields if isinstance(each, ComputedField)]
    return {each.name: each for each in (*found, *(in_pages(each, each.pages) for each in found if each.pages))}


FIELDS: Mapping[str, ComputedField] = _found(computed.__path__)
ANSWER_TYPES: dict[str, AnswerType] = {type_.name: type_ for each in FIELDS.values() for type_ in each.types}
ANSWER_TYPES[PAGE_INFO.name] = PAGE_INFO
READ.update({type_.name: each.roles for each in FIELDS.values() for type_ in each.types})
RULES: dict[str, tuple[str, bool]] = {name: (each.type, each.many) for name, each in FIELDS.items()}
"""Root field → (type of its answers, whether there are several)."""
