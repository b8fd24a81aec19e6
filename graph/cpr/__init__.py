"""CPR numbers: what one is, how it is kept, and the log of who was looked up."""
