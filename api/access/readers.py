"""The system roles that may read each kind of the graph, and each kind of record."""

from collections.abc import Mapping

from api.access.field_groups import IDENTITY, OF_KIND, shown_to
from api.access.roles import EVERYBODY, LOG, RUNS


def _in_groups(kinds: tuple[str, ...], roles: frozenset[str]) -> dict[str, frozenset[str]]:
    return {kind: shown_to(roles, OF_KIND.get(kind, IDENTITY)) for kind in kinds}


STORED: Mapping[str, frozenset[str]] = {
    **_in_groups(
        (
            "Unit", "Person", "Employment", "Affiliation", "Position", "Role", "Assignment", "Substitution", "KleNode",
            "Function", "SystemGroup", "ItSystem", "Account", "DirectoryGroup", "PositionCategory", "KleFacet",
            "KleFacetCategory", "TreeUnit", "EmploymentCount", "ConstraintType", "SystemRole", "JobFunctionRole",
            "Grant", "ConstraintSetting", "RightsConflict", "NamePolicy", "AccountRule", "PlannedAccount",
        ),
        EVERYBODY,
    ),
    **_in_groups(("RightsRequest", "Attestation", "ManualStep", "AccountException", "AccountRequest"), LOG),
    "Change": LOG,
    "SourceRecord": LOG,
    "Run": RUNS,
    "BadRecord": RUNS,
    "Brake": RUNS,
    "Ambiguity": RUNS,
    "MatchDecision": RUNS,
    "LedgerEntry": RUNS,
    "CprLookup": frozenset({"auditor"}),
}  # fmt: skip
