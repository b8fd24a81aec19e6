"""What each source claims: its statements, the form they are stored in, and the rule that merges them."""
