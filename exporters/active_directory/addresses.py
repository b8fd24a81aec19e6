"""Mail addresses of the whole domain, which does not check that each is given once (active_directory.md pitfall 26)."""

import re
from collections.abc import Iterable, Mapping

from exporters.objects.target import Value

ATTRIBUTES = ("mail", "proxyAddresses")


_ONE = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]*[^\s@,;:<>()\[\]\"\\.]")


def is_one(text: str) -> bool:
    """Whether it is one mail address and nothing else: what a password is sent to has no second recipient."""
    return text.isprintable() and _ONE.fullmatch(text) is not None


def several(value: Value) -> list[str]:
    """The texts of a value; none of None."""
    given = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [str(each) for each in given]


class Addresses:
    """By address, without case and ``smtp:``: the ids of the objects that have it."""

    def __init__(self, holders: Iterable[tuple[str, Mapping[str, Iterable[bytes]]]]) -> None:
        self._holders: dict[str, set[str]] = {}
        for id_, raw in holders:
            texts = [each.decode(errors="replace") for name in ATTRIBUTES for each in raw.get(name.lower(), ())]
            self.given(id_, texts)

    def given(self, id_: str, values: Value) -> None:
        """The object has these from now on."""
        for each in several(values):
            self._holders.setdefault(_text(each), set()).add(id_)

    def is_used(self, address: str, but: str) -> bool:
        """Whether another object than ``but`` has the address."""
        return bool(self._holders.get(_text(address), set()) - {but})


def _text(address: str) -> str:
    """Also ``sip:`` and others are addresses of their own; only smtp: is mail."""
    return address.strip().casefold().removeprefix("smtp:")
