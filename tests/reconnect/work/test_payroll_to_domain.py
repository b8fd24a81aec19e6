"""From payroll over the planned accounts to a real domain, with the closings beside: ends, leaves, broken files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
import redis

from exporters.objects.closing import Closer, Lookout
from exporters.objects.deciding import NoSuchTarget, NotDecided, TargetBusy
from exporters.objects.export import run_object_export
from exporters.report import ExportReport
from graph.change_log import last_number
from graph.time import today
from reconnect.account_decisions import decisions
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.image_reader import image_reader
from reconnect.locks import Lock
from reconnect.work.due_accounts import follow
from rules.accounts.run import Limits, Report
from tests.directories.controller import Controller
from tests.exporters.active_directory.conftest import new_ou
from tests.exporters.active_directory.town import KEY, RING, Domain
from tests.graph.questions.rights.imported import imported
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow


class Municipality:
    """Payroll's file, the worker's chore that plans, its closings, and the export, one after the other."""

    def __init__(self, context: Context, domain: Domain, read: Any, folder: Path) -> None:
        self.context, self.domain, self._read, self._folder = context, domain, read, folder
        self._target = domain.target(system="ad")
        lookout = Lookout(domain.driver, self._target, read, last_number(domain.driver))
        self._closer = Closer(domain.driver, self._target, lookout)

    def pays(self, **changes: Any) -> Report | None:
        """What payroll states now, and what is planned then."""
        assert imported(self.domain.driver, town(**changes), self._folder).problems == []
        done = follow(self.context, "worker")
        return None if done is None else done[0]

    def closes_at_once(self) -> int:
        """How many accounts the closings beside the exports have closed."""
        due = self._closer.due(today())
        with self._target.open() as channel:
            return sum(self._closer.close(channel, each) for each in due)

    def exports(self, **how: Any) -> ExportReport:
        return run_object_export(self.domain.driver, self._target, self._read, RING, sleep=lambda _: None, **how)


@pytest.fixture
def here(
    municipal_ad: Controller,
    addresses: Addresses,
    clean_graph: neo4j.Driver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Municipality]:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    monkeypatch.setenv("RECONNECT__NEO4J__URI", addresses.bolt_uri)
    monkeypatch.setenv("RECONNECT__NEO4J__PASSWORD", addresses.password)
    monkeypatch.setenv("RECONNECT__REDIS__URL", addresses.redis_url)
    with new_ou(municipal_ad) as ou:
        domain = Domain(municipal_ad, clean_graph, ou)
        _set_up(domain, tmp_path)
        context = Context()
        with image_reader(context, domain.name) as read:
            yield Municipality(context, domain, read, tmp_path)
        context.close()


def _set_up(domain: Domain, home: Path) -> None:
    """The domain as a target in the settings."""
    secret, file = home / "password", home / "reconnect.toml"
    secret.write_text(domain.controller.password)
    file.write_text(
        f"""
