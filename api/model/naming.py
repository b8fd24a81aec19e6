"""Values that name things by their UUIDs."""

NAMING = frozenset({"approvedContent", "fixed"})
"""Values that contain UUIDs of units and people of anywhere: null for those who do not read these everywhere."""
