"""What a target does not offer is left as it is."""

from datetime import UTC, date, datetime, timedelta

from exporters.objects.ledger import Entry
from exporters.objects.plan import Planning
from exporters.objects.target import KindRules, Objects, Offer, Wanted
from graph.cpr.keyring import Keyring


def test_a_kind_that_a_server_no_longer_names_is_not_deleted_there() -> None:
    """Its list of kinds may be cut by the token's rights, a page, or an upgrade."""
    offered = {"user"}

    def offers(kind: str, field: str | None) -> Offer:
        return "always" if kind in offered else "never"

    entries = {
        each.ref: each
        for each in (
            Entry("user", "gone", "delivered", "1", fields={"userName": "gone"}, enabled=True),
            *(Entry("group", f"g{n}", "delivered", f"g{n}", fields={"displayName": "G"}) for n in range(3)),
        )
    }
    planning = Planning(
        {"user": KindRules(), "group": KindRules()}, offers, Keyring.generate(), "1", timedelta(days=90),
        date(2026, 3, 2), datetime.now(UTC), lambda kind: False,
    )  # fmt: skip
    plan = planning.plan(Objects([Wanted("group", "g0", {"displayName": "G"})]), entries)
    assert [ref.key for ref in plan.differences] == ["gone"]
    assert any(each.object == "group" and "3 objects are left as they are" in each.text for each in plan.notices)
    offered.add("group")
    plan = planning.plan(Objects([Wanted("group", "g0", {"displayName": "G"})]), entries)
    assert {"g1", "g2"} < {ref.key for ref in plan.differences}, "it is offered again, and the rest is not wanted"
