"""Who calls, whether they may, and what is noted of it."""
