"""Reads lists page by page, from servers that may count wrongly (scim.md §1 "Paging")."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from exporters.errors import DeliveryError
from exporters.objects.errors import Refused
from graph.retry import NEXT

Resource = Mapping[str, Any]
Page = Callable[[Mapping[str, str]], Mapping[str, Any]]
"""Requests a page: (startIndex and count, or cursor and count) → the ListResponse."""


def paged(page: Page, size: int, *, cursor: bool = False, whole: bool = False) -> Iterator[Resource]:
    """Every resource once. The position moves by the resources received, not by the server's own count; an empty page
    ends the list. ``whole``: what it lacks counts as not there.

    Raises DeliveryError if a page has nothing new before the list is complete: such a list is unusable. Raises Refused
    (``NOT_WHOLE``) if a list that is to be whole ends before as many came as the server has counted.
    """
    seen: set[str] = set()
    start, after = 1, ""
    while True:
        asked = {"cursor": after} if cursor else {"startIndex": str(start)}
        answer = page({**asked, "count": str(size)})
        came = resources(answer)
        fresh = {id_: each for each in came if (id_ := str(each.get("id"))) not in seen}
        seen |= fresh.keys()
        yield from fresh.values()
        start += len(came)
        after = str(named(answer, "nextCursor") or "")
        total = named(answer, "totalResults")
        finished = not after if cursor else (isinstance(total, int) and len(seen) >= total)
        if not came or finished:
            if whole and isinstance(total, int) and len(seen) < total:
                raise Refused(
                    NOT_WHOLE,
                    f"The server counts {total} resources, and its list ends after {len(seen)}. What it lacks may be "
                    "there, so nothing was created.",
                )
            return
        if not fresh:
            raise DeliveryError(
                f"The server's paging does not advance: after {len(seen)} of {total} resources it sends the same ones "
                "again. Nothing was concluded from that list.",
                retry=NEXT,
            )


NOT_WHOLE = "not_whole"
"""The problem of a list that lacks some of what the server has counted."""


def is_list(answer: Mapping[str, Any]) -> bool:
    """Whether it is a ListResponse. It may leave out the resources if it says that there are none (RFC 7644 §3.4.2);
    what says nothing, such as a gateway's own words, is no list."""
    return isinstance(named(answer, "Resources"), list) or named(answer, "totalResults") == 0


def resources(answer: Mapping[str, Any]) -> list[Resource]:
    """The resources of a ListResponse."""
    sent = named(answer, "Resources")
    return [each for each in sent if isinstance(each, Mapping)] if isinstance(sent, list) else []


def named(answer: Mapping[str, Any], name: str) -> Any:
    """A value by its name, in upper or lower case."""
    return next((value for key, value in answer.items() if key.lower() == name.lower()), None)
