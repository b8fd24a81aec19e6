"""HTTP: a client with pauses, limits and a login, for services that speak JSON."""
