"""Plans that wait do not keep others waiting."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import neo4j

from graph.cpr.keyring import Keyring
from graph.plans import kept
from graph.plans.plan import Draft, PlannedChange
from graph.statements.precedence import SourceOrder
from graph.time import today
from reconnect.work.due_plans import apply_due


def approved(driver: neo4j.Driver, name: str, days: int, *, in_part: bool = False) -> None:
    changes = (PlannedChange("createUnit", {"name": name}),)
    draft = Draft(name, today() + timedelta(days=days), "Ny struktur", changes)
    kept.approve(driver, kept.create(driver, draft, "hanne"), "poul", "Godkendt", in_part=in_part)


def test_one_that_was_changed_meanwhile_and_one_of_tomorrow_keep_no_other_waiting(clean_graph: neo4j.Driver) -> None:
    for name, days in (("Ændret", -1), ("I dag", 0), ("I morgen", 1)):
        approved(clean_graph, name, days)
    approved(clean_graph, "Af en fra Nord", -1, in_part=True)  # who has no rights today
    clean_graph.execute_query("MATCH (p:Plan {name: 'Ændret'}) SET p.reason = 'En anden'")
    # The clock of the computer has gone back since the day turn.
    clean_graph.execute_query("MERGE (c:Clock) SET c.today = $day", day=today() + timedelta(days=1))
    context: Any = SimpleNamespace(driver=lambda: clean_graph, keyring=Keyring.generate(), order=SourceOrder())
    assert [each.name for each in apply_due(context, "worker")] == ["I dag"]
    with clean_graph.session() as session:
        assert {each.name: each.state for each in kept.plans(session)} == {
            "Ændret": "approved", "Af en fra Nord": "failed", "I dag": "applied", "I morgen": "approved",
        }  # fmt: skip
