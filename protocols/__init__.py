"""The protocols of other systems: formats, limits and addresses. They know no graph."""
