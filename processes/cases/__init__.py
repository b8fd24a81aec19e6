"""Cases: processes that run, and their tasks, which people claim and complete. Kept in the graph, beside the model."""
