"""A plan: a named set of changes with a date.

A change is one of the API's mutations with its arguments. So it goes through the one door by which people write, with
the same checks, rights and versions; a plan knows nothing of what a mutation does. In the arguments the text ``@day``
is the plan's day, and ``@NAME`` is the thing that the earlier change NAME has made; both also after a kind, as in
``unit:@NAME``.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import orjson

from graph.errors import ChangeRejected
from graph.identity.lookup import canonical, uuids_in
from graph.retry import NEXT
from graph.statements import normal_text

State = Literal["draft", "approved", "failed", "applied", "withdrawn", "taken_back"]
"""``failed``: it was approved, and no longer fitted when it was to be applied."""
STATES: tuple[State, ...] = ("draft", "approved", "failed", "applied", "withdrawn", "taken_back")
OPEN: tuple[State, ...] = ("draft", "approved", "failed")
"""Of plans that can still be changed."""
MOST = 500
"""Changes of one plan: they are written in one transaction, while other writers wait."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_REFERENCE = re.compile(r"([a-z_]+:)?@([a-z][a-z0-9_-]{0,49})")
_DAY = "day"


def mark(name: str) -> str:
    """With what the reason of each change of the plan of this name ends in the change log."""
    return f" (plan {name})"


class NotInState(ChangeRejected):
    """What is asked of a plan can't be done in the state that it is in."""

    retry = NEXT

    def __init__(self, plan: "Plan", what: str) -> None:
        super().__init__("plan_state", f"the plan {plan.name!r} is {plan.state.replace('_', ' ')}: {what}")


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """``name``: by which later changes refer to the thing that it makes. ``erased``: it was about a person who is."""

    mutation: str
    arguments: Mapping[str, Any]
    name: str | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a plan can't be applied. ``change``: its place, from 1. ``code``: the rule that it breaks."""

    change: int
    mutation: str
    code: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plan is to do, as its author writes it."""

    name: str
    day: date
    reason: str
    changes: tuple[PlannedChange, ...]

    @property
    def digest(self) -> str:
        """Of all that an approval is about. The same content has the same digest in every process."""
        content = {
            "name": self.name,
            "day": self.day.isoformat(),
            "reason": self.reason,
            "changes": [form_of(each) for each in self.changes],
        }
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan(Draft):
    """A plan as it is kept. ``authors``: who has written it, each once; the last one is the newest.

    ``approved_in_part``: the approver's rights hold in a part of the organisation; those of the day on which it is
    applied count. ``stays``: what could not be taken back, and why, a line each.
    """

    id: str
    state: State
    authors: tuple[str, ...]
    changed: datetime
    approved_by: str | None = None
    approved_digest: str | None = None
    approved_in_part: bool = False
    applied_by: str | None = None
    applied: datetime | None = None
    closed_by: str | None = None
    failure: Failure | None = None
    stays: tuple[str, ...] = ()

    @property
    def author(self) -> str:
        """The name under which its changes are written."""
        return self.authors[-1]

    @property
    def is_approved(self) -> bool:
        """Exactly what it says now has been approved."""
        return self.approved_digest == self.digest


def form_of(change: PlannedChange) -> dict[str, Any]:
    """The change as JSON, with its keys in a fixed order."""
    return {
        "arguments": dict(change.arguments),
        "mutation": change.mutation,
        "name": change.name,
        **({"erased": True} if change.erased else {}),
    }


def change_of(form: Mapping[str, Any]) -> PlannedChange:
    """The reverse of ``form_of``."""
    return PlannedChange(form["mutation"], form["arguments"], form.get("name"), bool(form.get("erased")))


# -- references -------------------------------------------------------------------------------------------------------


def filled(value: Any, day: date, made: Mapping[str, str], field: str = "") -> Any:
    """The arguments with what their references stand for. ``made``: name of a change → uuid of the thing it has made.

    Raises ChangeRejected (unknown_reference).
    """
    if isinstance(value, Mapping):
        return {name: filled(each, day, made, field or name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, day, made, field) for each in value]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    kind, name = found[1] or "", found[2]
    if name == _DAY and not kind:
        return day.isoformat()
    if name not in made:
        known = ", ".join(f"@{each}" for each in (_DAY, *made))
        text = f"{field}: {value} refers to no earlier change of the plan; known are {known}"
        raise ChangeRejected("unknown_reference", text, field=field)
    return f"{kind}{made[name]}"


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The arguments with other names in their references. ``names``: old → new."""
    if isinstance(value, Mapping):
        return {name: renamed(each, names) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [renamed(each, names) for each in value]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else f"{found[1] or ''}@{names.get(found[2], found[2])}"


def texts(value: Any) -> Iterator[str]:
    """Every text within JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


# -- checks -----------------------------------------------------------------------------------------------------------


def checked(draft: Draft) -> Draft:
    """The draft in the form that is kept. What its mutations are is the API's to check.

    Raises ChangeRejected: wrong_value, control_characters, cpr_in_text, unknown_reference.
    """
    for field, text in (("name", draft.name), ("reason", draft.reason)):
        if not normal_text.normal(text):
            raise ChangeRejected("wrong_value", f"{field} is required and must not be blank", field=field)
        normal_text.refuse(text, field, words=True)
    if not 0 < len(draft.changes) <= MOST:
        text = f"changes: a plan has 1 to {MOST} of them, not {len(draft.changes)}"
        raise ChangeRejected("wrong_value", text, field="changes")
    made: dict[str, str] = {}
    for place, change in enumerate(draft.changes, 1):
        where = f"changes[{place}]"
        for text in texts(change.arguments):
            if canonical(text) is None:  # a uuid may look like one
                normal_text.refuse(text, where, words=True)
        filled(change.arguments, draft.day, made, where)
        if change.name is not None:
            if change.name == _DAY or change.name in made or not _NAME.fullmatch(change.name):
                what = "give a name of its own: a letter, then letters, digits, _ or - (a to z)"
                text = f"{where}.name: {change.name!r}: {what}"
                raise ChangeRejected("wrong_value", text, field=f"{where}.name")
            normal_text.refuse(change.name, f"{where}.name", words=True)
            made[change.name] = ""
    name, reason = normal_text.normal(draft.name), normal_text.normal(draft.reason)
    return Draft(name, draft.day, reason, draft.changes)


def mentions(change: PlannedChange, known: Sequence[str] | frozenset[str]) -> bool:
    """Whether the change names one of these uuids or keys: a key also after a kind or source, a uuid wherever it is."""
    told = tuple(texts(change.arguments))
    return any(text in known or text.partition(":")[2] in known for text in told) or any(
        uuid in known for text in (*told, change.name or "") for uuid in uuids_in(text)
    )
