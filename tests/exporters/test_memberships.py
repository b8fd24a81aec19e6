"""The preview of a change says whose groups in a domain, and at a SCIM server, would differ: as the targets make them
once it is made."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import neo4j
import pytest

from exporters.active_directory import memberships
from exporters.active_directory.grouping import groups
from exporters.active_directory.image import organisation
from exporters.active_directory.placing import placed
from exporters.active_directory.settings import ActiveDirectorySettings, Groups, Units
from exporters.active_directory.target import ActiveDirectory
from exporters.image import read_image
from exporters.scim import memberships as scim_memberships
from exporters.scim.image import organisation as of_scim
from exporters.scim.settings import Image as ScimImage
from exporters.scim.settings import ScimSettings
from exporters.scim.shape import shaped
from exporters.scim.target import Scim
from graph.questions.preview.consequences import preview
from reconnect.embedded import Addresses
from rules.accounts.consequences import account_consequences
from tests.exporters.plan2learn.reading import image_reader
from tests.graph.questions.rights.imported import RING, imported
from tests.rules.accounts.account_town import day, town
from tests.rules.accounts.test_consequences import plan

pytestmark = pytest.mark.slow
GROUPS: Mapping[str, Any] = {
    "kinds": ["unit", "role", "position", "right"], "rights": ["job", "read"], "ou": "OU=Groups,DC=x,DC=y",
}  # fmt: skip
MORE: dict[str, Any] = {
    "positions": [{"id": "clerk", "title": "Kontorassistent"}],
    "employments": [
        {"id": "e_anna", "position": "clerk"},
        {"id": "e_new", "person": "carl", "from": day(40), "units": [{"unit": "desk"}], "type": "monthly_full"},
    ],
    "roles": {"manager": {"title": "Leder"}, "guide": {"title": "Vejleder"}},
    "assignments": [
        {"id": "m", "holder": {"employment": "e_anna"}, "role": "manager", "for": [{"unit": "desk"}]},
        {"id": "w", "holder": {"employment": "e_anna"}, "role": "guide"},
        {"id": "o", "holder": {"employment": "e_aase"}, "role": "guide", "for": [{"unit": "job", "to": day(7)}]},
    ],
    "system_roles": {"read": {"title": "Læse", "uri": "http://ad.example/roles/read/1", "system": "ad"}},
    "job_function_roles": {
        "job": {"title": "Jobfunktion", "uri": "http://x.example/roles/jobrole/job/1", "includes": ["system_role:read"]}
    },
    "grants": [{"id": "g", "gives": "job_function_role:job", "given_to": ["unit:job"], "inherit": True}],
}
CHANGES: dict[str, dict[str, Any]] = {
    "a unit moves, and somebody begins later": {
        "units": [{"id": "desk", "parents": [{"unit": "job", "to": day(30)}, {"unit": "town", "from": day(30)}]}],
        "employments": [{"id": "e_new", "from": day(60)}],
    },
    "one works elsewhere, one has no account for a while, and a role and a right end": {
        "employments": [
            {"id": "e_aase", "units": [{"unit": "town", "to": day(10)}, {"unit": "desk", "from": day(10)}]},
        ],
        "assignments": [{"id": "m", "to": day(20)}, {"id": "o", "for": [{"unit": "job", "to": day(3)}]}],
        "grants": [{"id": "g", "to": day(25)}],
        "account_exceptions": [
            {"id": "x", "person": "anna", "system": "ad", "effect": "withhold", "reason": "A test", "from": day(5),
             "to": day(15)},
        ],
    },
    "somebody who begins later is granted a right and has a role": {
        "grants": [{"id": "h", "gives": "job_function_role:job", "given_to": ["employment:e_new"]}],
        "assignments": [
            {"id": "n", "holder": {"employment": "e_new"}, "role": "manager", "for": [{"unit": "desk"}]},
            {"id": "w", "to": day(12)},
        ],
    },
}  # fmt: skip
"""The entries by which the next town differs."""


def changed(more: dict[str, Any]) -> dict[str, Any]:
    """The town, with other entries by their id."""
    made = deepcopy(MORE)
    for section, entries in more.items():
        known = {each["id"]: each for each in made.get(section, [])}
        made[section] = [*({**known, **{one["id"]: {**known.get(one["id"], {}), **one} for one in entries}}).values()]
    return town(**made)


@dataclass
class Asking:
    """The part of a target that asks."""

    settings: Any
    name: str = "active_directory-test"
    document: str = ActiveDirectory.document
    variables = ActiveDirectory.variables


@dataclass
class AskingForScim(Asking):
    name: str = "scim-test"
    document: str = Scim.document
    variables = Scim.variables


def delivered(
    driver: neo4j.Driver, addresses: Addresses, settings: ActiveDirectorySettings, at: date
) -> set[tuple[str, str]]:
    """Names of people and of groups, as the target would deliver them on that day."""
    image = read_image(Asking(settings), image_reader(addresses, driver, RING), at)  # type: ignore[arg-type]
    made = organisation(image, settings.system, at)
    names = {each.uuid: str(each.person["name"]) for each in made.accounts}
    wanted = {each.key: each for each in groups(made, placed(made.units, settings.units), {*names}, settings)}

    def users(key: str) -> set[str]:
        members = wanted[key].links["member"]
        return {each.key for each in members if each.kind == "user"}.union(
            *(users(each.key) for each in members if each.kind == "group")
        )

    return {(names[user], str(each.values["cn"])) for key, each in wanted.items() for user in users(key)}


def delivered_to_scim(
    driver: neo4j.Driver, addresses: Addresses, settings: ScimSettings, at: date
) -> set[tuple[str, str]]:
    """As ``delivered``."""
    image = read_image(AskingForScim(settings), image_reader(addresses, driver, RING), at)  # type: ignore[arg-type]
    made = of_scim(image, at)
    names = {each.person.uuid: each.person.name for each in made.ties}
    found = shaped(made, settings, at).wanted
    return {
        (names[member.key], str(each.values["displayName"]))
        for each in found
        if each.kind == "group"
        for member in each.links["members"]
    }


@pytest.mark.parametrize(("more", "nested"), [*zip(CHANGES.values(), (True, False, True), strict=True)], ids=CHANGES)
def test_it_is_what_the_target_makes_once_the_change_is_made(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path, more: dict[str, Any], nested: bool
) -> None:
    assert imported(clean_graph, town(**MORE), tmp_path).problems == []
    plan(clean_graph)
    settings = ActiveDirectorySettings.model_construct(
        system="ad", groups=Groups.model_validate({**GROUPS, "nested": nested}), units=Units.model_validate({})
    )
    of_domain = memberships(settings, "kommune")
    at_scim = ScimSettings.model_construct(
        image=ScimImage.model_validate({"groups": ["unit", "role", "position"], "excluded_units": ["canteen"]}),
        prefixes={"role": "Rolle: "}, excluded_attributes=frozenset(), add={},
    )  # fmt: skip
    of_server = scim_memberships(at_scim, "intranet")
    assert of_domain is not None and of_server is not None
    both: list[tuple[str, Callable[[date], set[tuple[str, str]]]]] = [
        ("kommune", lambda at: delivered(clean_graph, addresses, settings, at)),
        ("intranet", lambda at: delivered_to_scim(clean_graph, addresses, at_scim, at)),
    ]
    content = changed(more)
    found = preview(
        clean_graph,
        lambda driver: imported(driver, content, tmp_path),
        follow=partial(account_consequences, memberships=[of_domain, of_server]),
    )
    told = [each for each in found.consequences if each.what == "group"]
    assert found.outcome.problems == [] and told
    days = sorted({*found.days, date.fromisoformat(day(40))})
    before = {(name, each): groups_on(each) for name, groups_on in both for each in days}
    imported(clean_graph, content, tmp_path)
    plan(clean_graph)
    for name, groups_on in both:
        for each in days:
            after = groups_on(each)
            in_force = {
                (one.name, one.text, one.change)
                for one in told
                if one.about[1] == name and one.since <= each and (one.until is None or each < one.until)
            }
            assert in_force == {
                *((person, f"{group} ({name})", "gained") for person, group in after - before[name, each]),
                *((person, f"{group} ({name})", "lost") for person, group in before[name, each] - after),
            }, (name, each)
        assert any(one.about[1] == name for one in told)


def test_a_domain_and_a_server_take_the_same_people_for_holders_of_a_role(
    clean_graph: neo4j.Driver, addresses: Addresses, tmp_path: Path
) -> None:
    assert imported(clean_graph, town(**MORE), tmp_path).problems == []
    plan(clean_graph)
    domain = ActiveDirectorySettings.model_construct(
        system="ad",
        groups=Groups.model_validate({**GROUPS, "kinds": ["role"], "prefixes": {}}),
        units=Units.model_validate({}),
    )
    server = ScimSettings.model_construct(
        image=ScimImage.model_validate({"groups": ["role"]}), prefixes={}, excluded_attributes=frozenset(), add={}
    )
    for at, guides in ((day(0), {"Anna Marie Berg", "Åse Bæk"}), (day(7), {"Anna Marie Berg"})):
        on = date.fromisoformat(at)
        assert delivered(clean_graph, addresses, domain, on) == {
            ("Anna Marie Berg", "Leder"),
            *((each, "Vejleder") for each in guides),
        }
        assert delivered_to_scim(clean_graph, addresses, server, on) == delivered(clean_graph, addresses, domain, on)
