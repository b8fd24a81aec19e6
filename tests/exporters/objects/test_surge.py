"""What a run would do besides closing, and when that is too much."""

from collections.abc import Mapping
from typing import Any

import pytest

from exporters.objects.brake import Bound, ObjectBrake
from exporters.objects.ledger import Entry
from exporters.objects.plan import Difference, Plan, What
from exporters.objects.surge import Surge, surges
from exporters.objects.target import KindRules, Ref

KINDS = {"user": KindRules(placed_by=frozenset({"ou", "place"}))}
OU = frozenset({Ref("ou", "north")})


def known(count: int) -> dict[Ref, Entry]:
    made = (Entry("user", f"u{n}", "delivered", f"id{n}", fields={"title": "x"}, enabled=True) for n in range(count))
    return {each.ref: each for each in made}


def found(entries: Mapping[Ref, Entry], what: What, first: bool = False, gone: int = 0, **values: Any) -> list[Surge]:
    """Of a plan in which all of the entries, or ten new objects, differ in the same way."""
    refs = [*entries] if what == "changed" else [Ref("user", f"n{n}") for n in range(10)]
    made = {
        ref: Difference(ref, what, None, entries.get(ref, Entry("user", ref.key, "pending")), **values) for ref in refs
    }
    plan = Plan(made, [], [], [], {}, KINDS)
    return list(surges(plan, entries, KINDS, [*entries][:gone], first))


@pytest.mark.parametrize(
    ("what", "values", "reason"),
    [
        ("new", {}, "user: 10 would be created beside 30"),
        ("changed", {"set": frozenset({"place"})}, "user: 30 of 30 would be moved"),
        ("changed", {"add": {"ou": OU}}, "user: 30 of 30 would be moved"),
        ("changed", {"clear": frozenset({"title"})}, "user: 30 of 30 would lose their title"),
    ],
)
def test_what_is_more_than_allowed_is_named(what: What, values: dict[str, Any], reason: str) -> None:
    (surge,) = found(known(30), what, **values)
    assert surge.reason == reason
    tight, wide = (
        ObjectBrake(**dict.fromkeys(("created", "moved", "cleared"), Bound(share=0.2, at_least=n))) for n in (9, 30)
    )
    assert (surge.is_too_much(tight), surge.is_too_much(wide)) == (True, False)
    assert len(surge.lines) == len(surge.shown) == len(surge.keys)


def test_what_leaves_a_place_and_comes_to_another_is_moved_and_not_emptied() -> None:
    (surge,) = found(known(3), "changed", clear=frozenset({"place"}), add={"ou": OU})
    assert surge.what == "moved"


def test_what_the_first_run_makes_is_no_surge() -> None:
    assert found({}, "new") == found(known(30), "new", first=True) == []


def test_what_a_comparison_lacks_counts_by_limits_of_its_own() -> None:
    (surge,) = found(known(100), "changed", gone=6, set=frozenset({"title"}))
    assert surge.reason == "user: 6 of 100 are gone at the target and would be made again"
    assert surge.is_too_much(ObjectBrake()) and not surge.is_too_much(ObjectBrake(gone=Bound(at_least=6)))
