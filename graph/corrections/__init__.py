"""Corrections of identities by hand: join, split, reassign, mark as different, erase."""
