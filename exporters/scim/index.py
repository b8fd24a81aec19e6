"""Objects of a server by what they are looked up by, for servers that do not search by it themselves."""

from collections.abc import Iterable

from exporters.objects.target import Found
from exporters.objects.values import comparable, normal

KEY = "externalId"
_NAMES = ("userName", "displayName")


class Index:
    """Our key, user names and display names lead to objects; names in any upper or lower case."""

    def __init__(self, found: Iterable[Found]) -> None:
        self._by: dict[tuple[str, str], list[Found]] = {}
        for each in found:
            self.add(each)

    def add(self, found: Found) -> None:
        """One more object, such as one that was just created."""
        given = [(KEY, found.key), *((name, found.values.get(name)) for name in _NAMES)]
        for name, value in given:
            if value:
                self._by.setdefault((name, _form(name, str(value))), []).append(found)

    def having(self, name: str, value: str) -> list[Found]:
        """Those that have the value."""
        return [*self._by.get((name, _form(name, value)), ())]


def _form(name: str, value: str) -> str:
    return comparable(value) if name == KEY else str(normal(value)).strip().casefold()
