"""Targets that take objects one by one: found, created, changed, disabled and deleted at the target itself.

The parts that all such targets share are here: a ledger of what was sent, order, the brake, refused objects, lost
answers, adoption, drift. A target adds its shape, and a channel for its protocol.
"""
