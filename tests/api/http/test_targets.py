"""What GraphQL and the metrics have of targets that take objects: open orders, refusals, hooks, drift, closing."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import neo4j
import pytest

from exporters.objects.ledger import Entry, ObjectLedger, put_right
from exporters.objects.target import Ref
from graph.cpr.keyring import Keyring
from graph.runs.run_log import end_run, start_run
from reconnect.embedded import Addresses
from tests.api.serving import serving

pytestmark = pytest.mark.slow

ASK = """
{
  ledgerEntries(target: "active_directory-x", object: "user") {
    nodes {
      key targetId enabled unsure nextTry drift driftPutRight driftAccepted driftAt
      hooksLeft hookTries hookNext hookAnswer hookAt
    }
  }
}
"""


def test_of_targets(addresses: Addresses, clean_graph: neo4j.Driver) -> None:
    moment = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
    ledger = ObjectLedger(clean_graph, "active_directory-x")
    ledger.claim("a run")
    made = Entry("user", "a", "delivered", remote="g-a", enabled=True, fields={"title": "h"})
    told = replace(made, key="b", accepted={"title": "agreed = fine (anna)"}, not_kept={"title": "h"}, remote="g-b")
    called = {"hooks": ("closed",), "hook_tries": 2, "hook_again": moment, "hook_answer": "created: done",
              "hook_at": moment}  # fmt: skip
    ledger.write([made, told, replace(made, key="c", unsure=True, **called)])
    ledger.write([Entry("user", "d", "parked", problem="no_right", again=moment), Entry("group", "e", "pending")])
    entries = ledger.entries()
    ledger.note_drift(entries, {Ref("user", "a"): frozenset({"title", "mail"}), Ref("user", "b"): frozenset()})
    run = start_run(clean_graph, "closing", "active_directory-x", dry=False)
    end_run(clean_graph, run, "done", {"user": {"closed": 1}, "": {"seconds": 1.25}})
    refused = {"active_directory-x": True, "scim": False}
    with serving(addresses, clean_graph, Keyring.generate(), logins=lambda: refused) as served:
        found = {each["key"]: each for each in served.data(ASK)["ledgerEntries"]["nodes"]}
        by_drift = "query($drift: Boolean) { ledgerEntries(drift: $drift) { totalCount nodes { key } } }"
        with_drift, without = (served.data(by_drift, drift=each)["ledgerEntries"] for each in (True, False))
        assert (with_drift["totalCount"], with_drift["nodes"]) == (1, [{"key": "a"}])
        assert {each["key"] for each in without["nodes"]} == {"b", "c", "d", "e"}
        assert served.data("{ runs(type: CLOSING) { nodes { type state } } }")["runs"]["nodes"] == [
            {"type": "CLOSING", "state": "DONE"}
        ]
        shown = httpx.get(f"{served.url}/metrics").text
    assert (found["a"]["drift"], found["a"]["targetId"], found["b"]["drift"]) == (["mail", "title"], "g-a", [])
    assert found["b"]["driftAccepted"] == ["title: agreed = fine (anna)"]
    assert (found["c"]["hooksLeft"], found["c"]["hookTries"], found["c"]["unsure"]) == (["closed"], 2, True)
    assert found["c"]["hookAnswer"] == "created: done" and found["c"]["hookNext"] is not None
    assert found["a"]["driftAt"] is not None and found["d"]["nextTry"] is not None
    of = 'target="active_directory-x"'
    for line in (
        f'reconnect_target_orders{{object="user",state="waiting",{of}}} 1.0',
        f'reconnect_target_orders{{object="user",state="parked",{of}}} 1.0',
        f'reconnect_target_orders{{object="group",state="waiting",{of}}} 1.0',
        f'reconnect_target_refused{{object="user",rule="no_right",{of}}} 1.0',
        f'reconnect_target_drift{{object="user",{of}}} 1.0',
        f"reconnect_target_hooks{{{of}}} 1.0",
        f"reconnect_target_closing_seconds{{{of}}} 1.25",
        f"reconnect_target_login_refused{{{of}}} 1.0",
        'reconnect_target_login_refused{target="scim"} 0.0',
    ):
        assert line in shown
    ledger.write([replace(entries[Ref("user", "a")], **put_right(entries[Ref("user", "a")]))])
    kept = ledger.entries()[Ref("user", "a")]
    assert dict(kept.drift) == {"mail": "put_right", "title": "put_right"}
    assert ledger.note_drift({kept.ref: kept}, {kept.ref: frozenset()}) == 0, "it stays noted"
