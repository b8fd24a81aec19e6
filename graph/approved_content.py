"""What an approval of a grant covers, kept with it as text: what the grant gave, to whom, and for how long.

A change that gives more than that, or something else, needs a new approval. One that only gives less does not: fewer
grantees, more exceptions, an earlier end.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import orjson

SEAL = "now"
"""By hand, instead of the content: what the grant is to be, once it is written."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a grant gives. ``rights``: uuids of the right and of all that it includes. ``until``: as ISO writes it.

    ``others``: what must be the same for the approval to hold: the condition, the units, the limits …
    """

    rights: tuple[str, ...]
    given_to: tuple[str, ...]
    exceptions: tuple[str, ...]
    until: str | None
    others: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS).decode()


def content(
    rights: Collection[str],
    given_to: Collection[str],
    exceptions: Collection[str],
    until: date | None,
    others: Mapping[str, Any],
    limits: Collection[Mapping[str, Any]],
) -> Content:
    """In one form, in whatever order it comes. ``limits``: one map a setting."""
    ordered = sorted(
        (_plain(each) for each in limits), key=lambda each: orjson.dumps(each, option=orjson.OPT_SORT_KEYS)
    )
    return Content(
        tuple(sorted(rights)),
        tuple(sorted(given_to)),
        tuple(sorted(exceptions)),
        None if until is None else until.isoformat(),
        {**_plain(others), "limits": ordered},
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not set, lists sorted."""
    plain = {name: sorted(each) if isinstance(each, list | tuple | set) else each for name, each in values.items()}
    return {name: each for name, each in plain.items() if each not in (None, False, "", [])}


def exceeds(now: Content, approved: str) -> str | None:
    """In what a grant exceeds what was approved; None where it does not."""
    try:
        told = orjson.loads(approved)
        kept = Content(
            tuple(told["rights"]), tuple(told["given_to"]), tuple(told["exceptions"]), told["until"], told["others"]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "the approval can't be read"
    if more := set(now.rights) - set(kept.rights):
        return f"it gives {len(more)} more right{'s' if len(more) > 1 else ''}"
    if set(now.given_to) - set(kept.given_to):
        return "it is given to others"
    if set(kept.exceptions) - set(now.exceptions):
        return "it has fewer exceptions"
    if kept.until is not None and (now.until is None or now.until > kept.until):
        return f"it lasts longer than {kept.until}"
    differing = sorted(name for name in {*now.others, *kept.others} if now.others.get(name) != kept.others.get(name))
    return (
        f"its {differing[0].replace('_', ' ')} differ{'' if differing[0].endswith('s') else 's'}" if differing else None
    )
