"""What a request says, and the form of a refusal."""
