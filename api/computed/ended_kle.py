"""``endedKle``: nodes of KLE that have ended and are still in use."""

from dataclasses import replace

from api.access.roles import READERS
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of
from graph.model.organisation import KLE_ENDINGS
from graph.questions.kle_endings import Ended, ended


def _answer(request: Request) -> list[Answer]:
    gone = _in_part(request, ended(request.driver, request.day, request.get("since"), request.resources.role_rules))
    return [_form(each) for each in gone if each.is_used or request.get("unused")]


_USERS = {
    "performed_by": "Unit", "responsible": "Unit", "interested": "Unit", "assignments": "Assignment",
    "scopes": "Substitution",
}  # fmt: skip


def _in_part(request: Request, found: list[Ended]) -> list[Ended]:
    """With those users that the caller may read."""
    seen = request.seen((kind, uuid) for each in found for use, kind in _USERS.items() for uuid in each.users[use])
    return [
        replace(each, users={use: [uuid for uuid in each.users[use] if uuid in seen] for use in _USERS})
        for each in found
    ]


def _form(each: Ended) -> Answer:
    return {
        "node": each.node,
        "number": each.number,
        "title": each.title,
        "ended": each.end.isoformat(),
        "how": name_of(each.how) if each.how and each.how in KLE_ENDINGS else None,
        "successors": list(each.successors),
        "living": list(each.living),
        "cycle": each.cycle,
        "proposal": name_of(each.proposal),
        "proposed": list(each.proposed),
        "performedBy": each.users["performed_by"],
        "responsibleUnits": each.users["responsible"],
        "interestedUnits": each.users["interested"],
        "assignments": each.users["assignments"],
        "substitutions": each.users["scopes"],
        "roleRules": list(each.rules),
    }


KleProposal = enumerated(
    "KleProposal",
    "How the nodes that could be used instead of an ended one were found",
    {
        "successor": "It has one successor",
        "choose": "It has several successors; choose one",
        "ancestor": "It has no successor; its nearest ancestor in force is proposed",
        "none": "There is no proposal",
    },
)
FIELD = ComputedField(
    "endedKle",
    "Nodes of KLE that have ended and are still in use, with the units, assignments, substitutions and role rules that "
    "use them",
    (
        answer_type(
            "EndedKle",
            "A node of KLE that has ended, and what uses it on the day",
            Thing("node", ("KleNode",), "The node"),
            Plain("number", "String!", "Its number; the node itself shows it on today only"),
            Plain("title", "String", "Its last title"),
            Plain("ended", "Date", "The first day on which it is no longer in force"),
            Plain("how", "KleEnding", "How it ended; null = by a source other than KLE"),
            Thing("successors", ("KleNode",), "Its successors, according to KL", many=True),
            Thing("living", ("KleNode",), "The successors that are in force; chains are followed", many=True),
            Plain("cycle", "Boolean!", "Its successors form a circle"),
            Plain("proposal", "KleProposal!", "How the proposed nodes were found"),
            Thing("proposed", ("KleNode",), "Nodes that could be used instead", many=True),
            Thing("performedBy", ("Unit",), "Units that perform it", many=True),
            Thing("responsibleUnits", ("Unit",), "Units that are responsible for it", many=True),
            Thing("interestedUnits", ("Unit",), "Units that are interested in it", many=True),
            Thing("assignments", ("Assignment",), "Assignments that are about it", many=True),
            Thing("substitutions", ("Substitution",), "Substitutions limited to it", many=True),
            Plain("roleRules", "[String!]", "Names of the role rules in the settings that contain its number"),
        ),
    ),
    READERS,
    _answer,
    arguments={
        "at": Argument("Date", "The day to read, past or future; by default today"),
        "since": Argument("Date", "Only nodes that ended on this day or later"),
        "unused": Argument("Boolean", "Also nodes that are not in use"),
    },
    looks_at=("KleNode",),
    only_now="it follows what took the place of what, as it is known now",
    enums=(KleProposal,),
    in_part=True,
)
