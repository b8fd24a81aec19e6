"""A target in memory, with one planned account, and one account that others made and that fits it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from exporters.objects.brake import ObjectBrake
from exporters.objects.deciding import Decisions
from exporters.objects.target import Channel, Found, KindRules, Objects, ObjectTarget, Policy, Value, Wanted

NAME, KEY, THEIRS = "small", "anna-planned", "theirs"


class _Channel:
    def find(self, wanted: Wanted) -> Sequence[Found]:
        has = {"userName": "anna", "title": "By hand"}
        return [Found(THEIRS, None, has, enabled=False, like_by=("userName",), surely=False)]

    def offers(self, kind: str, field: str | None = None) -> str:
        return "always"

    def same(self, field: str, sent: Value, found: Value) -> bool:
        return bool(sent == found)


class _Small:
    name, document, rules, place = NAME, "query Nothing { units { nodes { uuid } } }", "1", "memory"
    kinds: Mapping[str, KindRules] = {"user": KindRules()}
    policy, brake = Policy(), ObjectBrake()

    def variables(self, at: date) -> Mapping[str, object]:
        return {}

    def shape(self, image: Any, at: date) -> Objects:
        return Objects([Wanted("user", KEY, {"userName": "anna", "title": "Leder"})])

    @contextmanager
    def open(self, server: str = "") -> Iterator[Channel]:
        yield _Channel()  # type: ignore[misc]


def _read(document: str, operation: str, variables: Mapping[str, object]) -> Iterable[Mapping[str, Any]]:
    return ()


@contextmanager
def _at(name: str) -> Iterator[tuple[ObjectTarget, Any]]:
    yield _Small(), _read  # type: ignore[misc]


DECISIONS = Decisions(_at)
