"""Account rules over the API: STOP, what a person is to have and why, and what will happen."""

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from graph.writing.graph_writer import GraphWriter
from reconnect.embedded import Addresses
from rules.accounts import asking
from rules.accounts.run import Limits, apply
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow
PLAN = """
query($person: String!) { accountPlan(person: $person) {
  open reason text opens login system { key } rule { key } planned { login } observed { login } } }
"""
COMING = "{ comingAccountChanges { day what login account { login } } }"


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    hired = {"id": "e_dora", "person": "dora", "from": day(40), "units": [{"unit": "desk"}], "type": "monthly_full"}
    dora = {"id": "dora", "given_name": "Dora", "surname": "Kjær"}
    eva = {"id": "eva", "given_name": "Eva", "surname": "Dam"}
    hourly = {"id": "e_eva", "person": "eva", "units": [{"unit": "desk"}], "type": "hourly"}
    facts = town(persons=[dora, eva], employments=[{"id": "e_aase", "to": day(5)}, hired, hourly])
    assert imported(driver, facts, tmp_path_factory.mktemp("town")).problems == []
    apply(driver, GraphWriter(driver, RING))
    with serving(addresses, driver, RING) as served:
        yield served


def planned(service: Served, person: str) -> list[tuple[bool, str, str | None]]:
    found = service.data(PLAN, person=person)["accountPlan"]
    return [(each["open"], each["reason"], each["rule"] and each["rule"]["key"]) for each in found]


def test_why_and_why_not(service: Served) -> None:
    assert planned(service, "anna") == [(True, "GIVEN", "everyone")]
    assert planned(service, "bo") == [(False, "CONDITION", None)]
    assert planned(service, "carl") == [(False, "WITHHELD", "canteen")]


def test_what_will_happen(service: Served) -> None:
    found = service.data(COMING)["comingAccountChanges"]
    closes = {"day": day(5), "what": "CLOSES", "login": "aaba", "account": {"login": "aaba"}}
    opens = {"day": day(26), "what": "OPENS", "login": "dokj", "account": {"login": "dokj"}}
    assert found == [closes, opens]
    service.data('mutation { stopPerson(person: "dora", reason: "Fortrudt") { change } }', "hr")
    assert service.data(COMING)["comingAccountChanges"] == [closes]
    service.data('mutation { endStop(person: "dora", reason: "Fejl") { change } }', "hr")


def test_what_an_exception_would_do_is_shown_before_it_is_saved(service: Served) -> None:
    ask = """query($person: ID!, $effect: ExceptionEffect!, $from: Date, $to: Date!) {
      accountExceptionPreview(person: $person, effect: $effect, system: "ad", from: $from, to: $to) {
        system { key } planned { login } opens closes } }"""

    def found(person: str, effect: str, start: int, end: int) -> list[dict[str, Any]]:
        answer = service.data(ask, person=person, effect=effect, **{"from": day(start), "to": day(end)})
        return answer["accountExceptionPreview"]

    ad = {"system": {"key": "ad"}}
    assert found("anna", "WITHHOLD", 3, 9) == [{**ad, "planned": {"login": "anbe"}, "opens": None, "closes": day(3)}]
    assert found("bo", "GIVE", 2, 9) == [{**ad, "planned": None, "opens": day(2), "closes": None}]
    assert found("bo", "KEEP", 0, 9) == found("anna", "GIVE", 0, 9) == [], "it is so already"
    aase = found("aase", "KEEP", 0, 30)
    assert [(each["planned"], each["opens"]) for each in aase] == [({"login": "aaba"}, day(5))]
    (error,) = service.ask(ask, person="anna", effect="KEEP", **{"from": day(0), "to": day(0)})["errors"]
    assert error["extensions"] == {"code": "wrong_value", "field": "to", "retry": "never"}


def test_how_much_will_happen(service: Served) -> None:
    ask = "query($days: Int) { comingAccountTotals(days: $days) { opening closing deleting all } }"
    assert service.data(ask)["comingAccountTotals"] == {"opening": 1, "closing": 1, "deleting": 0, "all": 2}
    assert service.data(ask, days=200)["comingAccountTotals"] == {"opening": 1, "closing": 1, "deleting": 1, "all": 3}
    assert service.data(ask, days=3)["comingAccountTotals"]["all"] == 0
    (error,) = service.ask(ask, days=0)["errors"]
    assert error["extensions"]["code"] == "wrong_value"


