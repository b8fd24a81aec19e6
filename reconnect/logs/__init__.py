"""Logging, and what keeps secrets and personal data out of it."""
