"""The orders of lists of things other than by UUID or name: the text by which each sorts, as Cypher."""

from collections.abc import Callable, Mapping

from api.model.as_of import Moment
from graph.collation import SORT_KEY

TAGS: Mapping[str, str] = {"EXISTS_FROM": "from ", "EXISTS_TO": "to ", "PERSON": "person "}
"""Order → what its texts begin with, so that a cursor of one order is not taken for one of another."""


def sort_text(order: str, n: str, moment: Moment) -> str:
    """The text by which a thing ``n`` is sorted in an order of ``TAGS``."""
    return f"'{TAGS[order]}' + {_TEXTS[order](n, moment)}"


def _first_day(n: str, moment: Moment) -> str:
    return f"coalesce(toString({moment.exists_from(n)}), '')"


def _last_day(n: str, moment: Moment) -> str:
    return f"coalesce(toString({moment.exists_to(n)}), 'without end')"  # after every day


def _person(n: str, moment: Moment) -> str:
    return f"""coalesce(head(COLLECT {{
        MATCH ({n})<-[has:HAS]-(person:Person)
        WHERE {moment.in_force("has")}
        RETURN person.{SORT_KEY} AS name ORDER BY name
    }}), '')"""


_TEXTS: Mapping[str, Callable[[str, Moment], str]] = {
    "EXISTS_FROM": _first_day,
    "EXISTS_TO": _last_day,
    "PERSON": _person,
}
