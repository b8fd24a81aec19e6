"""The schools' own Active Directory: a second directory, of which only the staff is read."""
