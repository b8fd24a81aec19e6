"""``nearestManager``: the nearest manager of a person, for each employment and affiliation."""

from collections.abc import Sequence

import neo4j

from api.access.roles import READERS
from api.computed.contract import AT, Answer, Argument, ComputedField, Request, Thing, answer_type
from api.computed.managers_of_all import form
from api.computed.nearest import HOW, shown
from api.model.types import TIES
from graph.as_of import as_known
from graph.errors import Unknown
from graph.questions.nearest import nearest_manager


def _answer(request: Request) -> Sequence[Answer]:
    person, employment = request.get("person"), request.get("employment")
    if person is None and employment is None:
        raise Unknown("unknown_person", "nearestManager: give person or employment")
    tie = None if employment is None else tie_of(request, employment)
    whose = None if person is None else request.find("Person", person)
    if tie is not None:
        owner = _owner(request, tie, str(employment))
        if whose is not None and whose != owner:
            raise Unknown("unknown_employment", f"the person {person!r} has no employment {employment!r}", employment)
        whose = owner
    assert whose is not None
    types = frozenset(request.get("types") or ())
    for each in sorted(types):
        request.known("employment type", each)
    responsibility = request.get("responsibility")
    answers, _ = nearest_manager(request.driver, whose, request.day, responsibility, types, tie, request.last_known)
    ties = request.seen((kind, each.employment) for each in answers for kind in TIES)
    return shown(request, [form(each.employment, each.nearest) for each in answers if each.employment in ties])


def tie_of(request: Request, name: str) -> str:
    """uuid of an employment or affiliation that the caller may read. Raises Unknown (unknown_employment)."""
    try:
        return request.find("Employment", name)
    except Unknown as unknown:
        try:
            return request.find("Affiliation", name)
        except Unknown:
            raise unknown from None


def _owner(request: Request, tie: str, name: str) -> str:
    """uuid of the person of an employment or affiliation. Raises Unknown (unknown_person)."""
    query = "MATCH (p:Person)-[:HAS]->({uuid: $uuid}) RETURN p.uuid AS uuid"
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        row = session.run(
            query if request.last_known is None else as_known(query), uuid=tie, known=request.last_known
        ).single()
    if row is None:
        raise Unknown("unknown_person", f"the employment {name!r} belongs to no person", name)
    return str(row["uuid"])


FIELD = ComputedField(
    "nearestManager",
    "The nearest manager of a person, for each employment and affiliation",
    (
        answer_type(
            "ManagerOfEmployment",
            "The nearest manager, counted from one employment or affiliation",
            Thing("employment", TIES, "The employment or affiliation that the answer is for", interface="Tie"),
            *HOW,
        ),
    ),
    READERS,
    _answer,
    arguments={
        "person": Argument("ID", "UUID of the person, or a source's key"),
        "employment": Argument("ID", "UUID, or a source's key, of an employment or affiliation"),
        "responsibility": Argument("String", "Only holders responsible for this: kind:key, such as kle:27.12"),
        "types": Argument("[String!]", "Only holders whose employment is of one of these types"),
        "at": AT,
    },
    in_part=True,
)
