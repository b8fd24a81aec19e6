"""Logging, without secrets and personal data."""
