"""The import: from a source's reading to the graph, one path for all sources."""
