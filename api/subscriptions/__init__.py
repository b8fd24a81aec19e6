"""Subscriptions: the change log as it grows."""
