"""What a person decides through GraphQL about accounts at a domain, and the next export carries out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from exporters.objects.deciding import At, Decisions, NoSuchTarget, TargetBusy
from exporters.objects.drift import drift
from exporters.objects.ledger import ObjectLedger
from exporters.objects.target import Ref
from graph.time import today
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.exporters.active_directory.town import AT, KEY, RING, Domain, Town, uuid_of

pytestmark = pytest.mark.slow
ADOPTABLE = """
query($target: String!) { adoptable(target: $target) {
  object key called doubt planned { uuid } found { targetId called enabled likeBy barred changes } } }
"""


def decides(service: Served, mutation: str, *roles: str, **given: Any) -> str:
    """The code of the refusal; "" where it was decided."""
    arguments = ", ".join(f'{name}: "{value}"' for name, value in {"reason": "Aftalt", **given}.items())
    answer = service.ask(f"mutation {{ {mutation}({arguments}) {{ target object key }} }}", *roles)
    return "".join(each["extensions"]["code"] for each in answer.get("errors", ()))


def _at(domain: Domain, town: Town) -> At:
    @contextmanager
    def opened(name: str) -> Iterator[Any]:
        if name == "busy":
            raise TargetBusy("busy: an export runs")
        if name != domain.name:
            raise NoSuchTarget(f"There is no target {name!r}.")
        yield domain.target(), town.read

    return opened


def test_a_person_adopts_keeps_apart_accepts_and_makes_again(domain: Domain, addresses: Addresses) -> None:
    hers = domain.add("alma", displayName="Alma Bæk", title="By hand", mail="old@klit.example")
    namesake = domain.add("nora")
    town = Town().person("alma", "Alma Bæk").person("nora").person("bo").person("kaj")
    alma, nora, bo = (uuid_of(each) for each in ("alma", "nora", "bo"))
    assert {each.problem for each in domain.export(town).parked} == {"made_by_others"}
    at = {"target": domain.name}
    with serving(addresses, domain.driver, RING, decisions=Decisions(_at(domain, town))) as service:
        found = {each["key"]: each for each in service.data(ADOPTABLE, "auditor", **at)["adoptable"]}
        assert found.keys() == {alma, nora}
        assert found[alma]["doubt"] == "only sAMAccountName fits, which another person may have"
        (one,) = found[alma]["found"]
        assert (one["targetId"], one["called"], one["enabled"]) == (hers["objectGUID"], "alma, Alma Bæk", False)
        assert {"would be enabled", "mail: old@klit.example → alma@klit.example"} <= set(one["changes"])
        assert not any(each.startswith(("sAMAccountName", "displayName")) for each in one["changes"])
        before = domain.state()
        adopt = {**at, "key": alma, "targetId": hers["objectGUID"]}
        assert decides(service, "adoptAccount", "hr", **adopt) == "forbidden"
        assert decides(service, "adoptAccount", "rights", **{**adopt, "targetId": namesake["objectGUID"]}) == (
            "not_decidable"
        ), "it does not fit"
        assert decides(service, "adoptAccount", "rights", **{**adopt, "reason": " "}) == "reason"
        for target, code in (("busy", "busy"), ("other", "unknown_target")):
            assert decides(service, "adoptAccount", "rights", **{**adopt, "target": target}) == code
        assert decides(service, "adoptAccount", "rights", **adopt) == ""
        assert decides(service, "adoptAccount", "rights", **adopt) == "not_decidable", "it is ours already"
        apart = {**at, "key": nora, "targetId": namesake["objectGUID"]}
        assert decides(service, "keepAccountApart", "operations", **apart) == ""
        assert service.data(ADOPTABLE, **at)["adoptable"] == [] and domain.state() == before, "the ledger only"
        entries = ObjectLedger(domain.driver, domain.name).entries()
        assert str(entries[Ref("user", alma)].decision).startswith("adopted: Aftalt (test rights")

        assert domain.export(town).parked == []
        after = domain.user("alma")
        assert (after["objectGUID"], after[KEY], after["mail"]) == (hers["objectGUID"], [alma], ["alma@klit.example"])
        assert domain.user("nora2")[KEY] == [nora] and domain.user("nora")["uSNChanged"] == namesake["uSNChanged"]

        domain.set(domain.user("bo")["dn"], title="Changed by hand")
        domain.wire.delete(domain.user("kaj")["dn"])
        town.set("bo", title="Leder")
        domain.export(town)
        domain.set(domain.user("bo")["dn"], title="Changed by hand")
        drift(domain.driver, domain.target(), town.read, RING, AT)
        kept = "{ ledgerEntries(drift: true) { nodes { key drift } } }"
        assert {each["key"]: each["drift"] for each in service.data(kept)["ledgerEntries"]["nodes"]} == {
            bo: ["title"], uuid_of("kaj"): ["gone"],
        }  # fmt: skip
        accept = {**at, "key": bo, "field": "title"}
        assert decides(service, "acceptDrift", "rights", **{**accept, "field": "unknown"}) == "not_decidable"
        assert decides(service, "acceptDrift", "rights", **accept, until=today()) == "wrong_value"
        assert decides(service, "acceptDrift", "rights", **accept) == ""
        again = {**at, "key": uuid_of("kaj")}
        assert decides(service, "makeAccountAgain", "operations", **again) == ""
        assert decides(service, "makeAccountAgain", "operations", **{**again, "key": bo}) == "not_decidable"
        assert service.data(kept)["ledgerEntries"]["nodes"] == []
    assert domain.export(town, full=True, settings={"drift": "correct"}).parked == []
    assert domain.user("bo")["title"] == ["Changed by hand"] and domain.user("kaj")[KEY] == [uuid_of("kaj")]