[targets.active_directory.kommune]
controllers = ["{domain.controller.address}"]
ca_file = "{domain.controller.ca}"
user = '{domain.controller.user}'
password = "file:{secret}"
base = "{domain.controller.base}"
system = "ad"
within = ["{domain.ou}"]
users_ou = "OU=Users,{domain.ou}"
"""
    )
    for each in (secret, file):
        each.chmod(0o600)


def _ends(after: int) -> dict[str, Any]:
    return {"employments": [{"id": "e_aase", "to": day(after)}]}


def test_40_an_end_that_payroll_moves_withdraws_what_was_planned(here: Municipality) -> None:
    domain = here.domain
    here.pays(**_ends(5))
    here.exports()
    before = domain.user("aaba")
    assert before["accountExpires"] != ["9223372036854775807"], "the domain itself ends it on the day"
    here.pays(**_ends(40))
    assert here.closes_at_once() == 0
    here.exports()
    moved = domain.user("aaba")
    assert int(moved["accountExpires"][0]) - int(before["accountExpires"][0]) > 34 * 86_400 * 10**7
    later = here.exports(at=today().replace(year=today().year + 1), dry_run=True)
    assert [each.closed for each in later.objects if each.kind == "user"] == [1], "once the end has come"
    here.pays()
    here.exports()
    assert domain.user("aaba")["accountExpires"] == ["9223372036854775807"]

    here.pays(**_ends(0))
    assert here.closes_at_once() == 1 and not domain.enabled("aaba"), (
        "an end that has come is closed beside the exports"
    )
    here.pays()
    assert here.closes_at_once() == 0
    here.exports()
    after = domain.user("aaba")
    assert (after["objectGUID"], domain.enabled("aaba")) == (before["objectGUID"], True)
    assert here.exports().run is None


def test_41_a_leave_in_payroll_closes_by_rule_and_its_end_opens_again(here: Municipality) -> None:
    domain = here.domain
    rule = {**town()["account_rules"]["everyone"], "condition": "employment.on_leave != true", "grace_days": 0}
    rules = {"account_rules": {"everyone": rule}}
    here.pays(**rules)
    here.exports()
    before = domain.user("anbe")
    away = {"id": "e_anna", "leave": [{"from": day(0), "to": day(60)}]}
    here.pays(**rules, employments=[away])
    assert here.closes_at_once() == 1 and not domain.enabled("anbe")
    here.exports()
    assert f"OU=Closed,{domain.ou}" in domain.user("anbe")["dn"]
    here.pays(**rules, employments=[{"id": "e_anna", "leave": [{"from": day(-3), "to": day(0)}]}])
    here.exports()
    after = domain.user("anbe")
    assert (after["objectGUID"], after["dn"], domain.enabled("anbe")) == (before["objectGUID"], before["dn"], True)


def test_42_a_broken_payroll_file_closes_nobody(here: Municipality, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of those who have an account is missing: neither the plan, nor the closings, nor the export follows."""
    monkeypatch.setattr("reconnect.work.due_accounts.limits", lambda context: Limits(share=0.3, at_least=0))
    domain = here.domain
    more = [f"n{n}" for n in range(4)]
    start = {"from": "2020-01-01", "units": [{"unit": "town"}], "type": "monthly_full"}
    people = {
        "persons": [{"id": each, "given_name": f"Nora{n}", "surname": f"Ny{n}ström"} for n, each in enumerate(more)],
        "employments": [{"id": f"e_{each}", "person": each, **start} for each in more],
    }
    here.pays(**people)
    here.exports()
    logins, before = domain.logins(), domain.state()
    assert len(logins) == 6
    ended = [{**each, "to": day(0)} for each in people["employments"][:2]]
    report = here.pays(**{**people, "employments": [*ended, *people["employments"][2:]]})
    assert report is not None and (report.closed, report.brake is None) == (0, False)
    assert here.closes_at_once() == 0
    assert here.exports().brake is None and domain.state() == before, "no write"
    here.pays(**people)
    assert here.closes_at_once() == 0
    here.exports()
    assert (domain.logins(), domain.state()) == (logins, before)


def test_people_decide_about_a_target_of_the_settings_while_no_export_of_it_runs(here: Municipality) -> None:
    domain, made = here.domain, decisions(here.context)
    hers = domain.add("aaba", displayName="Åse Bæk")
    here.pays()
    (found,) = made.candidates(domain.driver, domain.name)
    (one,) = found.found
    assert one.id == hers["objectGUID"] and found.doubt
    with (
        redis.Redis.from_url(here.context.redis_url()) as client,
        Lock(client, f"export:{domain.name}", 15),
        pytest.raises(TargetBusy, match="already running"),
    ):
        made.adopt(domain.driver, domain.name, found.ref, one.id, "hers")
    for other in ("active_directory-other", "staff_list"):
        with pytest.raises(NoSuchTarget):
            made.candidates(domain.driver, other)
    made.adopt(domain.driver, "active_directory", found.ref, one.id, "hers")
    with pytest.raises(NotDecided, match="has no object"):
        made.adopt(domain.driver, domain.name, found.ref, one.id, "hers")
    assert here.exports().parked == []
    assert domain.user("aaba")[KEY] == [found.ref.key] and domain.user("aaba")["objectGUID"] == one.id