@pytest.mark.parametrize(
    ("login", "to", "field"),
    [
        ("a" * 21, 9, "login"), ("adm|x", 9, "login"), ("adm.", 9, "login"), ("a@b", 9, "login"),
        ("x0101011234", 9, "login"), ("adm-anna", 0, "to"), ("adm-anna", -3, "to"),
    ],
)  # fmt: skip
def test_an_extra_account_that_could_never_be_is_refused(service: Served, login: str, to: int, field: str) -> None:
    (error,) = service.ask(
        f'mutation {{ createExtraAccount(person: "anna", system: "ad", login: "{login}", from: "{day(-9)}", '
        f'to: "{day(to)}", reason: "Prøve") {{ uuid }} }}', "rights",
    )["errors"]  # fmt: skip
    assert error["extensions"]["field"] == field
    assert error["message"].startswith(f"{field}: ")


ASK = """
mutation($login: String!, $by: String = "bo", $from: Date!, $to: Date!) {
  requestExtraAccount(person: "eva", system: "ad", login: $login, requestedBy: $by, type: "admin", from: $from, to: $to,
                      reason: "Drift af fagsystem") { uuid } }
"""
DECIDE = """
mutation($request: ID!, $by: String!, $approve: Boolean = true) {
  decideExtraAccount(request: $request, approve: $approve, decidedBy: $by, reason: "Aftalt med driften") { change } }
"""


def asked(service: Served, login: str, start: int = 0, by: str = "bo") -> str:
    given = {"login": login, "by": by, "from": day(start), "to": day(300)}
    uuid: str = service.data(ASK, "hr", **given)["requestExtraAccount"]["uuid"]
    return uuid


def refusal(service: Served, query: str, *roles: str, **given: Any) -> str:
    (error,) = service.ask(query, *roles, **given)["errors"]
    code: str = error["extensions"]["code"]
    return code


def test_an_extra_account_is_made_once_another_person_has_approved_the_request(service: Served) -> None:
    request = asked(service, "adm-eva", -9)
    waiting = '{ accountRequests(filter: {state: WAITING, person: "eva"}) { nodes { uuid login wantedFrom } } }'
    assert service.data(waiting)["accountRequests"]["nodes"] == [
        {"uuid": request, "login": "adm-eva", "wantedFrom": day(-9)}
    ]
    assert [each["login"] for each in service.data(PLAN, person="eva")["accountPlan"]] == [None], "it only waits"
    assert refusal(service, DECIDE, "hr", request=request, by="anna") == "forbidden"
    for by in ("bo", "eva"):  # who asks, and whose it is to be
        assert refusal(service, DECIDE, "rights", request=request, by=by) == "own_approval"
    service.data(DECIDE, "rights", request=request, by="anna")
    ask = """query($request: ID!) { accountRequest(uuid: $request) { state decidedBecause
        plannedAccounts { login type extra existsFrom existsTo } } }"""
    found = service.data(ask, request=request)["accountRequest"]
    assert (found["state"], found["decidedBecause"]) == ("APPROVED", "Aftalt med driften")
    made = {"login": "adm-eva", "type": "admin", "extra": True, "existsFrom": day(0), "existsTo": day(300)}
    assert found["plannedAccounts"] == [made]
    told = [each for each in service.data(PLAN, person="eva")["accountPlan"] if each["reason"] == "EXTRA"]
    assert [(each["open"], each["login"]) for each in told] == [(True, "adm-eva")]
    assert told[0]["text"] == f"a person has asked for it, and another has approved it on {day(0)}"
    service.data(DECIDE, "rights", request=request, by="anna")
    assert service.data(ask, request=request)["accountRequest"]["plannedAccounts"] == [made], "it is decided once"
    assert refusal(service, DECIDE, "rights", request=request, by="anna", approve=False) == "wrong_state"
    assert refusal(service, ASK, "hr", login="ADM-eva", **{"from": day(0), "to": day(9)}) == "wrong_value"


def test_a_request_that_is_refused_or_withdrawn_makes_no_account(service: Served) -> None:
    refused, withdrawn = asked(service, "eva-b"), asked(service, "eva-c", by="eva")
    service.data(DECIDE, "rights", request=refused, by="anna", approve=False)
    withdraw = 'mutation($request: ID!) { withdrawExtraAccount(request: $request, reason: "Fortrudt") { change } }'
    service.data(withdraw, "hr", request=withdrawn)
    for request in (refused, withdrawn):
        assert refusal(service, DECIDE, "rights", request=request, by="anna") == "wrong_state"
    assert refusal(service, withdraw, "hr", request=refused) == "wrong_state"
    logins = '{ plannedAccounts(filter: {login: "eva-b"}) { nodes { uuid } } }'
    assert service.data(logins)["plannedAccounts"]["nodes"] == []


