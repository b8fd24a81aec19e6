"""What the graph has from the source of the things that a reading of changes meets."""

from collections.abc import Collection, Mapping

from graph.statements.statement import Statement
from importers.source import Known

KINDS = ("Account", "Affiliation", "DirectoryGroup")
"""Of which a whole reading holds everything; keys are objectGUIDs, whatever the kind."""


class Kept:
    """Asks the graph once a key, for all kinds together."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._asked: set[str] = set()
        self._found: dict[tuple[str, str], Statement] = {}

    def learn(self, keys: Collection[str]) -> None:
        """All of these are going to be asked about."""
        new = sorted({*keys} - self._asked)
        if new:
            self._asked.update(new)
            self._found.update(self._known.of_kinds(dict.fromkeys(KINDS, new)))

    def of(self, kind: str, keys: Collection[str]) -> Mapping[str, Statement]:
        """Those of these keys that the source has told of as this kind."""
        self.learn(keys)
        return {key: found for key in keys if (found := self._found.get((kind, key))) is not None}
