"""What lies in a part and elsewhere too is refused for that first, whatever else speaks against the change: an old
version, a name that is taken or a source's claim would tell of what lies elsewhere."""

from collections.abc import Iterator

import neo4j
import pytest

from api.access.rights import ROLES
from api.access.tokens import create
from tests.api.mutations.test_in_part import _FROM, _REASON, _TO, town
from tests.api.serving import Served

__all__ = ["town"]
pytestmark = pytest.mark.slow

_OLD = f"{_REASON}, expectedVersion: 99"
_EXTRA = f'person: "anna", system: "mail", login: "bo", {_TO}'
CHANGES = (
    f'setAbsence(person: "anna", {_FROM}, {_OLD})',
    f'setValue(kind: Person, thing: "anna", property: "workPhone", value: "12345678", {_FROM}, {_OLD})',
    f'setOwner(account: "k_anna", person: null, {_FROM}, {_OLD})',
    f'changeAssignment(assignment: "a_anna", to: "2098-01-01", {_OLD})',
    f'changeAssignment(assignment: "a_anna", about: [], changeFrom: "2026-06-02", {_REASON})',
    f'changeSubstitution(substitution: "s_anna", to: "2098-01-01", {_OLD})',
    f"createExtraAccount({_EXTRA}, {_FROM}, {_REASON})",
    f'requestExtraAccount({_EXTRA}, from: "2098-01-01", requestedBy: "anna", {_REASON})',
    f'decideExtraAccount(request: "{{asked}}", approve: true, decidedBy: "gry", {_REASON})',
    f'decideExtraAccount(request: "{{asked}}", approve: true, decidedBy: "gry", {_OLD})',
    f'withdrawExtraAccount(request: "{{asked}}", {_OLD})',
    f'changeAccountException(exception: "{{excepted}}", to: "2098-01-01", {_OLD})',
)


@pytest.fixture
def made(town: Served) -> Iterator[dict[str, str]]:
    """Anna also works outside; a request and an exception of hers, and the user name of the request is taken."""

    def done(mutation: str) -> str:
        return str(town.data(f"mutation {{ made: {mutation} {{ uuid }} }}")["made"]["uuid"])

    asked = done(
        f'requestExtraAccount(person: "anna", requestedBy: "anna", system: "mail", login: "taken", from: "2098-01-01", '
        f"{_TO}, {_REASON})"
    )
    excepted = done(f'createAccountException(person: "anna", effect: KEEP, {_FROM}, {_TO}, {_REASON})')
    done(f'createSubstitution(assignment: "a_anna", person: "gry", {_FROM}, {_REASON})')
    done(f'createAffiliation(person: "anna", unit: "citizen", {_FROM}, {_TO}, {_REASON})')
    places = ", ".join(f'{{unit: "{unit}", {_FROM}}}' for unit in ("job", "citizen"))
    done(f'changeAssignment(assignment: "a_anna", units: [{places}], {_REASON})')
    town.driver.execute_query("MATCH (a:Account {login: 'bo'}) SET a.login = 'taken'")
    yield {"asked": asked, "excepted": excepted}


def test_it_is_refused_since_it_is_not_wholly_in_the_part(town: Served, made: dict[str, str]) -> None:
    driver: neo4j.Driver = town.driver
    (row,) = driver.execute_query("MATCH (:SourceRecord {key: 'center'})-[:TELLS]->(u:Unit) RETURN u.uuid AS uuid")[0]
    (stands_in,) = driver.execute_query("MATCH (s:Substitution) RETURN s.uuid AS uuid")[0]
    secret = create(driver, "nord", [each for each in ROLES if each != "cpr"], within=[row["uuid"]])
    for mutation in CHANGES:
        text = mutation
        for name, uuid in {**made, "s_anna": stands_in["uuid"]}.items():
            text = text.replace(f"{{{name}}}", uuid).replace(f'"{name}"', f'"{uuid}"')
        errors = town.post(f"mutation {{ made: {text} {{ uuid }} }}", secret).json()["errors"]
        assert [each["extensions"]["code"] for each in errors] == ["forbidden"], (mutation, errors)
        assert "Borgerservice" not in str(errors), mutation
