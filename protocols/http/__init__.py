"""HTTP: a client with pauses, limits and a login, for whatever speaks JSON over it."""
