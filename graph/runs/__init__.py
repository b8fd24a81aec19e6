"""Runs, cursors, problems and stopped runs: what imports and exports share."""
