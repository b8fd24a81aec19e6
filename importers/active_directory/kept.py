"""The things of a reading of changes that the graph already has from the source."""

from collections.abc import Collection, Mapping

from graph.statements.statement import Statement
from importers.source import Known

KINDS = ("Account", "Affiliation", "DirectoryGroup")
"""Kinds that a whole reading contains completely; the keys of all of them are objectGUIDs."""


class Kept:
    """Queries the graph once per key, for all kinds together."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._asked: set[str] = set()
        self._found: dict[tuple[str, str], Statement] = {}

    def learn(self, keys: Collection[str]) -> None:
        """Read all of these keys at once."""
        new = sorted({*keys} - self._asked)
        if new:
            self._asked.update(new)
            self._found.update(self._known.of_kinds(dict.fromkeys(KINDS, new)))

    def of(self, kind: str, keys: Collection[str]) -> Mapping[str, Statement]:
        """Those of these keys that the source has stated as this kind."""
        self.learn(keys)
        return {key: found for key in keys if (found := self._found.get((kind, key))) is not None}
