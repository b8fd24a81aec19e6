"""What a change would do before it is done: to whose managers, roles, rights, limits, accounts and groups."""
