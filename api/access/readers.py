"""The system roles that may read each kind of the graph, and each kind of record."""

from collections.abc import Mapping

from api.access.roles import EVERYBODY, LOG, RUNS

STORED: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "Unit", "Person", "Employment", "Affiliation", "Position", "Role", "Assignment", "Substitution", "KleNode",
            "Function", "SystemGroup", "ItSystem", "Account", "DirectoryGroup", "PositionCategory", "KleFacet",
            "KleFacetCategory", "TreeUnit", "EmploymentCount", "ConstraintType", "SystemRole", "JobFunctionRole",
            "Grant", "ConstraintSetting", "RightsConflict", "NamePolicy", "AccountRule", "PlannedAccount",
        ),
        EVERYBODY,
    ),
    **dict.fromkeys(("RightsRequest", "Attestation", "ManualStep", "AccountException", "AccountRequest"), LOG),
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
