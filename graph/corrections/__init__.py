"""Corrections by hand of who is who: join, split, reassign, tell apart, erase."""
