"""Previews and plans of whoever has rights in a part of the organisation: of what lies there, and of nothing else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import neo4j
import pytest

from api.access.tokens import create, revoke
from graph.time import today
from reconnect.embedded import Addresses
from tests.api.mutations.test_plans import CHANGE, CREATE, WITHDRAW, change
from tests.api.reads.test_rules_in_part import town
from tests.api.serving import Served, serving
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported

pytestmark = pytest.mark.slow
_DAY = (today() + timedelta(days=30)).isoformat()
_OUTSIDE = ("Solbjerg", "Borgerservice", "Kantine", "Bo Lund", "Carl Holm", "Mads Top")
_ROLES = ("reader", "hr", "organisation")
_PREVIEW = """
query($plan: String!) {
  planPreview(plan: $plan) { fits touched persons counts { count } consequences { name what text about } }
}
"""
_APPROVE = """
mutation($plan: String!, $digest: String!) { approvePlan(plan: $plan, digest: $digest, reason: "Ja") { state } }
"""
_APPLY = 'mutation($plan: String!) { applyPlan(plan: $plan, reason: "Nu") { state } }'
_FAILED = "query($plan: String!) { plans(plan: $plan) { state failedChange failedRule } }"


class Part:
    """A user of a part, and the whole service."""

    def __init__(self, served: Served, name: str, unit: str) -> None:
        self.served, self.secret = served, create(served.driver, name, _ROLES, within=[unit])

    def post(self, query: str, preview: bool = False, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables, **({"extensions": {"preview": True}} if preview else {})}
        answer = self.served.send(body, {"Authorization": f"Bearer {self.secret}"})
        assert [name for name in _OUTSIDE if name in answer.text] == []
        found: dict[str, Any] = answer.json()
        return found

    def data(self, query: str, **variables: Any) -> Any:
        answer = self.post(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def code(self, query: str, **variables: Any) -> str:
        return str(self.post(query, **variables)["errors"][0]["extensions"]["code"])


@pytest.fixture(scope="module")
def service(driver: neo4j.Driver, addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    empty(driver)
    content = town()
    content["persons"].append({"id": "gry", "name": "Gry Inde"})
    content["employments"].append({"id": "e_gry", "person": "gry", "title": "Chef", "units": [{"unit": "center"}]})
    content["assignments"].append(
        {"id": "a_gry", "holder": {"employment": "e_gry"}, "role": "manager", "for": [{"unit": "center"}]}
    )
    assert imported(driver, content, tmp_path_factory.mktemp("town")).problems == []
    with serving(addresses, driver, RING) as served:
        yield served


@pytest.fixture(scope="module")
def center(service: Served) -> str:
    return str(service.data('{ unit(key: "center") { uuid } }')["unit"]["uuid"])


@pytest.fixture(scope="module")
def nord(service: Served, center: str) -> Part:
    return Part(service, "nord", center)


@pytest.fixture(scope="module")
def colleague(service: Served, center: str) -> Part:
    return Part(service, "colleague", center)


def _ends(assignment: str) -> dict[str, Any]:
    return change("changeAssignment", assignment=assignment, to="@day")


def test_a_preview_tells_of_the_part_only(service: Served, nord: Part) -> None:
    """Mads is the manager of Gry, and Gry of Anna and of Eva in the part. Without Gry, Mads is the manager of all."""
    ends = f'mutation {{ changeAssignment(assignment: "a_gry", to: "{_DAY}", reason: "A test") {{ uuid }} }}'
    mine = nord.post(ends, preview=True)["extensions"]["preview"]
    body = {"query": ends, "extensions": {"preview": True}}
    all_ = service.send(body, {"Authorization": f"Bearer {service.token('organisation', 'reader')}"}).json()
    whole = all_["extensions"]["preview"]
    assert any("Mads Top" in each["text"] for each in whole["consequences"])
    lost = {(each["name"], each["what"], each["change"]) for each in mine["consequences"]}
    assert {("Anna Berg", "MANAGER", "LOST"), ("Eva Ny", "MANAGER", "LOST"), ("Gry Inde", "ROLE", "LOST")} <= lost
    assert {each[2] for each in lost} == {"LOST"}, "whoever comes instead is outside"
    assert sum(each["count"] for each in mine["counts"]) == len(mine["consequences"]) < len(whole["consequences"])


def test_a_preview_is_refused_where_the_change_would_be(service: Served, nord: Part) -> None:
    refused = nord.post(
        f'mutation {{ changeAssignment(assignment: "a_mads", to: "{_DAY}", reason: "A test") {{ uuid }} }}',
        preview=True,
    )
    assert refused["errors"][0]["extensions"]["code"] == "unknown_assignment"


def test_a_plan_of_the_part_is_written_previewed_and_approved_there(
    service: Served, nord: Part, colleague: Part
) -> None:
    tags = change("createUnit", "new", name="Nyt team", parent="center")
    moves = change("placeUnits", units=[{"unit": "job", "parents": [{"unit": "@new", "from": "@day"}]}])
    plan = nord.data(CREATE, name="Nord", day=_DAY, changes=[tags, moves, _ends("a_gry")])["createPlan"]
    assert [each["name"] for each in colleague.data("{ plans { name } }")["plans"]] == ["Nord"]
    told = colleague.data(_PREVIEW, plan="Nord")["planPreview"]
    assert told["fits"]
    assert {each["name"] for each in told["consequences"]} == {"Anna Berg", "Eva Ny", "Gry Inde"}
    assert told["persons"] == 3 <= told["touched"]
    comparison = '{ planComparison(plan: "Nord", other: "Nord") { both onlyPlan { name } } }'
    assert colleague.data(comparison)["planComparison"] == {"both": len(told["consequences"]), "onlyPlan": []}
    changed = nord.data(CHANGE, plan=plan["id"], changes=[_ends("a_gry")])["changePlan"]
    assert nord.code(_APPROVE, plan=plan["id"], digest=changed["digest"]) == "own_plan"
    approved = colleague.data(_APPROVE, plan=plan["id"], digest=changed["digest"])
    assert approved["approvePlan"]["state"] == "APPROVED"
    applied = 'mutation($plan: String!) { applyPlan(plan: $plan, reason: "Nu") { state } }'
    assert nord.code(applied, plan=plan["id"]) == "forbidden"
    assert nord.data(WITHDRAW, plan=plan["id"])["withdrawPlan"]["state"] == "WITHDRAWN"


@pytest.mark.parametrize(
    "changes",
    [
        [_ends("a_mads")],
        [_ends("a_gry"), _ends("a_mads")],
        [change("setAbsence", person="eva", **{"from": "@day"})],
        [change("placeUnits", units=[{"unit": "job", "parents": [{"unit": "town", "from": "@day"}]}])],
        [change("createRole", key="new", title="Ny")],
    ],
)
def test_no_plan_reaches_outside(service: Served, nord: Part, changes: list[dict[str, Any]]) -> None:
    before = service.data("{ plans { id } }")["plans"]
    refused = nord.post(CREATE, name="Ude", day=_DAY, changes=changes)
    assert refused["errors"][0]["extensions"]["code"] in ("plan_does_not_fit", "forbidden")
    assert service.data("{ plans { id } }")["plans"] == before


@pytest.mark.parametrize(
    ("name", "changes", "is_shown"),
    [
        ("only inside", [_ends("a_gry")], True),
        ("only outside", [_ends("a_mads")], False),
        ("both", [_ends("a_gry"), _ends("a_mads")], False),
        ("nowhere", [change("createRole", key="r", title="R")], False),
        ("after its kind", [_ends("a_gry"), change("createGrant", gives="job_function_role:everyone", key="g",
            title="G", givenTo=["unit:canteen"])], False),
    ],
)  # fmt: skip
def test_a_plan_is_read_where_all_that_it_names_lies(
    service: Served, nord: Part, name: str, changes: list[dict[str, Any]], is_shown: bool
) -> None:
    plan = service.data(CREATE, name=name, day=_DAY, changes=changes)["createPlan"]
    listed = [each["id"] for each in nord.data("{ plans { id } }")["plans"]]
    assert (plan["id"] in listed) == is_shown
    for asked in (plan["id"], name):
        if is_shown:
            assert nord.data(_PREVIEW, plan=asked)["planPreview"]["fits"]
        else:
            for query in (_PREVIEW, WITHDRAW, "query($plan: String!) { plans(plan: $plan) { id } }"):
                assert nord.code(query, plan=asked) == "unknown_plan"
            comparison = "query($plan: String!) { planComparison(plan: $plan, other: $plan) { both } }"
            assert nord.code(comparison, plan=asked) == "unknown_plan"
            assert nord.code(CHANGE, plan=asked, changes=[_ends("a_gry")]) == "unknown_plan"
            assert nord.code(_APPROVE, plan=asked, digest=plan["digest"]) == "unknown_plan"
    service.data(WITHDRAW, plan=plan["id"])


def test_another_s_plan_is_overruled_only_by_who_could_make_it(service: Served, nord: Part) -> None:
    """Eva works outside too, so what is planned for her is not for HR of the part to stop."""
    absent = change("setAbsence", person="eva", **{"from": "@day"})
    plan = service.data(CREATE, name="Eva", day=_DAY, changes=[absent])["createPlan"]
    assert nord.data("{ plans { name } }")["plans"][-1] is not None
    for query, more in (
        (WITHDRAW, {}),
        (CHANGE, {"changes": [_ends("a_gry")]}),
        (_APPROVE, {"digest": plan["digest"]}),
    ):
        assert nord.code(query, plan=plan["id"], **more) == "plan_does_not_fit"
    service.data(WITHDRAW, plan=plan["id"])


def _team(service: Served) -> str:
    """A unit of its own in the part."""
    made = 'mutation { createUnit(name: "Team", parent: "center", from: "2020-01-01", reason: "A test") { uuid } }'
    return str(service.data(made)["createUnit"]["uuid"])


def _revoked(service: Served, team: str, approver: str) -> None:
    assert revoke(service.driver, approver)


def _moved_out(service: Served, team: str, approver: str) -> None:
    parents = f'[{{unit: "citizen", from: "{today()}"}}]'
    units = f'[{{unit: "{team}", parents: {parents}}}]'
    service.data(f'mutation {{ placeUnits(units: {units}, reason: "A test") {{ uuid }} }}')


def _nothing(service: Served, team: str, approver: str) -> None:
    pass


@pytest.mark.parametrize(("happens", "rule"), [(_nothing, None), (_revoked, "forbidden"), (_moved_out, "unknown_unit")])
def test_what_is_approved_for_a_part_needs_the_rights_of_its_day(
    service: Served, center: str, happens: Callable[[Served, str, str], None], rule: str | None
) -> None:
    """The token that approved it is over, or the unit is no longer in the part: nothing of the plan is done."""
    team, name = _team(service), f"for {happens.__name__}"
    author, approver = Part(service, f"author {name}", center), Part(service, f"approver {name}", center)
    phone = change("setValue", kind="Unit", thing=team, property="phone", value="12345678", **{"from": "@day"})
    plan = author.data(CREATE, name=name, day=today().isoformat(), changes=[phone])["createPlan"]
    asked = {"plan": plan["id"], "digest": plan["digest"]}
    assert approver.data(_APPROVE, **asked)["approvePlan"]["state"] == "APPROVED"
    happens(service, team, f"approver {name}")

    def value() -> Any:
        return service.data(f'{{ unit(uuid: "{team}") {{ phone }} }}')["unit"]["phone"]

    if rule is not None:
        refused = service.ask(_APPLY, plan=plan["id"])["errors"][0]
        assert refused["extensions"]["code"] == "plan_does_not_fit"
        assert f"approver {name}, so it is applied with the rights that the approver has today" in refused["message"]
        (kept,) = service.data(_FAILED, plan=plan["id"])["plans"]
        assert (kept["state"], kept["failedChange"], kept["failedRule"]) == ("FAILED", 1, rule)
        assert value() is None
        # Whose rights hold everywhere approves it for whatever is where on its day.
        assert service.data(_APPROVE, **asked)["approvePlan"]["state"] == "APPROVED"
    assert service.data(_APPLY, plan=plan["id"])["applyPlan"]["state"] == "APPLIED"
    assert value() == "12345678"
