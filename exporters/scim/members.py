"""Members of a group in one PATCH: halves of it, and members that the server refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from exporters.objects.errors import LinksRefused
from exporters.scim.paths import MEMBERS
from exporters.scim.refusals import scim_type, words
from protocols.http.client import Answer

_MOST = 10
"""Members that are refused one by one; each costs some requests."""


@dataclass
class RefusedMembers:
    """Members of a group that the server refuses, or refuses to remove; with its own words about the first."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    problem: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def is_full(self) -> bool:
        """So many that it is not about them: each costs some requests."""
        return len(self.added) + len(self.removed) >= _MOST

    def add(self, operation: Mapping[str, Any], answer: Answer) -> None:
        """The operation's member. One that can't be removed since it is not there is none of them."""
        is_removal = str(operation["op"]).lower() == "remove"
        if is_removal and (answer.status == 404 or scim_type(answer) == "noTarget"):
            return
        self.problem = self.problem or scim_type(answer) or f"status_{answer.status}"
        self.text = self.text or words(answer)
        (self.removed if is_removal else self.added).update(_members(operation) or ())

    def error(self, what: str) -> LinksRefused:
        ids = ", ".join(sorted(self.added | self.removed))
        text = f"{what}: the server refuses members {ids} ({self.text}). The others were sent."
        added, removed = {MEMBERS: frozenset(self.added)}, {MEMBERS: frozenset(self.removed)}
        return LinksRefused(self.problem, text, added, removed)


def are_members(body: Mapping[str, Any]) -> bool:
    """Whether a PATCH adds and removes members, and does nothing else."""
    return all(_members(each) is not None for each in body["Operations"])


def halves(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A PATCH split into two halves; None if it can't be split."""
    operations = body["Operations"]
    if len(operations) > 1:
        middle = len(operations) // 2
        return {**body, "Operations": operations[:middle]}, {**body, "Operations": operations[middle:]}
    (one,) = operations
    values = one.get("value")
    if one.get("path") != MEMBERS or not isinstance(values, list) or len(values) < 2:
        return None
    middle = len(values) // 2
    first, second = {**one, "value": values[:middle]}, {**one, "value": values[middle:]}
    return {**body, "Operations": [first]}, {**body, "Operations": [second]}


def _members(operation: Mapping[str, Any]) -> list[str] | None:
    """The members that an operation adds or removes; None if it is about something else."""
    path = str(operation.get("path", ""))
    if path == MEMBERS:
        return [str(each["value"]) for each in operation["value"]]
    if path.startswith(f"{MEMBERS}["):
        return [str(orjson.loads(path[path.index('"') : path.rindex('"') + 1]))]
    return None