def test_two_requests_for_one_login_make_one_account(service: Served) -> None:
    both = [asked(service, "eva-d"), asked(service, "eva-d")]
    service.data(DECIDE, "rights", request=both[0], by="anna")
    assert refusal(service, DECIDE, "rights", request=both[1], by="anna") == "wrong_value"
    service.data(DECIDE, "rights", request=both[1], by="anna", approve=False)


def test_an_exception_that_is_over_already_is_refused(service: Served) -> None:
    (error,) = service.ask(
        f'mutation {{ createAccountException(person: "anna", effect: WITHHOLD, from: "{day(-9)}", to: "{day(0)}", '
        'reason: "Prøve") { uuid } }', "rights",
    )["errors"]  # fmt: skip
    assert error["extensions"]["field"] == "to"


def test_who_is_stopped_is_found(service: Served) -> None:
    ask = "query($stopped: Boolean) { persons(filter: {stopped: $stopped}) { nodes { givenName } } }"

    def names(stopped: bool) -> set[str]:
        return {each["givenName"] for each in service.data(ask, stopped=stopped)["persons"]["nodes"]}

    assert names(True) == set() and "Dora" in names(False)
    service.data('mutation { stopPerson(person: "dora", reason: "Fortrudt") { change } }', "hr")
    assert names(True) == {"Dora"} and "Dora" not in names(False)
    service.data('mutation { endStop(person: "dora", reason: "Fejl") { change } }', "hr")
    assert names(True) == set()


def test_a_stop_is_above_every_rule_until_it_ends(service: Served) -> None:
    service.data('mutation { stopPerson(person: "anna", reason: "Bortvist") { change } }', "hr")
    assert planned(service, "anna") == [(False, "STOPPED", "everyone")]
    service.data('mutation { endStop(person: "anna", reason: "Fejl") { change } }', "hr")
    assert planned(service, "anna") == [(True, "GIVEN", "everyone")]


def test_a_wrong_condition_or_pattern_is_refused_when_it_is_saved(service: Served) -> None:
    rule = f'''mutation {{ createAccountRule(key: "w", title: "W", system: "ad", from: "{day(0)}",
        condition: "employment.kidn == 'Employment'", reason: "x") {{ uuid }} }}'''
    (error,) = service.ask(rule, "rights")["errors"]
    assert error["extensions"]["field"] == "condition" and "employment.kind" in error["message"]
    policy = 'mutation { createNamePolicy(key: "w", title: "W", loginPatterns: ["{first}"], reason: "x") { uuid } }'
    (error,) = service.ask(policy, "rights")["errors"]
    assert "given" in error["message"]


def test_the_end_of_a_rule_is_previewed(service: Served) -> None:
    ask = """query($to: Date, $days: Int) { accountRulePreview(key: "everyone", system: "ad", to: $to, leadDays: 14,
        condition: "employment.type != 'hourly'", licence: "E3", graceDays: 30, expiry: true, retentionDays: $days) {
        gaining losing changing same loses { givenName } } }"""
    same = service.data(ask, days=90)["accountRulePreview"]
    assert (same["losing"], same["changing"]) == (0, 0)
    now = service.data(ask, to=day(0), days=90)["accountRulePreview"]
    assert now["losing"] == same["same"] and (now["gaining"], now["changing"], now["same"]) == (0, 0, 0)
    later = service.data(ask, to=day(60), days=90)["accountRulePreview"]
    assert later["losing"] == 0 and later["changing"] > 0
    assert service.data(ask, days=10)["accountRulePreview"]["changing"] > 0, "who leaves would be deleted earlier"


def test_an_exception_withholds_and_a_run_closes_above_the_brake_only_when_approved(service: Served) -> None:
    for person in ("anna", "aase"):
        service.data(
            f'mutation {{ createAccountException(person: "{person}", effect: WITHHOLD, from: "{day(0)}", '
            f'to: "{day(9)}", reason: "Prøve") {{ uuid }} }}', "rights",
        )  # fmt: skip
    writer = GraphWriter(service.driver, RING)
    stopped = apply(service.driver, writer, limits=Limits(at_least=0))
    assert stopped.brake is not None and stopped.closed == 0
    assert planned(service, "anna")[0][0]  # still open
    done = apply(service.driver, writer, limits=Limits(at_least=0), approve=stopped.brake, user="ida")
    assert done.closed == 2
    assert planned(service, "anna")[0][:2] == (False, "WITHHELD")


def test_a_rule_is_previewed_before_it_is_saved(service: Served) -> None:
    ask = """query($condition: String) { accountRulePreview(key: "everyone", system: "ad", condition: $condition) {
        gaining losing gains { givenName } loses { givenName } } }"""
    found = service.data(ask, condition="employment.type != 'monthly_part'")["accountRulePreview"]
    # Åse and Anna are excepted meanwhile.
    assert ({each["givenName"] for each in found["gains"]}, found["loses"]) == ({"Bo", "Eva"}, [])
    (error,) = service.ask(ask, condition="employment.kidn == 'x'")["errors"]
    assert "employment.kind" in error["message"]


