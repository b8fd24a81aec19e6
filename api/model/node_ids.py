"""The ``id`` of things: kind, UUID, and the day or period on which they were read. ``node(id)`` reads it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from graphql import GraphQLError

from graph.identity.lookup import canonical
from graph.model import KINDS
from graph.time import EmptyPeriod, period, written_day


@dataclass(frozen=True, slots=True)
class NodeId:
    """``at``: the day; None = ``period``, whose open sides are None. ``known_on``: the day of the knowledge; None =
    now."""

    kind: str
    uuid: str
    at: date | None
    period: Mapping[str, date | None] | None
    known_on: date | None = None


def in_cypher(kind: str) -> str:
    """The id of {n}; {moment} is the day or period as text (``api.model.as_of.Moment.text``)."""
    return f"'{kind}:' + {{n}}.uuid + ':' + {{moment}}"


def node_id(text: str) -> NodeId:
    """Parse an id. Raises GraphQLError (bad_id)."""
    try:
        kind, name, moment = text.split(":")
        uuid = canonical(name)
        if kind not in KINDS or uuid is None:
            raise ValueError(text)
        moment, knowledge, day = moment.partition("@")
        known_on = written_day(day) if knowledge else None
        if "/" not in moment:
            return NodeId(kind, uuid, written_day(moment), None, known_on)
        start, end = (written_day(side) if side else None for side in moment.split("/"))
        period(start, end)
    except (ValueError, EmptyPeriod) as error:
        raise GraphQLError("id: give an id as this API returns it", extensions={"code": "bad_id"}) from error
    return NodeId(kind, uuid, None, {"from": start, "to": end}, known_on)
