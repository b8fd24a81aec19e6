"""A stand-in for KLE Online's REST service."""
