"""Reading on a day: the one place that decides between the identity nodes' copies and the states (architecture.md §3).

Today's values are on the identity nodes, as of the last day turn; any other day is read from the states. This module
has fragments of Cypher; ``day`` is the expression of the day, by default the parameter ``$at``.

The same statement reads what was known on an earlier day, with the periods superseded since (``as_known``).
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date

from graph.model import KINDS

SUPERSEDED = "WAS_"
"""Prefix of a relationship's type: a period that was known once and no longer is. It leads where it led."""
_DATED = frozenset({"STATE", "JOINED_INTO"}) | {link.type for kind in KINDS.values() for link in kind.links}


def in_force(relationship: str, day: str = "$at") -> str:
    """The relationship is in force on the day."""
    return f"({relationship}.from <= {day} AND ({relationship}.to IS NULL OR {relationship}.to > {day}))"


def overlaps(relationship: str, start: str, end: str) -> str:
    """The relationship is in force on some day of the half-open period; ``start`` and ``end`` are expressions."""
    return f"({relationship}.from < {end} AND ({relationship}.to IS NULL OR {relationship}.to > {start}))"


def not_over(relationship: str, day: str = "$today") -> str:
    """The relationship is in force on the day or on a later one."""
    return f"({relationship}.to IS NULL OR {relationship}.to > {day})"


def exists_or_will(node: str, day: str = "$today") -> str:
    """The thing exists on the day or on a later one. One that was withdrawn never existed."""
    return f"({node}.from IS NOT NULL AND {not_over(node, day)})"


def exists(node: str, day: str = "$today") -> str:
    """The thing exists on the day, whatever day the copies show. It is for reads that must be of today by the clock:
    the last turned day may be another one (``graph.writing.day_turn``)."""
    return Day(False, day).active(node)


def superseded(label: str) -> str:
    """Label of a state → label of a superseded state: indexes and look-ups exclude the latter."""
    return f"Was{label}"


_RELATIONSHIP = re.compile(
    r"(?P<left><?-)\[(?P<name>\w*):(?P<types>[A-Z_|]+)(?:\*(?P<length>\d*\.\.\d*))?\](?P<right>->?)"
)
_CONDITION = re.compile(r"\ball\((?P<each>\w+) IN (?P<list>\w+) WHERE ")
_STATE = re.compile(rf"(?<=:)({'|'.join(kind.state for kind in KINDS.values())})\b")


def as_known(query: str, known: str = "$known") -> str:
    """The statement, answered from what was known when a change was the last one of the change log.

    Each period has the numbers of the changes from which it is known (``known_from``; absent = always) and from which
    it no longer is (``known_to``). A period that is rewritten is kept, with another type (``SUPERSEDED``), so that
    statements about today's knowledge never meet it. Here each relationship of the statement is extended to that type,
    and limited to what was known. Of the log itself only the entries of that time are left.

    ``query`` must read states, not the identity nodes' copies. ``known``: expression of the change's number.
    """
    walks: Counter[str] = Counter()
    unnamed = 0

    def widened(match: re.Match[str]) -> str:
        nonlocal unnamed
        types, length, name = match["types"].split("|"), match["length"], match["name"]
        logged = types == ["CONCERNS"]
        if not logged and _DATED.isdisjoint(types):
            return match[0]
        if not logged:
            types += [f"{SUPERSEDED}{each}" for each in types]
        if length is not None and name:
            # A condition on the whole way ends the walk where it fails; the statement has one already.
            walks[name] += 1
            return f"{match['left']}[{name}:{'|'.join(types)}*{length}]{match['right']}"
        if not name:
            unnamed += 1
            name = f"known{unnamed}"
        condition = f"startNode({name}).number <= {known}" if logged else _was_known(name, known)
        step = f"{match['left']}[{name}:{'|'.join(types)} WHERE {condition}]{match['right']}"
        if length is None:
            return step
        least, _, most = length.partition("..")
        return f" ((){step}()){{{least or 1},{most}}} "

    def conditioned(match: re.Match[str]) -> str:
        if match["list"] not in walks:
            return match[0]
        walks[match["list"]] -= 1
        return f"{match[0]}{_was_known(match['each'], known)} AND "

    query = _STATE.sub(lambda match: f"{match[0]}|{superseded(match[0])}", query)
    query = _CONDITION.sub(conditioned, _RELATIONSHIP.sub(widened, query))
    if any(walks.values()):
        raise AssertionError(f"a walk over periods has no condition for each of them: {query}")
    return query


def _was_known(relationship: str, known: str) -> str:
    # Not a choice between conditions, which would take Neo4j twice as long to plan.
    return f"coalesce({relationship}.known_from <= {known}, true) AND coalesce({relationship}.known_to > {known}, true)"


def first_day(node: str) -> str:
    """The first day of the thing by its states; null if it has none."""
    return f"head(COLLECT {{ MATCH ({node})-[state:STATE]->() RETURN min(state.from) }})"


def last_day(node: str) -> str:
    """The day after the thing's last, by its states; null = until further notice, or if it has none."""
    return (
        f"head(COLLECT {{ MATCH ({node})-[state:STATE]->() "
        "RETURN CASE WHEN count(state.to) = count(state) THEN max(state.to) END })"
    )


@dataclass(frozen=True, slots=True)
class Day:
    """How to read a day. ``copied``: it is the day that the identity nodes show.

    ``known``: the number of the last change that counts (``as_known``); None = all that is known.
    """

    copied: bool
    day: str = "$at"
    known: int | None = None

    @classmethod
    def of(cls, at: date, turned: date, known: int | None = None) -> "Day":
        """``turned``: the day of the last day turn (``graph.change_log.turned_day``)."""
        return cls(at == turned and known is None, known=known)

    def asked(self, query: str) -> str:
        """The statement as it is sent; an earlier knowledge needs the parameter ``$known``."""
        return query if self.known is None else as_known(query)

    def since(self, node: str) -> str:
        """The first day on which the thing exists."""
        return f"{node}.from" if self.known is None else first_day(node)

    def active(self, node: str) -> str:
        """The thing exists on the day."""
        if self.copied:
            return f"{node}.active"
        return f"EXISTS {{ ({node})-[state:STATE]->() WHERE {in_force('state', self.day)} }}"

    def flag(self, node: str, name: str) -> str:
        """A yes/no value of the thing is yes on the day."""
        if self.copied:
            return f"coalesce({node}.{name}, false)"
        return f"EXISTS {{ ({node})-[state:STATE]->(values {{{name}: true}}) WHERE {in_force('state', self.day)} }}"

    def values(self, node: str, *names: str) -> str:
        """The map of the thing's values on the day, or only of those with these names; null if it does not exist."""

        def of(holder: str) -> str:
            return f"{holder} {{{', '.join(f'.{name}' for name in names)}}}" if names else f"properties({holder})"

        if self.copied:
            return f"CASE WHEN {node}.active THEN {of(node)} END"
        return (
            f"head(COLLECT {{ MATCH ({node})-[state:STATE]->(shown) WHERE {in_force('state', self.day)} "
            f"RETURN {of('shown')} }})"
        )
