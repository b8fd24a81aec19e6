"""``endedKle``: what of KLE has ended and is in use."""

from api.access.roles import EVERYBODY
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from graph.questions.kle_endings import Ended, ended


def _answer(request: Request) -> list[Answer]:
    gone = ended(request.driver, request.day, request.get("since"), request.resources.role_rules)
    return [_form(each) for each in gone if each.is_used or request.get("unused")]


def _form(each: Ended) -> Answer:
    return {
        "node": each.node,
        "number": each.number,
        "title": each.title,
        "ended": each.end.isoformat(),
        "how": each.how,
        "successors": list(each.successors),
        "living": list(each.living),
        "cycle": each.cycle,
        "proposal": each.proposal,
        "proposed": list(each.proposed),
        "performedBy": each.users["performed_by"],
        "responsibleUnits": each.users["responsible"],
        "interestedUnits": each.users["interested"],
        "assignments": each.users["assignments"],
        "substitutions": each.users["scopes"],
        "roleRules": list(each.rules),
    }


FIELD = ComputedField(
    "endedKle",
    "What of KLE has ended and is in use: by which units, assignments, substitutions and role rules",
    (
        answer_type(
            "EndedKle",
            "A node of KLE that has ended, and what uses it on the day asked about",
            Thing("node", ("KleNode",), "The node"),
            Plain("number", "String!", "Its number; a node that has ended shows none on other days than today"),
            Plain("title", "String", "Its last title"),
            Plain("ended", "Date", "The first day on which it is no longer in force"),
            Plain("how", "String", "ended (udgået), moved (flyttet) or missing from a release"),
            Thing("successors", ("KleNode",), "What KL says took its place", many=True),
            Thing("living", ("KleNode",), "The successors that are in force; chains are followed", many=True),
            Plain("cycle", "Boolean!", "Its successors lead in a circle"),
            Plain("proposal", "String!", "successor (the one), choose (of several), ancestor (without one), none"),
            Thing("proposed", ("KleNode",), "What could be used instead", many=True),
            Thing("performedBy", ("Unit",), "Units that perform it", many=True),
            Thing("responsibleUnits", ("Unit",), "Units that are responsible for it", many=True),
            Thing("interestedUnits", ("Unit",), "Units that are interested in it", many=True),
            Thing("assignments", ("Assignment",), "Assignments that are about it", many=True),
            Thing("substitutions", ("Substitution",), "Substitutions that hold for it only", many=True),
            Plain("roleRules", "[String!]", "Names of role rules in the settings that name its number"),
        ),
    ),
    EVERYBODY,
    _answer,
    arguments={
        "at": Argument("Date", "The day asked about, also one to come; by default today"),
        "since": Argument("Date", "Only what ended on this day or later"),
        "unused": Argument("Boolean", "Also what is not in use"),
    },
    looks_at=("KleNode",),
    only_now="it follows what took the place of what, as it is known now",
)
