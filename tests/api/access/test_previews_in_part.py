"""What the days of a preview tell of those whom its reader may not see."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import neo4j
import pytest

from api import previews
from api.access.rights import Access
from graph.questions.preview.consequences import Consequence, Preview
from graph.time import today

NEXT, LATER, LATEST = (today() + timedelta(days=each) for each in (1, 40, 300))


def _lost(person: str, what: Any, day: date) -> Consequence:
    return Consequence(person, person, "lost", what, (), "x", day)


FOUND = Preview(
    None,
    1,
    (NEXT, LATER),
    frozenset({"anna", "bo"}),
    (_lost("anna", "right", NEXT), _lost("bo", "account", LATER)),
    LATEST,
    (NEXT,),
    is_cut=True,
)


@pytest.fixture
def access(monkeypatch: pytest.MonkeyPatch) -> Access:
    """Of who sees Anna alone."""
    monkeypatch.setattr(previews, "hidden", lambda *_: frozenset())
    for name in ("seen", "seen_wholly"):
        monkeypatch.setattr(previews, name, lambda *_: frozenset({"anna"}))
    return Access("nord", frozenset({"hr"}), None, {"hr": frozenset({"unit"})})


def test_no_day_tells_of_others(access: Access) -> None:
    told = previews.in_part(cast(neo4j.Driver, None), access, FOUND)
    assert [each.person for each in told.consequences] == ["anna"]
    assert (told.days, told.looked_until) == ((NEXT,), NEXT)
    account = replace(FOUND, consequences=(*FOUND.consequences, _lost("anna", "account", LATER)))
    told = previews.in_part(cast(neo4j.Driver, None), access, account)
    assert (told.days, told.looked_until) == ((NEXT, LATER), LATER)


def test_who_sees_all_is_told_all(access: Access) -> None:
    assert previews.in_part(cast(neo4j.Driver, None), replace(access, within={}), FOUND) is FOUND


def test_a_look_as_far_as_ever_tells_nothing_of_others(access: Access) -> None:
    told = previews.in_part(cast(neo4j.Driver, None), access, replace(FOUND, is_cut=False))
    assert (told.days, told.looked_until) == ((NEXT,), LATEST)
