"""The commands, a module a group. Each has ``register(app)``."""
