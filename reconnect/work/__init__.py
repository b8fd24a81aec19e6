"""Jobs: what they are, when they run, and what they last did."""
