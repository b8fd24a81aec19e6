"""What may become ours: ids are compared as one, whether a target writes a UUID in upper or lower case."""

from dataclasses import replace

import pytest

from exporters.objects.adoption import left_by_creation, theirs
from exporters.objects.errors import Refused
from exporters.objects.ledger import Entry
from exporters.objects.target import Found, Ref, Wanted

ID = "0f0a1b2c-1234-4a00-9200-0000012c0001"
ANNA, BO = Wanted("user", "anna", {"userName": "x"}), Ref("user", "bo")
NEW = Entry("user", "anna", "pending")


@pytest.mark.parametrize("id_", [ID, ID.upper()])
def test_an_object_of_ours_is_ours_in_any_case(id_: str) -> None:
    entries = {BO: Entry("user", "bo", "delivered", remote=ID)}
    with pytest.raises(Refused, match="is another of ours"):
        theirs(ANNA, [Found(id_, None, {})], NEW, entries, adopt=True)
    assert left_by_creation([Found(id_, None, {})], NEW, entries) is None


@pytest.mark.parametrize("id_", [ID, ID.upper()])
def test_an_object_that_was_told_apart_stays_apart_in_any_case(id_: str) -> None:
    apart = replace(NEW, others=frozenset({ID}))
    assert theirs(ANNA, [Found(id_, None, {})], apart, {}, adopt=True) is None
    assert left_by_creation([Found(id_, None, {})], apart, {}) is None
