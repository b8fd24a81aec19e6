"""Targets that take objects one by one: found, created, changed, disabled and deleted at the target itself.

What holds for all such targets is done here, once: a ledger of what was sent, order, the brake, objects that the target
refuses, lost answers, adoption, drift. A target brings its shape, and a channel that speaks its protocol.
"""