def test_a_preview_counts_hires_to_come_lead_time_and_licence(service: Served) -> None:
    ask = """query($lead: Int, $licence: String) { accountRulePreview(key: "everyone", system: "ad", leadDays: $lead,
        condition: "employment.type != 'hourly'", licence: $licence, graceDays: 30, names: "staff", expiry: true,
        retentionDays: 90) { gaining losing changing same changes { givenName } } }"""
    usual = service.data(ask, lead=14, licence="E3")["accountRulePreview"]
    assert (usual["gaining"], usual["losing"], usual["changing"]) == (0, 0, 0)
    other = service.data(ask, lead=14, licence="F1")["accountRulePreview"]
    assert other["changing"] == usual["same"] > 0 and other["same"] == 0


def test_the_next_names_are_shown_and_not_taken(service: Served) -> None:
    ask = """query($patterns: [String!], $mail: String) { nextAccountNames(givenName: "Anna Marie", surname: "Berg",
        system: "ad", policy: "staff", loginPatterns: $patterns, mailPattern: $mail) {
        login principalName email commonName } }"""
    for _ in range(2):
        assert service.data(ask)["nextAccountNames"] == {
            "login": "annber", "principalName": "annber@solbjerg.example", "email": "anna.berg2@solbjerg.example",
            "commonName": "Anna Marie Berg_2",
        }  # fmt: skip
    assert service.data(ask, patterns=["{surname}"], mail="{login}@klit.example")["nextAccountNames"]["login"] == "berg"
    (error,) = service.ask(ask, mail="{login}")["errors"]
    assert error["extensions"]["field"] == "mailPattern" and "domain" in error["message"]


def test_a_rule_is_copied_to_another_unit(service: Served) -> None:
    copy = f'''mutation($key: String!, $unit: String) {{ copyAccountRule(rule: "everyone", key: $key, unit: $unit,
        title: "Jobcentret", from: "{day(3)}", reason: "Egen regel") {{ uuid }} }}'''
    uuid = service.data(copy, "rights", key="job", unit="job")["copyAccountRule"]["uuid"]
    ask = """query($uuids: [ID!], $day: Date) { accountRules(filter: {uuids: $uuids}, at: $day) { nodes {
        key title condition leadDays graceDays retentionDays expiry licence reason
        system { key } unit { name } names { key } } } }"""
    (made,) = service.data(ask, uuids=[uuid], day=day(3))["accountRules"]["nodes"]
    assert made == {
        "key": "job", "title": "Jobcentret", "condition": "employment.type != 'hourly'", "leadDays": 14,
        "graceDays": 30, "retentionDays": 90, "expiry": True, "licence": "E3", "reason": "Egen regel",
        "system": {"key": "ad"}, "unit": {"name": "Jobcenter"}, "names": {"key": "staff"},
    }  # fmt: skip
    assert service.data(ask, uuids=[uuid], day=day(0))["accountRules"]["nodes"] == []
    (error,) = service.ask(copy, "rights", key="job", unit="job")["errors"]
    assert error["extensions"]["code"] == "taken"


def test_a_login_that_a_target_has_given_is_no_extra_account(service: Served) -> None:
    """It is nobody's planned one."""
    service.driver.execute_query(
        "MATCH (a:PlannedAccount {login: 'anbe'}) CREATE (:LedgerEntry {id: 'x', target: 'x', object: 'user', "
        "key: a.uuid, state: 'delivered', remote: 'guid', login: 'anbe2'})"
    )
    life = {"from": day(0), "to": day(9)}
    assert service.ask(ASK, "rights", login="ANBE2", **life)["errors"][0]["extensions"]["field"] == "login"
    service.driver.execute_query("MATCH (e:LedgerEntry {id: 'x'}) DELETE e")
    assert service.data(ASK, "rights", login="ANBE2", **life)["requestExtraAccount"]["uuid"]


def test_a_request_that_another_approves_meanwhile_is_decided(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not one whose name is taken: by its own account."""
    request, stated = asked(service, "adm-race"), asking.stated

    def overtaken(*given: Any) -> Any:
        monkeypatch.undo()
        service.data(DECIDE, "rights", request=request, by="anna")
        return stated(*given)

    monkeypatch.setattr(asking, "stated", overtaken)
    assert refusal(service, DECIDE, "rights", request=request, by="dora") == "wrong_state"
