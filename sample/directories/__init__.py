"""The sample municipality's two directories: the administration's (``administration``) and the schools' (``school``).

What is in one is a ``Directory`` (``entries``), drawn from the municipality; ``loading`` writes it into a controller.
"""
