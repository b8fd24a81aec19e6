"""What a subscription brings is paid for before it is looked at, and waits where the budget is used up."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from api.access.budget import Account, Budgets
from api.access.credentials import Credential
from api.access.rights import Access
from api.requests.request_body import Asked
from api.subscriptions import results
from api.subscriptions.results import A_LOOK, AN_EVENT, PASSED_OVER, Subscriptions
from graph.questions.change_feed import Entry

TOP = "0b8f2f3e-1111-4222-8333-444455556666"
EVERYWHERE = Access("token:x", frozenset({"reader", "auditor"}))
IN_PART = Access("token:x", frozenset({"reader", "auditor"}), within={"auditor": frozenset({TOP})})


def followed(
    monkeypatch: pytest.MonkeyPatch, access: Access, changes: int, budget: int, argument: str = ""
) -> tuple[list[dict[str, Any]], float, list[float], list[float]]:
    """(the results, what was paid, the pauses, what was paid when each change was looked at)."""
    budgets = Budgets(budget)
    account = budgets.of(access.name)
    monkeypatch.setattr(Account, "_fill", lambda self: None)
    pauses: list[float] = []
    looked: list[float] = []

    async def paused(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(results, "sleep", paused)

    async def follow(*_: object) -> AsyncIterator[dict[str, Any] | None]:
        for number in range(changes):
            yield {"number": number, "kind": "Unit", "uuid": TOP, "operation": "created", "at": "2026-01-01T00:00:00Z"}
        yield None

    async def access_of(*_: object, **__: object) -> Access:
        return access

    class Following(Subscriptions):
        async def _shown(self, change: Any, access: Access) -> Entry | None:
            looked.append(account.limit - account._left)
            return Entry(change, (), ())

    following = Following(
        SimpleNamespace(access_of=access_of),  # type: ignore[arg-type]
        SimpleNamespace(follow=follow),  # type: ignore[arg-type]
        budgets,
        SimpleNamespace(),  # type: ignore[arg-type]
        SimpleNamespace(),  # type: ignore[arg-type]
        SimpleNamespace(),  # type: ignore[arg-type]
    )

    async def all_of_them() -> list[dict[str, Any]]:
        text = f"subscription {{ changes(after: 0{argument}) {{ number uuid }} }}"
        return [each async for each in following.results(Credential("x"), access, Asked(text))]

    told = asyncio.run(all_of_them())
    return told, account.limit - account._left, pauses, looked


@pytest.mark.parametrize(("access", "each"), [(EVERYWHERE, AN_EVENT + 2), (IN_PART, AN_EVENT + 2 + A_LOOK)])
def test_each_event_is_paid_for_before_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, access: Access, each: int
) -> None:
    told, paid, pauses, looked = followed(monkeypatch, access, 5, 1_000_000)
    assert [one["data"]["changes"]["number"] for one in told] == [0, 1, 2, 3, 4]
    assert paid == 5 * each
    assert looked == [each, 2 * each, 3 * each, 4 * each, 5 * each]
    assert pauses == [0.0] * 5


def test_what_is_passed_over_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    told, paid, _, looked = followed(monkeypatch, IN_PART, 5, 1_000_000, ", kind: Person")
    assert (told, looked, paid) == ([], [], 5 * PASSED_OVER)


def test_what_is_not_earned_yet_waits_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    each = AN_EVENT + 2
    told, _, pauses, _ = followed(monkeypatch, EVERYWHERE, 5, 2 * each)
    assert len(told) == 5
    # A minute fills the budget, so two events; here nothing is earned while it waits.
    assert pauses == [0.0, 0.0, 30.0, 60.0, 90.0]
