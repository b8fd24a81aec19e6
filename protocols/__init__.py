"""How REConnect speaks to other systems: formats, limits and addresses. Knows no graph."""
