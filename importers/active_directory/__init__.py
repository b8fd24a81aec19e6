"""Active Directory: accounts, groups and what the directory knows of the people who have them."""
