"""What people know a thing of any kind by, in one text: its ``label``, as Cypher."""

from collections.abc import Mapping

from api.reads.as_of import Moment
from graph.collation import caption
from graph.model import KINDS, Link

_BY_LINK: Mapping[str, str] = {"Assignment": "role", "Substitution": "person"}
"""Kinds without a name of their own are known by the thing that this link leads to."""
_NUMBERED = frozenset({"KleNode", "KleFacet", "KleFacetCategory"})
"""People say the number first: 27.12 Titel."""


def label(kind: str, n: str, v: str, moment: Moment) -> str:
    """``n``: the identity node; ``v``: the node of the day's values, null where the thing does not exist on the day.

    Then it is the last label before the day, or the first after it. A thing that never had one has its UUID.
    """
    by = _BY_LINK.get(kind)
    if by is not None:
        return f"coalesce({_of_link(KINDS[kind].link(by), n, moment)}, {n}.uuid)"
    own, earlier = _own(kind, v), _own(kind, "known")
    day = moment.start or "date()" if moment.is_period else moment.day
    known = f"""head(COLLECT {{
            MATCH ({n})-[was:STATE]->(known)
            WHERE {earlier} IS NOT NULL
            RETURN {earlier}
            ORDER BY was.from > {day}, abs(duration.inDays({day}, was.from).days)
            LIMIT 1
        }})"""
    return f"CASE WHEN {own} IS NOT NULL THEN {own} ELSE coalesce({known}, {n}.uuid) END"


def _own(kind: str, v: str) -> str:
    """The label by the values of one node; null where it has none."""
    if kind in _NUMBERED:
        return f"coalesce({v}.number + ' ' + {v}.title, {v}.number, {v}.title)"
    names = {each.name for each in KINDS[kind].properties}
    others = [each for each in ("number", "key", "code") if each in names]
    several = [f"{v}.{each}" for each in dict.fromkeys((caption(kind), *others))]
    return several[0] if len(several) == 1 else f"coalesce({', '.join(several)})"


def _of_link(link: Link, n: str, moment: Moment) -> str:
    (kind,) = link.targets
    arrow = f"<-[by:{link.type}]-" if link.incoming else f"-[by:{link.type}]->"
    v, binding = moment.bind_closed("named", "shown_then")
    return f"""head(COLLECT {{
            MATCH ({n}){arrow}(named:{kind})
            WHERE {moment.in_force("by")}
            {binding}
            RETURN {label(kind, "named", v, moment)}
            ORDER BY by.from, named.uuid
            LIMIT 1
        }})"""
