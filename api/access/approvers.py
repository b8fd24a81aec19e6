"""What those who have approved something may do on the day on which it happens."""

from collections.abc import Iterable

import neo4j

from api.access.caller_names import PERSON
from api.access.held import held_by
from api.access.rights import Access
from api.access.tokens import accesses_of


def access_today(driver: neo4j.Driver, name: str) -> Access:
    """What a caller of this name in the change log may do today: by all its tokens, and by the rights of the person.

    It has no role if that is nothing: the token is over, or the person has left, is stopped or holds nothing.
    """
    found = accesses_of(driver, name)
    person = name.removeprefix(PERSON) if name.startswith(PERSON) else None
    if person is not None:
        held = held_by(driver, person, name)
        found += [] if held is None else [held]
    return _together(name, person, found)


def _together(name: str, person: str | None, several: Iterable[Access]) -> Access:
    """A role holds where any of them holds it."""
    everywhere: frozenset[str] = frozenset()
    within: dict[str, frozenset[str]] = {}
    for each in several:
        everywhere |= each.everywhere
        for role, units in each.within.items():
            within[role] = within.get(role, frozenset()) | units
    limited = {role: units for role, units in within.items() if role not in everywhere}
    return Access(name, everywhere | frozenset(limited), person, limited)
