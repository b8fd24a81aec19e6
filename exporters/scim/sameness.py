"""Compares what a server has with what it was sent, whatever form the server gives to values."""

from collections.abc import Mapping
from typing import Any

from exporters.objects.values import normal

_ANY_CASE = frozenset({"username", "value", "display", "type", "emails", "locale", "preferredlanguage"})


def same(path: str, sent: Any, found: Any) -> bool:
    """Texts are compared in NFC and stripped; user names and addresses in any upper or lower case; booleans also as
    text. Lists are the same if they have the same values in any order; parts that the server adds to a value are
    ignored."""
    sent, found = normal(sent), normal(found)
    name = path.rpartition(":")[2].rpartition(".")[2].lower()
    if isinstance(sent, bool):
        return found is sent or str(found).lower() == str(sent).lower()
    if isinstance(sent, str):
        one, other = sent.strip(), str(found if found is not None else "").strip()
        return one == other or (name in _ANY_CASE and one.casefold() == other.casefold())
    if isinstance(sent, Mapping):
        there = found if isinstance(found, Mapping) else {}
        lower = {str(key).lower(): value for key, value in there.items()}
        return all(same(key, value, lower.get(key.lower())) for key, value in sent.items())
    if isinstance(sent, list):
        left = list(found) if isinstance(found, list) else []
        for each in sent:
            fit = next((index for index, there in enumerate(left) if same("value", each, there)), None)
            if fit is None:
                return False
            del left[fit]
        return not left
    return bool(sent == found)
