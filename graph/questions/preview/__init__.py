"""What a change would do before it is done: to whose managers, roles, rights and limits, from which day."""
