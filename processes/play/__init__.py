"""Play: cases of a definition on a clock of their own, and which steps differ from what is expected of them.

A municipality tests its own definitions with it, and ours are tested with it (tests/acceptance/processes.yaml).
"""
