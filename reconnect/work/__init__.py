"""Jobs: their work, schedule, queue, locks and last state."""
