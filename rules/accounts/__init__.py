"""Account rules: who is to have an account in which system, how long, and by which names (architecture.md §4
"Accounts")."""
