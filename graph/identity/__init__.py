"""Which thing is meant: known keys, lookups and matching."""
