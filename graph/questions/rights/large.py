"""How much a right takes where it is sent: at a login, in one document (kombit_access.md §3: rule 15).

A limit that follows from a large part of the organisation has a value for each of its units.
"""

from collections import Counter
from collections.abc import Iterable

from graph.questions.rights.held import HeldRight, Limit

LARGE = 16 * 1024  # bytes of the decoded document: from here on there is a warning
LARGEST = 64 * 1024  # bytes of the decoded document
BYTES_OF_UNIT = 37
"""A UUID and the comma after it."""


_FEW = LARGE // 64
"""Values that are not large together: one of KOMBIT's has 36 characters at most, and a vendor's hardly more than 64."""


def is_large(held: HeldRight) -> bool:
    """Whether there is a warning."""
    values = sum(len(limit.wire) for included in held.included for limit in included.limits)
    return values > _FEW and bytes_of(held) >= LARGE


def bytes_of(held: HeldRight) -> int:
    """Of the values of its limits, separated by commas, in the largest document that carries them.

    KOMBIT gets a limit by one of its common types once, under its parameter, for all system roles of the job-function
    role. A system that is sent its own system roles gets those of itself alone, each with all its limits. The document
    has more: names, and the person's other rights.
    """
    of_parameter: Counter[str] = Counter()
    of_system: Counter[str] = Counter()
    for included in held.included:
        for limit in included.limits:
            if limit.parameter is not None and limit.type.common:
                of_parameter[limit.parameter] = max(of_parameter[limit.parameter], _bytes(limit))
            else:
                of_system[included.system.uuid] += _bytes(limit)
    return sum(of_parameter.values()) + max(of_system.values(), default=0)


def grown(now: Iterable[HeldRight], before: Iterable[HeldRight]) -> list[HeldRight]:
    """Those that take more than the same grant of the same right took before for that employment, affiliation or
    person, wherever it counted from."""
    was: dict[tuple[str, str, str], int] = {}
    for each in before:
        was[_way(each)] = max(was.get(_way(each), 0), bytes_of(each))
    return [each for each in now if bytes_of(each) > was.get(_way(each), 0)]


def longest_limit(held: HeldRight) -> Limit | None:
    """The limit whose values take most; None where nothing limits it."""
    limits = (limit for included in held.included for limit in included.limits if limit.wire)
    return max(limits, key=_bytes, default=None)


def in_words(held: HeldRight) -> str:
    """``Enhed has 1812 values, 67043 bytes``."""
    limit = longest_limit(held)
    if limit is None:
        return "nothing limits it"
    return f"{limit.type.title or limit.type.key} has {len(limit.wire)} values, {_bytes(limit)} bytes"


REMEDY = "leave that type open on purpose (unlimited), with another person's approval, or choose fewer units"


def _bytes(limit: Limit) -> int:
    return sum(len(each.encode()) + 1 for each in limit.wire)


def _way(held: HeldRight) -> tuple[str, str, str]:
    return held.grant.uuid, held.right.uuid, held.subject.uuid
