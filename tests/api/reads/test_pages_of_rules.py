"""Lists that rules answer, in pages: complete, also where there are very many, and where answers go meanwhile."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import (
    FIRST,
    LARGEST,
    AnswerType,
    Caller,
    ComputedField,
    Pages,
    Part,
    Plain,
    Request,
    Thing,
    answer_type,
)
from api.computed.pages import in_pages
from api.computed.types import ANSWER_TYPES, FIELDS
from api.model.cursor_seal import CursorSeal
from graph.cpr.keyring import Keyring
from graph.time import today

RING = Keyring.generate()


@dataclass
class Listed:
    """A list of these keys, with the cursors as clients get them."""

    keys: list[str] = field(default_factory=list)
    name: str = "things"

    def page(self, first: int, after: str | None = None) -> Any:
        answers = ({"key": each, "place": place} for place, each in enumerate(self.keys))
        list_ = ComputedField(
            self.name,
            "Things",
            (answer_type("Listed", "A thing", Plain("key", "String!")),),
            LOG,
            lambda request: list(islice(answers, request.first)),
            arguments={"first": FIRST},
            in_part=True,
            pages=Pages(order=lambda each: (each["key"],)),
        )
        assert list_.pages is not None
        resources: Any = SimpleNamespace(keyring=RING)
        caller = Caller("tests", LOG, frozenset())
        asked = Request({"first": first, "after": after}, today(), caller, resources)
        (page,) = in_pages(list_, list_.pages).answer(asked)
        return page

    def sealed(self, page: Any) -> str | None:
        return CursorSeal.of(RING).sealed(page["pageInfo"]["endCursor"])


def test_the_last_page_is_the_end_of_the_list() -> None:
    listed = Listed([f"{each:05}" for each in range(LARGEST + 3)])
    first = listed.page(LARGEST)
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (LARGEST + 3, True)
    last = listed.page(LARGEST, listed.sealed(first))
    assert [each["key"] for each in last["nodes"]] == listed.keys[LARGEST:]
    assert (last["totalCount"], last["pageInfo"]["hasNextPage"]) == (LARGEST + 3, False)


def test_what_was_decided_meanwhile_makes_the_next_page_pass_over_nothing() -> None:
    listed = Listed(["a", "b", "c", "d", "e"])
    first = listed.page(2)
    listed.keys = ["a1", "c", "d", "e"]  # both are gone, and one has come
    second = listed.page(2, listed.sealed(first))
    assert [each["key"] for each in second["nodes"]] == ["c", "d"]
    assert (second["totalCount"], second["pageInfo"]["hasPreviousPage"]) == (4, True)


def test_answers_that_are_alike_are_all_shown() -> None:
    listed = Listed(["a", "b", "b", "b", "c"])
    after, found = None, []
    for _ in listed.keys:
        page = listed.page(1, after)
        found += [each["place"] for each in page["nodes"]]
        after = listed.sealed(page)
    assert found == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cursor", ["things|1", "things|[", "others|[]", "[]", ""])
def test_what_is_no_cursor_of_the_list_is_refused(cursor: str) -> None:
    """A number is what cursors had before they had keys."""
    with pytest.raises(GraphQLError) as refused:
        Listed(["a"]).page(1, CursorSeal.of(RING).sealed(cursor))
    assert refused.value.extensions == {"code": "bad_cursor"}


_NAMES = {enum.__name__: next(iter(enum)).name for each in FIELDS.values() for enum in each.enums}
_VALUES = {"Int": 1, "Float": 1.5, "Boolean": True, "Date": "2026-02-01", "Moment": "2026-02-01T10:00:00+00:00"}
IN_PAGES = sorted(name for name, each in FIELDS.items() if each.pages is not None)


def _answer(type_: AnswerType, *, whole: bool) -> dict[str, Any]:
    """An answer of this type; ``whole``: with what may be null, too."""

    def value(each: Plain | Thing | Part) -> Any:
        if not isinstance(each, Plain):
            return ["thing"] if each.many else "thing"
        if not whole and not each.type.endswith("!"):
            return None
        plain = each.type.strip("[]!")
        one = _VALUES.get(plain) or _NAMES.get(plain, "text")
        return [one] if each.type.startswith("[") else one

    # A rule's answer also has what it is sorted by, and is not shown.
    return defaultdict(lambda: "text", {each.name: value(each) for each in type_.fields.values()})


@pytest.mark.parametrize("name", IN_PAGES)
def test_every_list_in_pages_has_an_order_of_its_answers(name: str) -> None:
    """Keys of answers can be compared and written into a cursor, whatever an answer leaves open."""
    pages, type_ = FIELDS[name].pages, ANSWER_TYPES[FIELDS[name].type]
    assert pages is not None
    keys = [pages.order(_answer(type_, whole=True)), pages.order(_answer(type_, whole=False))]
    assert sorted(keys) in (keys, keys[::-1])
    assert all(tuple(orjson.loads(orjson.dumps(key))) == key for key in keys)


def test_no_list_ends_without_a_way_to_the_rest() -> None:
    """What is cut by ``first`` is in pages, or is read on from its last answer; a search shows its best hits."""
    cut = {name for name, each in FIELDS.items() if each.many and "first" in each.arguments and not each.is_page}
    read_on = {name for name in cut if {"after", "before"} & set(FIELDS[name].arguments)}
    assert cut - read_on - set(IN_PAGES) == {"search"}
