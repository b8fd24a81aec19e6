"""``rightsReview``: rights that end soon, reach no one, conflict, lack an approval or became invalid."""

import neo4j

from api.access.places import PLACES, Place
from api.access.rights import whole
from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Pages, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of
from graph.questions.rights.attesting import reviewed
from graph.questions.rights.held import Thing as GivenBy
from graph.questions.rights.review import FINDINGS, Found


def _answer(request: Request) -> list[Answer]:
    asked = request.get("findings")
    limited = request.caller.scope is not None
    if limited and asked and not set(asked) - _OF_ALL:
        names = ", ".join(sorted(each.upper() for each in asked))
        raise whole(f"rightsReview: who holds a right is about the whole organisation, so {names}", LOG)
    wanted = set(asked or FINDINGS) - (_OF_ALL if limited else frozenset())
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = [each for each in reviewed(session, request.day, request.last_known) if each.finding in wanted]
    found = _in_part(request, found)
    return [
        {
            "finding": name_of(each.finding),
            "kind": each.about.kind,
            "uuid": each.about.uuid,
            "title": each.about.title,
            "text": each.text,
            "person": None if each.person is None else each.person.uuid,
            "until": None if each.until is None else each.until.isoformat(),
            "owners": list(each.owners),
            "approves": each.approves,
        }
        for each in found[: request.first]
    ]


_OF_ALL = frozenset({"unused", "large"})
"""Findings about everybody: a caller who reads a part of the organisation can't be told."""


def _in_part(request: Request, found: list[Found]) -> list[Found]:
    """Those findings of which the caller may read all that they are about and depend on."""
    if request.caller.scope is None:
        return found
    every = [[each for each in _named(one) if isinstance(PLACES.get(each.kind), Place)] for one in found]
    seen = request.seen((each.kind, each.uuid) for of_one in every for each in of_one)
    return [one for one, of_one in zip(found, every, strict=True) if all(each.uuid in seen for each in of_one)]


def _named(found: Found) -> tuple[GivenBy, ...]:
    return (found.about, *found.through, *(() if found.person is None else (found.person,)))


FindingType = enumerated(
    "FindingType",
    "What of rights should be looked at",
    {
        "ending": "A right or an exception to a conflict ends within 60 days",
        "unused": "No one holds a right through the grant",
        "unreachable": "Nothing grants the right",
        "invalid": "It was right when it was saved and is not any more, or KOMBIT can't be told of it",
        "left_open": "An optional type is not limited, and is not marked as left open on purpose",
        "orphan": "It is given to a person who no longer exists here",
        "conflict": "Rights that must not be held together meet",
        "not_approved": "A sensitive right is left out for want of an approval",
        "overdue": "An attestation is not answered by the day on which it was due",
        "large": "It is held with so many values that a login can hardly carry them",
    },
)
FIELD = ComputedField(
    "rightsReview",
    "Rights to review: those that end within 60 days, reach no one, conflict, are not approved, or became invalid",
    (
        answer_type(
            "RightsFinding",
            "Something about rights that should be looked at",
            Plain("finding", "FindingType!", "What is found"),
            Plain("kind", "Kind!", "Kind of the thing that it is about"),
            Plain("uuid", "ID!", "UUID of that thing"),
            Plain("title", "String!", "Name of the thing"),
            Plain("text", "String!", "What is found"),
            Thing("person", ("Person",), "Whom it concerns: the holder of a right that ends, or of a conflict"),
            Plain("until", "Date", "The day after the last, of what ends"),
            Thing("owners", ("Person",), "Who holds a role about the system", many=True),
            Plain("approves", "ID", "Of what is not approved: what approvalPreview and the approval take"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "findings": Argument("[FindingType!]", "Only findings of these types; omitted = all"),
        "at": AT,
        "first": FIRST,
    },
    enums=(FindingType,),
    looks_at=("Employment", "Affiliation", "Assignment"),
    in_part=True,
    pages=Pages(order=lambda each: (each["finding"], each["title"], each["uuid"], each["text"])),
)
