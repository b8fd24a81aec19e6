"""How the graph is written: compared, completed and stored with its change, by sources, by hand and by the day turn."""
