"""What people decide about accounts: requests, what others have changed at a target, and have made there."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import Route, expect

from graph.time import today
from tests.ui.axe import require_accessible
from tests.ui.conftest import Town, Visits
from tests.ui.finding import ask
from tests.ui.test_roles import carry_out

ASK_FOR = """
mutation($person: ID!, $system: ID!, $login: String!, $from: Date!, $to: Date!) {
  requestExtraAccount(person: $person, system: $system, login: $login, from: $from, to: $to, reason: "Drift") { uuid } }
"""


def employee(town: Town) -> str:
    """UUID of somebody who works here, and who logs in nowhere in these tests."""
    rows, _, _ = town.driver.execute_query(
        """
        MATCH (p:Person {active: true})-[:HAS]->(:Employment {active: true})
        WHERE NOT EXISTS { (p)<-[:OF_PERSON]-(:PlannedAccount) }
        RETURN p.uuid AS uuid ORDER BY uuid LIMIT 1
        """
    )
    return str(rows[0]["uuid"])


def test_a_request_is_approved_and_drift_is_decided_at_its_target(visit: Visits, town: Town) -> None:
    login = f"ekstra{town.url.rpartition(':')[2]}"
    page = visit("administrator", "/accounts/decide")
    wanted = {"person": employee(town), "system": "mail", "login": login}
    ask(page, ASK_FOR, {**wanted, "from": str(today()), "to": str(today() + timedelta(days=30))})
    town.driver.execute_query(
        "CREATE (:LedgerEntry {id: 'of a test', target: 'gone', object: 'user', key: $key, state: 'delivered', "
        "drift: ['gone=found']})",
        key=wanted["person"],
    )
    page.reload()
    own = page.get_by_role("article").filter(has_text=login)
    expect(own).to_contain_text("kan ikke afgøre det selv")
    expect(own.get_by_role("button", name="Træk tilbage")).to_be_visible()
    changed = page.get_by_role("article").filter(has_text="kontoen er slettet")
    expect(changed.locator(f"a[href='/person/{wanted['person']}']")).to_be_visible()
    require_accessible(page)
    changed.get_by_role("button", name="Lav en ny konto").click()
    changed.get_by_label("Hvorfor?").fill("Den blev slettet ved en fejl")
    changed.get_by_role("button", name="Lav en ny konto").click()
    expect(changed.get_by_role("alert"), "the service has no such target").to_be_visible()
    town.driver.execute_query("MATCH (e:LedgerEntry {id: 'of a test'}) DELETE e")

    other = visit("HR", "/accounts/decide")
    asked = other.get_by_role("article").filter(has_text=login)
    asked.get_by_role("button", name="Godkend").click()
    asked.get_by_label("Hvorfor?").fill("Det er aftalt")
    carry_out(other)
    expect(other.get_by_text(f"Kontoen {login} er godkendt.")).to_be_visible()


def test_an_account_that_others_made_is_taken_over(visit: Visits) -> None:
    """The target and what it has are made up here: what the service finds is tested beside its target."""
    decided: list[dict[str, Any]] = []
    theirs = {
        "targetId": "7", "called": "alma, Alma Bæk", "enabled": False, "likeBy": ["sAMAccountName"], "barred": None,
        "changes": ["would be enabled"],
    }  # fmt: skip
    candidate = {"object": "user", "key": "1", "called": "alma", "doubt": None, "planned": None, "found": [theirs]}

    def answer(route: Route) -> None:
        asked = route.request.post_data_json
        if asked["operationName"] == "ToDecide":
            found = route.fetch().json()
            found["data"]["targets"] = [{"name": "intranet", "objects": []}]
            route.fulfill(json=found)
        elif asked["operationName"] == "Adoptable":
            route.fulfill(json={"data": {"adoptable": [] if decided else [candidate]}})
        elif asked["operationName"] == "AdoptAccount":
            decided.append(asked["variables"])
            route.fulfill(json={"data": {"adoptAccount": {"key": "1"}}})
        else:
            route.continue_()

    page = visit("administrator", "/nowhere")
    page.route("**/graphql", answer)
    page.goto(f"{visit.town.url}/accounts/decide")
    page.get_by_role("combobox", name="Aftager").select_option("intranet")
    page.get_by_role("button", name="Se efter").click()
    found = page.get_by_role("article").filter(has_text="Alma Bæk")
    expect(found).to_contain_text("would be enabled")
    found.get_by_role("button", name="Overtag kontoen").click()
    require_accessible(page)
    found.get_by_label("Hvorfor?").fill("Det er hendes")
    found.get_by_role("button", name="Overtag kontoen").click()
    expect(page.get_by_text("Aftageren har ingen konti, der ligner")).to_be_visible()
    assert decided == [{"target": "intranet", "object": "user", "key": "1", "targetId": "7", "reason": "Det er hendes"}]
