"""The ``label`` of a thing of any kind, by which users recognise it, as Cypher."""

from collections.abc import Callable, Mapping, Sequence

from api.model.as_of import Moment
from graph.collation import caption
from graph.model import KINDS
from graph.time import TODAY_IN_CYPHER

BY_LINK: Mapping[str, str] = {
    "Assignment": "role",
    "Substitution": "person",
    "ConstraintSetting": "type",
    "RightsRequest": "given_to",
    "Attestation": "grant",
    "ManualStep": "system_role",
    "AccountException": "person",
    "AccountRequest": "person",
}
"""Kinds without a name of their own have the label of the thing that this link leads to."""
_THERE = frozenset({"RightsRequest", "AccountException", "AccountRequest"})
"""What their label is taken from lies where they do (``api.access.places``), so that nothing need be checked."""
_NUMBERED = frozenset({"KleNode", "KleFacet", "KleFacetCategory"})
"""Kinds whose number comes first: 27.12 Titel."""


Inside = Callable[[Sequence[str], str], str]
"""(kinds, variable) → the condition that the caller may read the thing, after AND; "" if every caller may."""


def label(kinds: Sequence[str], n: str, v: str, moment: Moment, inside: Inside) -> str:
    """The label of a thing of one of these kinds. Neo4j plans one expression for all of them in much less time than one
    for each.

    ``n``: the identity node; ``v``: the node of the day's values, null if the thing does not exist on the day. Then the
    label is the last one before the day, or the first after it. A thing that never had one has its UUID.
    """
    linked = [each for each in kinds if each in BY_LINK]
    named = [each for each in kinds if each not in BY_LINK]
    cases = [f"WHEN {n}:{each} THEN coalesce({_of_link(each, n, moment, inside)}, {n}.uuid)" for each in linked]
    if not named:
        return f"CASE {' '.join(cases)} END"
    own = _own(named, n, v)
    cases.append(f"WHEN {own} IS NOT NULL THEN {own}")
    return f"CASE {' '.join(cases)} ELSE coalesce({_closest(named, n, moment)}, {n}.uuid) END"


def _closest(kinds: Sequence[str], n: str, moment: Moment) -> str:
    """The last label before the day, or the first after it."""
    another = _own(kinds, n, "known")
    day = moment.start or TODAY_IN_CYPHER if moment.is_period else moment.day
    return f"""head(COLLECT {{
            MATCH ({n})-[was:STATE]->(known)
            WHERE {another} IS NOT NULL
            WITH known
            ORDER BY was.from > {day}, abs(duration.inDays({day}, was.from).days)
            LIMIT 1
            RETURN {another}
        }})"""


def _own(kinds: Sequence[str], n: str, v: str) -> str:
    """The label from the values of one node; null if it has none."""
    numbered = [each for each in kinds if each in _NUMBERED]
    number_first = f"coalesce({v}.number + ' ' + {v}.title, {v}.number, {v}.title)"
    if len(numbered) == len(kinds):
        return number_first
    # In the order of ``graph.collation.caption``, then other properties that identify a thing to users.
    several = {
        name
        for each in kinds
        for name in (caption(each), *(prop.name for prop in KINDS[each].properties))
        if name in NAMES
    }
    names = [f"{v}.{each}" for each in NAMES if each in several]
    text = names[0] if len(names) == 1 else f"coalesce({', '.join(names)})"
    return f"CASE WHEN {n}:{'|'.join(numbered)} THEN {number_first} ELSE {text} END" if numbered else text


NAMES = ("name", "title", "number", "login", "key", "code")


def _of_link(kind: str, n: str, moment: Moment, inside: Inside) -> str:
    link = KINDS[kind].link(BY_LINK[kind])
    lies = "" if kind in _THERE else inside(link.targets, "named")
    arrow = f"<-[by:{link.type}]-" if link.incoming else f"-[by:{link.type}]->"
    v, binding = moment.bind_closed("named", "shown_then")
    shown = _own(link.targets, "named", v)
    if v != "named":
        closed = _own(link.targets, "named", "named")
        shown = f"coalesce({shown}, {closed if moment.known_on is None else _closest(link.targets, 'named', moment)})"
    return f"""head(COLLECT {{
            MATCH ({n}){arrow}(named:{"|".join(link.targets)})
            WHERE {moment.in_force("by")}{lies}
            {binding}
            WITH *
            ORDER BY by.from, named.uuid
            LIMIT 1
            RETURN {shown}
        }})"""
