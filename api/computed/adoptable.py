"""``adoptable``: accounts that others made at a target, and that fit planned ones."""

from collections.abc import Iterable
from itertools import islice

from api.access.roles import AT_TARGETS
from api.computed.contract import (
    FIRST,
    Answer,
    Argument,
    ComputedField,
    Pages,
    Part,
    Plain,
    Request,
    Thing,
    answer_type,
)
from api.target_decisions import as_graphql, known
from exporters.errors import ExportError
from exporters.objects.adoption import Candidate, called

_COST = 50_000
"""In fields: everything that the target should have is read, and what it has is searched."""


def _answer(request: Request) -> list[Answer]:
    target = request.arguments["target"]
    try:
        found = known(request.resources.decisions).candidates(request.driver, target)
    except ExportError as refused:
        raise as_graphql(refused) from refused
    return [_form(each) for each in islice(_in_order(found), request.first)]


def _in_order(found: Iterable[Candidate]) -> Iterable[Candidate]:
    """Those that nothing speaks against come first."""
    return sorted(found, key=lambda each: (bool(each.doubt), each.wanted.kind, each.wanted.key))


def _form(each: Candidate) -> Answer:
    wanted = each.wanted
    return {
        "object": wanted.kind,
        "key": wanted.key,
        "planned": wanted.key,
        "called": called(wanted, wanted.values),
        "doubt": each.doubt or None,
        "found": [
            {
                "targetId": one.id,
                "called": called(wanted, one.values),
                "enabled": one.enabled,
                "likeBy": list(one.like_by),
                "barred": one.barred or None,
                "changes": list(each.changes.get(one.id, ())),
            }
            for one in each.found
        ],
    }


FIELD = ComputedField(
    "adoptable",
    "Accounts that others made at a target, and that fit planned ones; first those that nothing speaks against. Until "
    "a person decides (adoptAccount, keepAccountApart), no account is made beside them. The target is searched, which "
    "takes about as long as a dry run of its export",
    (
        answer_type(
            "AdoptionCandidate",
            "A planned account that a target does not have, and what is like it there",
            Plain("object", "String!", "Kind of object at the target"),
            Plain("key", "ID!", "Its key at the target"),
            Thing("planned", ("PlannedAccount",), "The planned account; null: the key is of another thing"),
            Plain("called", "String", "User name and name that are planned; null: none, or a protected name"),
            Plain(
                "doubt", "String", "Why a person must look closer; null: there is one, and nothing speaks against it"
            ),
            Part("found", "AdoptableObject", "Those that are like it", many=True),
        ),
        answer_type(
            "AdoptableObject",
            "An object at a target that others made",
            Plain("targetId", "String!", "The id that the target gave it, such as objectGUID"),
            Plain("called", "String", "User name and name that it has; null: none, or a protected name"),
            Plain("enabled", "Boolean!", "Whether it is enabled"),
            Plain("likeBy", "[String!]!", "The fields that it has in common with the planned account"),
            Plain("barred", "String", "Why it can't be adopted; null: it can"),
            Plain("changes", "[String!]!", "What the first export would change on it, once it is adopted"),
        ),
    ),
    AT_TARGETS,
    _answer,
    arguments={"target": Argument("String!", "The target, such as active_directory-intranet"), "first": FIRST},
    costs=_COST,
    whole="shows what others made at a target, of people of anywhere",
    pages=Pages(order=lambda each: (float(each["doubt"] is not None), each["object"], each["key"])),
)
