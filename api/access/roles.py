"""REConnect's own system roles, and the groups of them that share rights."""

from api.access.field_groups import IDENTITY, shown_to

ROLES = ("reader", "hr", "organisation", "rights", "operations", "auditor", "cpr")

ANYONE = shown_to(frozenset(ROLES), IDENTITY)
"""Every valid token."""
EVERYBODY = frozenset({"reader", "hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read the organisation; ``cpr`` alone opens nothing."""
READERS = shown_to(EVERYBODY, IDENTITY)
"""The same, also where their roles are limited to field groups: what tells of ``identity`` alone."""
LOG = frozenset({"hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read what sources claim, and the change log."""
RUNS = frozenset({"hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read the results of imports and exports."""
AT_TARGETS = frozenset({"rights", "operations", "auditor"})
"""Those who may read accounts that others made at targets."""
DOUBTS = frozenset({"hr", "operations", "auditor"})
"""Those who may read possible duplicates, and payroll's codes."""

PERSON = "person"
"""Not a system role: among those who may read a type or use a mutation, it stands for every person who is logged in,
for what is their own."""
OWNERS = EVERYBODY | {PERSON}
"""Those who may read what is their own, such as their tasks."""
