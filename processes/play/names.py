"""Names in a file to play: of persons, units, processes and tasks, as they are written."""

from collections import Counter
from collections.abc import Iterable


def name_of(value: object) -> str:
    """The name that is written; empty if it is no name. A number without quotes is one: ``by: 1001``."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


class Ids:
    """The ids of one BPMN document, each once. ``taken``: what may not be one."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._asked: Counter[str] = Counter()

    def free(self, wanted: str) -> str:
        """The id that is wanted, with a number behind it if it is taken."""
        found = wanted
        while found in self._taken:
            self._asked[wanted] += 1
            found = f"{wanted}_{self._asked[wanted] + 1}"
        self._taken.add(found)
        return found
