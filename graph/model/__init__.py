"""The model: every kind of thing, its properties and its links. One home for every name in the graph.

The graph's labels and relationship types, the facts format, the GraphQL API's readable fields and the migrations
are all made from this list (architecture.md §1, §3). Text in ``doc`` is shown to users.
"""

from graph.model.accounts import ACCOUNT_EXCEPTION, ACCOUNT_REQUEST, ACCOUNT_RULE, NAME_POLICY, PLANNED_ACCOUNT
from graph.model.kind import Access, Kind, Link, Property, Type
from graph.model.organisation import (
    ACCOUNT,
    AFFILIATION,
    ASSIGNMENT,
    DIRECTORY_GROUP,
    EMPLOYMENT,
    EMPLOYMENT_TYPES,
    FUNCTION,
    IT_SYSTEM,
    KLE_FACET,
    KLE_FACET_CATEGORY,
    KLE_NODE,
    PERSON,
    POSITION,
    POSITION_CATEGORY,
    ROLE,
    SUBSTITUTION,
    SYSTEM_GROUP,
    UNIT,
)  # fmt: skip
from graph.model.rights import (
    ATTESTATION,
    CONSTRAINT_SETTING,
    CONSTRAINT_TYPE,
    GRANT,
    JOB_FUNCTION_ROLE,
    MANUAL_STEP,
    RIGHTS_CONFLICT,
    RIGHTS_REQUEST,
    SYSTEM_ROLE,
)  # fmt: skip

__all__ = [
    "EMPLOYMENT_TYPES", "INDEXED", "KINDS", "LONGEST_INDEXED", "PROSE", "RESPONSIBILITY_PREFIXES", "Access", "Kind",
    "Link", "Property", "Type",
]  # fmt: skip

# In the order in which they are written: what is pointed to comes before what points.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        KLE_NODE, KLE_FACET_CATEGORY, KLE_FACET, FUNCTION, SYSTEM_GROUP, IT_SYSTEM, ROLE, POSITION_CATEGORY, POSITION,
        UNIT, PERSON, EMPLOYMENT, AFFILIATION, DIRECTORY_GROUP, ACCOUNT, ASSIGNMENT, SUBSTITUTION,
        CONSTRAINT_TYPE, SYSTEM_ROLE, JOB_FUNCTION_ROLE, GRANT, CONSTRAINT_SETTING,
        RIGHTS_CONFLICT, RIGHTS_REQUEST, ATTESTATION, MANUAL_STEP,
        NAME_POLICY, ACCOUNT_RULE, ACCOUNT_REQUEST, PLANNED_ACCOUNT, ACCOUNT_EXCEPTION,
    )
}  # fmt: skip

# A responsibility is written kind:key (nearest.yaml): the kind of each prefix.
RESPONSIBILITY_PREFIXES = {
    "kle": "KleNode",
    "system": "ItSystem",
    "group": "SystemGroup",
    "function": "Function",
}

# Properties that people write in their own words, and every token may read: no place for a CPR number.
PROSE = frozenset({
    "name", "short_name", "type_name", "given_name", "surname", "addressing_name", "alias_given_name", "alias_surname",
    "title", "short_title", "supplier", "occupation", "school_roles", "coverage", "description", "display_name", "tags",
    "category", "invoice_levels", "pay_grade", "reason", "stopped_because",
    "decided_because", "comment", "round", "case_number", "common_name", "email", "work_email", "personnel_email",
})  # fmt: skip

# Texts that the graph has an index of, the captions that names are sorted by among them. An entry of an index holds
# 8 kB at most, and Neo4j refuses to write what is longer.
INDEXED: frozenset[str] = frozenset({
    "name", "title", "number", "institution_number", "login", "principal_name", "code", "key",
})  # fmt: skip
LONGEST_INDEXED = 1000
"""Letters; of four bytes at most. Keys of records are indexed as well."""
