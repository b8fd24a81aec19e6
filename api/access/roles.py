"""REConnect's own system roles, and the groups of them that several rights are given to."""

ROLES = ("reader", "hr", "organisation", "rights", "operations", "auditor", "cpr")

ANYONE = frozenset(ROLES)
"""Whoever has a valid token."""
EVERYBODY = frozenset({"reader", "hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read the organisation; ``cpr`` alone opens nothing."""
LOG = frozenset({"hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read what sources claim, and the change log."""
RUNS = frozenset({"hr", "organisation", "rights", "operations", "auditor"})
"""Those who may read how imports and exports went."""
DOUBTS = frozenset({"hr", "operations", "auditor"})
"""Those who may read which persons may be one, and which codes payroll has."""
