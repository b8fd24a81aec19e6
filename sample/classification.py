"""A classification in KLE's form, with invented titles: in full size, and in two releases for the demo.

Between the demo's releases one number that units use ends with a successor, one ends without a successor, one is
renamed, the end of one is announced, and one is new.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

from sample.kle_service.release import Release, Row

_NAMESPACE = UUID("5be2a6c3-1d0f-4f7a-8a10-0000012b0004")
_WORDS = (
    "Vedligehold",
    "Tilsyn",
    "Rådgivning",
    "Støtte",
    "Planer",
    "Aftaler",
    "Drift",
    "Bevilling",
    "Ydelser",
    "Ændring",
)
_OF = ("veje", "skoler", "boliger", "borgere", "haver", "børn", "ældre", "køer", "havne", "øer", "arkiver")
FACETS = "AGIKPSØ"
ENDED, MOVED = "27.12.04", "27.12.06"
"""Numbers in the sample's facts that end between the demo's releases; the second has a successor."""


def row(number: str, title: str = "") -> Row:
    """An entry with the UUID and, by default, the title that always belong to its number."""
    seed = sum(ord(each) * place for place, each in enumerate(number, start=1))
    made = f"{_WORDS[seed % len(_WORDS)]} af {_OF[seed // 7 % len(_OF)]}"
    return Row(number, title or made, str(uuid5(_NAMESPACE, number)))


def full(published: date) -> Release:
    """36 main groups, 488 groups, 2,333 subjects, 7 facet categories and 69 facets: as many as KL's."""
    return Release(published, tuple(row(each) for each in _numbers()))


def _numbers() -> Iterator[str]:
    mains = [f"{each:02d}" for each in range(36)]
    groups = [f"{mains[each % 36]}.{each // 36:02d}" for each in range(488)]
    yield from mains
    yield from groups
    yield from (f"{groups[each % 488]}.{each // 488:02d}" for each in range(2333))
    yield from FACETS
    yield from (f"{FACETS[each % 7]}{each // 7:02d}" for each in range(69))


def latest(numbers: Iterable[str], today: date) -> tuple[Release, Release]:
    """The two latest releases on a day: the newer one is of the month's first day."""
    newest = today.replace(day=1)
    return releases(numbers, newest - timedelta(days=92), newest)


def releases(numbers: Iterable[str], first: date, second: date) -> tuple[Release, Release]:
    """Two releases of these numbers (those above them are added), and of some facets.

    ``numbers``: with ENDED, MOVED and two other subjects.
    """
    known = {above for each in numbers for above in (each, each[:5], each[:2])}
    before = {each: row(each) for each in sorted(known)}
    subjects = [each for each in before if len(each) == 8]
    facets = [row(each) for each in (*FACETS, *(f"{each}00" for each in FACETS))]
    after = dict(before)
    ended, moved, (renamed, announced, *_) = ENDED, MOVED, subjects
    new = f"{moved[:5]}.99"
    after[new] = replace(row(new), created=second)
    after[moved] = replace(
        before[moved], title=f"{before[moved].title} [udgået]", ended=second, moved=True, successors=(new,)
    )
    after[ended] = replace(before[ended], title=f"{before[ended].title} [udgået]", ended=second)
    after[renamed] = replace(before[renamed], title=f"{before[renamed].title} og andet", changed=second)
    after[announced] = replace(before[announced], title=f"{before[announced].title} [udgår {second.year + 1}]")
    return (
        Release(first, (*before.values(), *facets)),
        Release(second, (*(after[each] for each in sorted(after)), *facets)),
    )
