"""REConnect's own rights: each type that can be read, and each mutation, by system role (architecture.md §4).

One table, so that an auditor can read it; a test walks the whole schema and fails for whatever is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import GraphQLError

ROLES = ("reader", "hr", "organisation", "rights", "operations", "auditor", "cpr")

_EVERYBODY = frozenset({"reader", "hr", "organisation", "rights", "operations", "auditor"})
_LOG = frozenset({"hr", "organisation", "rights", "operations", "auditor"})
_RUNS = frozenset({"hr", "organisation", "rights", "operations", "auditor"})

# Who may read a type. The types of an answer's own form (pages, periods) need no right of their own.
READ: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "Unit", "Person", "Employment", "Affiliation", "Position", "Role", "Assignment", "Substitution", "KleNode",
            "Function", "SystemGroup", "ItSystem", "Account", "DirectoryGroup", "PositionCategory", "KleFacet",
            "KleFacetCategory", "Nearest", "ManagerOfEmployment", "TreeUnit", "EndedKle", "SharedKle",
        ),
        _EVERYBODY,
    ),
    "Change": _LOG,
    "SourceRecord": _LOG,
    "Run": _RUNS,
    "BadRecord": _RUNS,
    "Brake": _RUNS,
    "Ambiguity": _RUNS,
    "MatchDecision": _RUNS,
    "Unmatched": _RUNS,
    "Saying": _LOG,
    "Sayings": _LOG,
    "Disagreement": _LOG,
    "Suspicion": frozenset({"hr", "operations", "auditor"}),
    "UnmatchedPosition": frozenset({"hr", "operations", "auditor"}),
    "Apart": frozenset({"hr", "operations", "auditor"}),
    "SourceHealth": _RUNS,
    "ChangeCount": _RUNS,
    "KleChange": _LOG,
    "LedgerEntry": _RUNS,
    "CprLookup": frozenset({"auditor"}),
}  # fmt: skip

# Fields with a right of their own, on types that may be read: home address and private phone; the CPR number.
FIELDS: Mapping[str, frozenset[str]] = {
    "private": frozenset({"hr", "auditor"}),
    "cpr": frozenset({"cpr"}),
}

WRITE: Mapping[str, frozenset[str]] = {
    "setValue": frozenset({"hr", "organisation", "rights"}),  # and see BY_HAND
    "releaseValue": frozenset({"hr", "organisation", "rights"}),
    "createUnit": frozenset({"organisation"}),
    "endUnit": frozenset({"organisation"}),
    "placeUnits": frozenset({"organisation"}),
    "tagUnit": frozenset({"organisation"}),
    "createPerson": frozenset({"hr"}),
    "setAbsence": frozenset({"hr"}),
    "choosePosition": frozenset({"hr"}),
    "createAffiliation": frozenset({"hr"}),
    "changeAffiliation": frozenset({"hr"}),
    "createRole": frozenset({"rights"}),
    "createAssignment": frozenset({"rights", "organisation"}),
    "changeAssignment": frozenset({"rights", "organisation"}),
    "createSubstitution": frozenset({"hr", "organisation", "rights"}),
    "changeSubstitution": frozenset({"hr", "organisation", "rights"}),
    "approveBrake": frozenset({"operations"}),
    "decideMatch": frozenset({"hr", "operations"}),
    "takeBackMatch": frozenset({"hr", "operations"}),
    "joinPersons": frozenset({"hr"}),
    "splitPerson": frozenset({"hr"}),
    "erasePerson": frozenset({"hr"}),
    "notTheSame": frozenset({"hr"}),
    "mayBeTheSame": frozenset({"hr"}),
    "setOwner": frozenset({"hr"}),
}


# Whose values may be told by hand (setValue, releaseValue). A role that covers all, or a primary holder, decides who
# answers: that is a right, not a detail.
BY_HAND: Mapping[str, frozenset[str]] = {
    "Unit": frozenset({"organisation"}),
    "Person": frozenset({"hr"}),
    "Employment": frozenset({"hr"}),
    "Affiliation": frozenset({"hr"}),
    "Position": frozenset({"hr", "organisation"}),
    "Assignment": frozenset({"rights", "organisation"}),
    "Role": frozenset({"rights"}),
    "KleNode": frozenset({"organisation"}),
    "ItSystem": frozenset({"organisation", "rights"}),
}


@dataclass(frozen=True, slots=True)
class Access:
    """A token's name and system roles."""

    name: str
    roles: frozenset[str]

    def may_read(self, type_: str) -> bool:
        return bool(READ.get(type_, frozenset()) & self.roles)

    def may_write(self, mutation: str) -> bool:
        return bool(WRITE.get(mutation, frozenset()) & self.roles)

    def fields(self) -> frozenset[str]:
        """The rights to fields that have one of their own: private, cpr."""
        return frozenset(name for name, roles in FIELDS.items() if roles & self.roles)

    def require(self, type_: str) -> None:
        """Raises GraphQLError (forbidden) where the type may not be read."""
        if not self.may_read(type_):
            raise forbidden(f"{type_} may be read with", READ.get(type_, frozenset()))

    def require_write(self, mutation: str) -> None:
        if not self.may_write(mutation):
            raise forbidden(f"{mutation} needs", WRITE.get(mutation, frozenset()))

    def require_cpr(self) -> None:
        """Raises GraphQLError (forbidden) unless CPR numbers may be read: to ask by one is to read it."""
        if "cpr" not in self.fields():
            raise forbidden("a CPR number may be given with", FIELDS["cpr"])

    def require_by_hand(self, kind: str) -> None:
        """Raises GraphQLError: unknown_kind, forbidden."""
        if kind not in BY_HAND:
            from graphql import GraphQLError

            raise GraphQLError(f"kind: one of {', '.join(BY_HAND)}", extensions={"code": "unknown_kind"})
        if not BY_HAND[kind] & self.roles:
            raise forbidden(f"values of {kind} are told by hand with", BY_HAND[kind])


def forbidden(what: str, roles: frozenset[str]) -> GraphQLError:
    from graphql import GraphQLError

    return GraphQLError(
        f"{what} one of the system roles {', '.join(sorted(roles))}; ask for a token that has it",
        extensions={"code": "forbidden"},
    )
