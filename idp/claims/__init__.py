"""Claims about a person, in the forms that receivers read."""
