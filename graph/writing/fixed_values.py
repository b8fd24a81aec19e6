"""Which fixed values a constraint type takes (kombit_access.md §3 rules 5 and 20)."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from graph.patterns import PatternRejected, compiled

_KLE = re.compile(r"\*|[0-9]{2}(\.[0-9]{2}){0,2}(\.\*)?")


def refused_value(type_: Mapping[str, Any], title: str, fixed: Collection[str]) -> str | None:
    """What is wrong with fixed values of a constraint type, with what is allowed; None where all are allowed."""
    listed = [each.partition("=")[0].strip() for each in type_.get("values") or ()]
    levels = [each.rpartition("=") for each in type_.get("levels") or ()]
    for each in fixed:
        if levels:
            if not any(each in (label, value) for label, _, value in levels):
                return f"{each!r} is not a level of {title}; allowed: {', '.join(label for label, _, _ in levels)}"
            continue
        value = each
        if type_.get("content") == "kle":
            if not _KLE.fullmatch(each):
                return f"{each!r} is not a KLE number: it is written 27, 27.12 or 27.12.04, or * for everything"
            value = _on_the_wire(each)
        if listed and value not in listed:
            return f"{each!r} is not a value of {title}; allowed: {', '.join(listed)}"
        pattern = type_.get("pattern")
        if pattern:
            try:
                if not compiled(pattern).fits(value):
                    return f"{value!r} does not match the pattern of {title}: {pattern}"
            except PatternRejected as rejected:
                return str(rejected)
        if "," in each:
            return f"{each!r}: a value holds no comma; give each as a value of its own"
    if type_.get("form") == "single" and len(fixed) > 1:
        return f"{title} takes one value"
    return None


def _on_the_wire(number: str) -> str:
    return number if number.endswith("*") or number.count(".") == 2 else f"{number}.*"
