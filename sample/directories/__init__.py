"""The sample municipality's two directories: the administration's (``administration``) and the schools' (``school``).

The content of each is a ``Directory`` (``entries``), made from the municipality; ``loading`` writes it into a
controller.
"""
