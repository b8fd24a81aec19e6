"""Jobs: what they do, their schedule, queue, locks and last state."""
