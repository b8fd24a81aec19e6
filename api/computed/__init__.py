"""Root fields that a rule of ``graph`` answers first: one module per field, with its type, arguments, right and answer.

To add one, add a module here with a ``FIELD`` (``api.computed.contract.ComputedField``). The schema, the rights, the
cost and the compiler find it by its folder (``api.computed.types``).
"""
