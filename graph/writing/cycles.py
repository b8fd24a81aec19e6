"""Differences of units that would put one below itself on some day (nearest.yaml A15)."""

from collections.abc import Iterable, Sequence

import neo4j

from graph.errors import ChangeRejected
from graph.statements.merge import Thing
from graph.writing.difference import Difference
from graph.writing.loading import edges
from graph.writing.tree import Edge, find_cycle


def refuse_cycle(tx: neo4j.ManagedTransaction, differences: Iterable[Difference]) -> None:
    """Raises ChangeRejected (cycle). The log must be locked, so that the tree does not change."""
    moved = _moved(differences)
    if moved:
        refusal = find_cycle({**edges(tx), **moved}, moved)
        if refusal is not None:
            raise refusal


def find_refused(differences: Iterable[Difference], driver: neo4j.Driver) -> list[tuple[ChangeRejected, set[str]]]:
    """Cycles that these differences of units would make, each with the units whose change must be left out."""
    moved = _moved(differences)
    if not moved:
        return []
    with driver.session() as session:
        tree = session.execute_read(edges)
    refused = []
    while (refusal := find_cycle({**tree, **moved}, moved)) is not None:
        out = set(refusal.units) & set(moved)
        refused.append((refusal, out))
        for unit in out:
            del moved[unit]
    return refused


def _moved(differences: Iterable[Difference]) -> dict[str, Sequence[Edge]]:
    return {each.uuid: _parents(each.after) for each in differences if _parents(each.after) != _parents(each.before)}


def _parents(thing: Thing) -> list[Edge]:
    return [(each.period, each.to) for each in thing.links if each.name == "parent"]
