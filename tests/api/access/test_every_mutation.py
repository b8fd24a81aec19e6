"""Every mutation × each single system role, held everywhere and held in a part, as rights_matrix.yaml has it: the
mutation itself refuses, before it looks at anything in the graph."""

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

import neo4j
import pytest

from api.access.rights import ROLES, Access
from api.context import Context
from api.schema import schema
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from tests.api.access.test_matrix import DECIDED, everywhere, within
from tests.api.every_mutation import asked

_BODIES = {body["query"].partition(") { ")[2].partition("(")[0]: body for body in islice(asked("x"), 0, None, 4)}
_DECIDED: Mapping[str, Mapping[str, Any]] = DECIDED["mutations"]
_BY_HAND = ("setValue", "releaseValue")
_WELL_FORMED: Mapping[str, Mapping[str, Any]] = {
    "completeTask": {"values": "{}"}, "saveDraft": {"values": "{}"}, "createPerson": {"cpr": None},
}  # fmt: skip
"""Arguments whose form is looked at before the rights, or that need a right of their own."""
_CARE = {"inviteToLogin", "resetLogin", "unlockLogin"}
"""Who is nearest may do these too, so they look first (tests/api/mutations/test_login_care.py)."""
_OF_OWNERS = {"retryIncident", "skipIncident"}
"""The owner of a process may do these too: of a person they look first (tests/api/mutations/test_tasks.py)."""


class _Touched(Exception):
    """The mutation has asked the graph for something."""


class _Untouched:
    """In place of the graph. ``is_touched``: something was asked."""

    is_touched = False

    def __getattr__(self, name: str) -> Any:
        self.is_touched = True
        raise _Touched(name)


def _is_refused(access: Access, mutation: str) -> bool:
    graph = _Untouched()
    driver = cast(neo4j.Driver, graph)
    context = Context(access, driver, cast(neo4j.AsyncDriver, graph), Keyring.generate(), SourceOrder())
    body = _BODIES[mutation]
    given = body["variables"] | _WELL_FORMED.get(mutation, {})
    if mutation in _BY_HAND and access.roles <= {"organisation", "rights"}:
        given |= {"kind": "ItSystem", "property": "title"}
    result = asyncio.run(schema.execute(body["query"], given, context_value=context))
    (error,) = result.errors or ()
    if (error.extensions or {}).get("code") != "forbidden":
        return False
    assert not graph.is_touched, f"{mutation} has looked before it refused"
    return True


@pytest.mark.whole
def test_every_mutation_is_tried() -> None:
    assert _BODIES.keys() == _DECIDED.keys()


@pytest.mark.parametrize("role", ROLES)
def test_each_mutation_is_refused_as_was_decided(role: str) -> None:
    wrong = []
    for name in sorted(_DECIDED.keys() - _CARE):
        decided = _DECIDED[name]
        may = role in decided.get("machine", decided["roles"])
        if _is_refused(everywhere(role), name) == may:
            wrong.append((name, "everywhere"))
        if decided["place"] != "own" and _is_refused(within(role), name) == (may and decided["place"] == "part"):
            wrong.append((name, "in a part"))
    assert wrong == []


def test_what_is_ones_own_needs_no_role() -> None:
    person = Access("person:a", frozenset(), "a")
    own = {name for name, decided in _DECIDED.items() if decided["place"] == "own" and "machine" in decided}
    assert own and not any(_is_refused(person, name) for name in own)
    assert all(_is_refused(person, name) for name in _DECIDED.keys() - own - _CARE - _OF_OWNERS - {"endSession"})
