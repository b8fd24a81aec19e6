"""The order within one kind: the objects that an object needs, or is to come after, are sent before it."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from exporters.objects.plan import Difference
from exporters.objects.target import KindRules, Ref


def _before(difference: Difference, rules: KindRules) -> set[Ref]:
    wanted = difference.wanted
    if wanted is None:
        return set()
    return {*wanted.after, *(other for name in rules.needed for other in wanted.links.get(name, ()))}


def in_order(differences: Iterable[Difference], rules: KindRules) -> list[Difference]:
    """Sorted by needed links. Objects in a circle come last: the target decides."""
    given = {each.ref: each for each in differences}
    if not rules.needed and not any(each.wanted and each.wanted.after for each in given.values()):
        return list(given.values())
    needs: dict[Ref, set[Ref]] = {
        ref: {other for other in _before(each, rules) if other in given} for ref, each in given.items()
    }
    sorter = TopologicalSorter(needs)
    try:
        return [given[ref] for ref in sorter.static_order()]
    except CycleError as circle:
        circling = set(circle.args[1])
        first = in_order((each for ref, each in given.items() if ref not in circling), rules)
        return [*first, *(given[ref] for ref in given if ref in circling)]
