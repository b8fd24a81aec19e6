"""``disagreements``: where sources claim different values."""

from dataclasses import replace
from itertools import islice

from api.access.places import PLACES, Place
from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Part, Request, Thing, answer_type
from api.computed.provenance import form, in_part, kind_of, may
from api.model.cursors import uuid_in
from api.model.filters import camel, snake
from api.model.known_names import one_of
from graph.model import KINDS
from graph.questions.disagreements import disagreements


def _answer(request: Request) -> list[Answer]:
    kind = KINDS[kind_of(request)]
    stated = [each.name for each in kind.properties] + [each.name for each in kind.links]
    name = None if request.get("property") is None else snake(request.arguments["property"])
    one_of("property", camel(name or "exists"), ("exists", *map(camel, stated)))
    source, after = request.get("source"), request.get("after")
    if source is not None:
        request.known("source", source)
    found = disagreements(
        request.driver,
        request.resources.order,
        kind.name,
        request.day,
        name=name,
        source=source,
        after="" if after is None else uuid_in(after),
        readable=request.readable() if isinstance(PLACES[kind.name], Place) else None,
    )
    kept = (replace(each, claims=claims) for each in found if (claims := in_part(request, kind.name, each.claims)))
    shown = (each for each in kept if each.claims.disagree and may(each.claims, request.caller.rights))
    return [{"thing": each.uuid, "provenance": form(each.claims)} for each in islice(shown, request.first)]


FIELD = ComputedField(
    "disagreements",
    "Properties for which sources claim different values, in the order of the things' UUIDs",
    (
        answer_type(
            "Disagreement",
            "A property of a thing for which sources claim different values",
            Thing("thing", tuple(KINDS), "The thing", interface="Thing"),
            Part("provenance", "Provenance", "The claims about it"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "kind": Argument("Kind!", "Kind of the things"),
        "property": Argument("String", "Only of this property or link"),
        "source": Argument("String", "Only those in which this source disagrees"),
        "at": AT,
        "first": FIRST,
        "after": Argument("ID", "Read on after the thing with this UUID"),
    },
    looks_at=("SourceRecord",),
    only_now="what sources state is kept as they state it now",
    in_part=True,
)
